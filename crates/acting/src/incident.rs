//! From an event to decisions, and through the procedures that follow from them.

use crate::plan::{Deed, Plan, Step};
use crate::{ActError, Device};
use jiff::Timestamp;
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{Axis, Case, DataError, Question, Scope, plain, regimes};
use std::collections::{BTreeMap, BTreeSet};

/// Answers by question.
pub type Answers = BTreeMap<String, Vec<String>>;

/// The event that a triage is about: one that goes on itself.
pub fn triaged<'d>(device: &'d Device, id: &str) -> Result<&'d Case, ActError> {
    let case = device.case(id, &[Subject::Event])?;
    match &case.joined {
        Some(into) => Err(ActError::refused(format!("`{}` goes on as `{into}`; triage that one", case.id))),
        None => Ok(case),
    }
}

/// Writes answers to the questions about an event; those that stand already are left.
pub fn answer<'d>(device: &'d Device, id: &str, answers: &Answers) -> Result<Plan<'d>, ActError> {
    let case = triaged(device, id)?;
    let mut plan = Plan::new();
    for (question, words) in answers {
        medward_response::question(question)?.check(words)?;
        if case.answer(question) != Some(words.as_slice()) {
            plan.push(Deed::act(case, answered(question, words)?)?);
        }
    }
    Ok(plan)
}

/// The act of answering a question.
pub fn answered(question: &str, words: &[String]) -> Result<Act, ActError> {
    let answers = words.iter().map(|word| RecordId::try_from(word.as_str())).collect::<Result<_, _>>()?;
    Ok(Act::Answered { question: RecordId::try_from(question)?, answers })
}

/// Whether a question is open and an answer could decide a finding that binds someone, or fills a form.
pub fn is_useful(question: &Question, answers: &Answers, scope: &Scope) -> Result<bool, DataError> {
    if answers.contains_key(&question.id) {
        return Ok(false);
    }
    let is_bound = scope.procedures().iter().any(|(procedure, _)| procedure.axis == question.axis);
    let answer = |id: &str| answers.get(id).map(Vec::as_slice);
    let decides =
        regimes()?.findings.iter().any(|finding| finding.open(answer).contains(&question.id.as_str()));
    let informs = question.number || matches!(question.id.as_str(), "malicious" | "cross-border");
    let is_breach = question.axis != Axis::Privacy
        || !answers.get("personal-data").is_some_and(|words| words.iter().any(|word| word == "no"));
    Ok(is_bound && (decides || (informs && is_breach)))
}

/// States when a party became aware in the sense of a regime, and why then.
pub fn aware<'d>(
    device: &'d Device,
    id: &str,
    (regime, party): (&str, &str),
    since: Timestamp,
    because: &str,
) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Event])?;
    let scope = Scope::of(&device.file)?;
    let pairs = scope.awareness();
    let found = pairs.iter().find(|(known, entity)| known.eq_ignore_ascii_case(regime) && *entity == party);
    let Some((regime, party)) = found else { return Err(not_bound(regime, party, &pairs)?) };
    if since > device.at {
        let reason = format!("{since} lies in the future; nobody is aware of anything yet");
        return Err(ActError::of("since", reason));
    }
    if since < case.from {
        return Err(ActError::of(
            "since",
            format!(
                "nobody can have been aware ({since}) before it happened ({}); correct one of them (`medward event correct`)",
                case.from
            ),
        ));
    }
    let act = Act::Aware {
        regime: RecordId::try_from(*regime)?,
        entity: RecordId::try_from(*party)?,
        at: since.as_second(),
        because: plain("reason", because).map_err(|error| ActError::of("because", error.to_string()))?,
    };
    Ok(vec![Deed::act(case, act)?])
}

fn not_bound(regime: &str, party: &str, pairs: &[(&'static str, &str)]) -> Result<ActError, ActError> {
    let all = regimes()?.duties.iter().map(|duty| duty.regime.as_str()).collect::<BTreeSet<_>>();
    if !all.iter().any(|known| known.eq_ignore_ascii_case(regime)) {
        let all: Vec<_> = all.into_iter().collect();
        let reason = format!("there is no regime `{}`; there are {}", regime.escape_debug(), all.join(", "));
        return Ok(ActError::of("regime", reason));
    }
    let known: Vec<_> = pairs.iter().map(|(regime, party)| format!("{regime} of {party}")).collect();
    Ok(ActError::of(
        "party",
        format!(
            "`{}` does not bind `{}` by this file; it has {}. A party is bound by its `role`, `other_roles` and `under`",
            regime.escape_debug(),
            party.escape_debug(),
            known.join(", ")
        ),
    ))
}

/// A step of a procedure that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The step.
    pub step: &'a str,
    /// The procedure.
    pub procedure: &'a str,
    /// The party; needed where several have the procedure.
    pub party: Option<&'a str>,
    /// When it was done; now where absent.
    pub done: Option<Timestamp>,
    /// Why, or the number under which it was sent.
    pub because: Option<&'a str>,
}

/// Takes a procedure a step further. Whether the person may take it is found out when they sign. Gives the party whose it is.
pub fn step<'d>(device: &'d Device, id: &str, asked: Asked<'_>) -> Result<(String, Plan<'d>), ActError> {
    let case = device.case(id, &[Subject::Event])?;
    if let Some(into) = &case.joined {
        return Err(ActError::refused(format!("`{}` goes on as `{into}`; take the step there", case.id)));
    }
    let scope = Scope::of(&device.file)?;
    let party = party(&scope, asked)?;
    let at = asked.done.unwrap_or(device.at);
    if at > device.at || at < case.from {
        let reason = format!("it cannot have been done on {at}: between {} and now", case.from);
        return Err(ActError::of("done", reason));
    }
    let because = asked.because.map(|text| plain("reason", text)).transpose();
    let because = because.map_err(|error| ActError::of("because", error.to_string()))?;
    if let Some(procedure) = medward_response::procedure(asked.procedure)? {
        let reason = because.as_ref().map(medward_ledger::Reason::as_str);
        let refused = |error: medward_response::StepError| match &error {
            medward_response::StepError::Reason(_) => ActError::of("because", error.to_string()),
            _ => error.into(),
        };
        case.step(procedure, &party, asked.step, None, reason).map_err(refused)?;
    }
    let step = Step {
        case,
        procedure: asked.procedure.to_owned(),
        party: party.clone(),
        step: asked.step.to_owned(),
        at: Some(at),
        because,
    };
    Ok((party, vec![Deed::Step(step)]))
}

/// The party that has the procedure asked for.
fn party(scope: &Scope, asked: Asked<'_>) -> Result<String, ActError> {
    let pairs = scope.procedures();
    let of_it: Vec<_> = pairs.iter().filter(|(known, _)| known.id == asked.procedure).collect();
    match (asked.party, &of_it[..]) {
        (_, []) => {
            let known: Vec<_> = pairs.iter().map(|(one, party)| format!("{} of {party}", one.id)).collect();
            let shown = asked.procedure.escape_debug();
            let reason = format!("no party has the procedure `{shown}`; there are {}", known.join(", "));
            Err(ActError::of("procedure", reason))
        }
        (Some(party), of_it) if of_it.iter().any(|(_, known)| *known == party) => Ok(party.to_owned()),
        (None, [(_, only)]) => Ok((*only).to_owned()),
        (_, of_it) => {
            let parties: Vec<_> = of_it.iter().map(|(_, party)| *party).collect();
            Err(ActError::of("party", format!("name the party: {}", parties.join(", "))))
        }
    }
}
