//! All cases at a moment: a pure function of what a ledger had received by then.

use crate::case::{Answer, Awareness, Case, Note, Step};
use crate::data::DataError;
use crate::door::id_of;
use crate::procedure::procedure;
use jiff::Timestamp;
use medward_evidence::{Acted, Evidence, History, Outcome, Voucher, moment};
use medward_ledger::{Act, Source, Subject};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An act that counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubtful {
    /// Its entry in the ledger.
    pub index: u64,
    /// The case it speaks of.
    pub case: String,
    /// Why it does not count.
    pub why: String,
}

/// Use of the device in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Beginning.
    pub from: Timestamp,
    /// End, not part of it.
    pub until: Timestamp,
    /// Uses.
    pub uses: u64,
}

/// The cases of a ledger at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cases {
    /// The moment.
    pub at: Timestamp,
    by_id: BTreeMap<String, Case>,
    /// When the ledger began, as far as it tells: before, nothing was counted.
    pub began: Option<Timestamp>,
    /// Acts that count for nothing.
    pub doubtful: Vec<Doubtful>,
    /// Use of the device.
    pub uses: Vec<Use>,
}

impl Cases {
    /// The cases at a moment.
    pub fn at(history: &History, at: Timestamp) -> Result<Self, DataError> {
        let mut cases = Self { at, began: began(history), ..Self::default() };
        for case in probe_failures(&history.evidence, at) {
            cases.by_id.insert(case.id.clone(), case);
        }
        for acted in history.acts.iter().filter(|acted| acted.received <= at) {
            if let Err(why) = cases.take(acted)? {
                cases.doubtful.push(Doubtful { index: acted.index, case: acted.case.clone(), why });
            }
        }
        cases.gather();
        Ok(cases)
    }

    /// A case.
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.by_id.get(id)
    }

    /// The cases whose id begins so; the one of that very id alone where there is one.
    pub fn find(&self, start: &str) -> Vec<&Case> {
        if let Some(case) = self.get(start) {
            return vec![case];
        }
        let from = self.by_id.range(start.to_owned()..);
        from.take_while(|(id, _)| id.starts_with(start)).map(|(_, case)| case).collect()
    }

    /// All cases, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.by_id.values()
    }

    /// The cases of a subject that stand for themselves.
    pub fn of(&self, subject: Subject) -> impl Iterator<Item = &Case> {
        self.iter().filter(move |case| case.subject == subject && case.joined.is_none())
    }

    fn take(&mut self, acted: &Acted) -> Result<Result<(), String>, DataError> {
        if let Voucher::Nobody(why) = acted.voucher {
            return Ok(Err(why.to_owned()));
        }
        if let Act::Used { from, until, uses } = acted.act {
            if until <= from || acted.role.is_none() {
                return Ok(Err("a period of use ends after it begins, and a role states it".to_owned()));
            }
            self.uses.push(Use { from: moment(from), until: moment(until), uses });
            return Ok(Ok(()));
        }
        if let Act::Opened { .. } = acted.act {
            self.open(acted);
            return Ok(Ok(()));
        }
        if let Act::Joined { into, .. } = &acted.act
            && (*into.as_str() == acted.case
                || self.root(into.as_str()).is_none_or(|root| root == acted.case))
        {
            return Ok(Err("it cannot be joined into that case".to_owned()));
        }
        let Some(case) = self.by_id.get_mut(&acted.case) else {
            return Ok(Err("there is no such case".to_owned()));
        };
        if case.exercise != acted.exercise {
            return Ok(Err("an act of an exercise on what is none, or the other way round".to_owned()));
        }
        case.is_untouched = false;
        apply(case, acted)
    }

    /// The case that a chain of joins ends in.
    fn root(&self, id: &str) -> Option<&str> {
        let mut case = self.by_id.get(id)?;
        while let Some(into) = &case.joined {
            case = self.by_id.get(into)?;
        }
        Some(&case.id)
    }

    fn open(&mut self, acted: &Acted) {
        let Act::Opened { subject, source, title, from, until, known, links, details } = &acted.act else {
            return;
        };
        let known = moment(*known);
        let case = self.by_id.entry(acted.case.clone()).or_insert_with(|| Case {
            id: acted.case.clone(),
            subject: *subject,
            source: *source,
            title: title.to_string(),
            from: moment(*from),
            until: until.map(moment),
            known,
            opened: acted.received,
            reports: 0,
            is_untouched: false,
            exercise: acted.exercise,
            links: BTreeSet::new(),
            details: Vec::new(),
            joined: None,
            answers: BTreeMap::new(),
            notes: BTreeMap::new(),
            aware: BTreeMap::new(),
            steps: Vec::new(),
            dues: BTreeMap::new(),
            warned: BTreeSet::new(),
        });
        // Said once more: it counts from the first time that anyone said it.
        case.reports = case.reports.saturating_add(1);
        case.known = case.known.min(known);
        case.until = case.until.max(until.map(moment));
        case.links.extend(links.iter().map(ToString::to_string));
        case.details.extend(details.clone());
    }

    /// What was said of joined cases counts for the one that goes on: the earliest news decides when it was known.
    fn gather(&mut self) {
        let joined: Vec<Case> = self.by_id.values().filter(|case| case.joined.is_some()).cloned().collect();
        for case in joined {
            let Some(root) = self.root(&case.id).map(str::to_owned) else { continue };
            let Some(into) = self.by_id.get_mut(&root).filter(|into| into.id != case.id) else { continue };
            into.known = into.known.min(case.known);
            into.reports = into.reports.saturating_add(case.reports);
            into.links.extend(case.links);
            for (key, aware) in case.aware {
                let earliest = into.aware.entry(key).or_insert_with(|| aware.clone());
                if aware.at < earliest.at {
                    *earliest = aware;
                }
            }
        }
    }
}

/// The first moment that a ledger speaks of; what was imported may be older than its first entry.
fn began(history: &History) -> Option<Timestamp> {
    let evidence = history.evidence.iter().map(|one| one.received);
    let approvals = history.approvals.iter().map(|one| one.received);
    let acts = history.acts.iter().map(|acted| match acted.act {
        Act::Opened { known, .. } => moment(known).min(acted.received),
        Act::Used { from, .. } => moment(from).min(acted.received),
        _ => acted.received,
    });
    evidence.chain(approvals).chain(acts).min()
}

fn apply(case: &mut Case, acted: &Acted) -> Result<Result<(), String>, DataError> {
    // Systems report, link and warn; what changes a decision is said by a role.
    if acted.role.is_none()
        && !matches!(acted.act, Act::Opened { .. } | Act::Linked { .. } | Act::Warned { .. })
    {
        return Ok(Err("no role says so".to_owned()));
    }
    match &acted.act {
        Act::Opened { .. } | Act::Used { .. } => {}
        Act::Linked { to } => {
            case.links.insert(to.to_string());
        }
        Act::Joined { into, .. } => case.joined = Some(into.to_string()),
        Act::Answered { question, answers } => {
            let words = answers.iter().map(ToString::to_string).collect();
            case.answers.insert(question.to_string(), Answer { words, at: acted.received });
        }
        Act::Noted { field, text } => note(case, field.as_str(), text.as_str(), acted.received),
        Act::Aware { regime, entity, at, because } => {
            let aware = Awareness { at: moment(*at), because: because.to_string(), written: acted.received };
            case.aware.insert((regime.to_string(), entity.to_string()), aware);
        }
        Act::Moved { procedure: id, entity, transition, at, because } => {
            let role = acted.role.clone().unwrap_or_default();
            let Some(procedure) = procedure(id.as_str())? else {
                return Ok(Err(format!("there is no procedure `{id}`")));
            };
            let because = because.as_ref().map(ToString::to_string);
            let by = Some((&acted.voucher, role.as_str()));
            let to = match case.step(procedure, entity.as_str(), transition.as_str(), by, because.as_deref())
            {
                Ok((_, to)) => to,
                Err(error) => return Ok(Err(error.to_string())),
            };
            case.steps.push(Step {
                procedure: id.to_string(),
                entity: entity.to_string(),
                transition: transition.to_string(),
                to,
                at: moment(*at),
                written: acted.received,
                because,
                role,
                voucher: acted.voucher.clone(),
            });
        }
        Act::Due { task, at } => {
            case.dues.insert(task.to_string(), moment(*at));
        }
        Act::Warned { limit, way } => {
            case.warned.insert((limit.to_string(), way.to_string()));
        }
    }
    Ok(Ok(()))
}

/// A text for a field; some fields correct what the case began with.
fn note(case: &mut Case, field: &str, text: &str, at: Timestamp) {
    match (field, text.parse::<Timestamp>()) {
        ("title", _) => text.clone_into(&mut case.title),
        ("from", Ok(from)) => case.from = from,
        ("until", Ok(until)) => case.until = Some(until),
        ("known", Ok(known)) => case.known = known,
        _ => {}
    }
    case.notes.insert(field.to_owned(), Note { text: text.to_owned(), at });
}

/// Probes that failed, as cases: each time a probe of a control goes from passing, or from nothing, to failing. It ends when
/// the probe passes again.
fn probe_failures(evidence: &[Evidence], at: Timestamp) -> Vec<Case> {
    let mut runs: HashMap<(&str, &str), Vec<&Evidence>> = HashMap::new();
    let counts =
        |one: &&Evidence| one.received <= at && one.outcome != Outcome::Error && one.voucher.counts();
    for one in evidence.iter().filter(counts) {
        runs.entry((&one.control, &one.probe)).or_default().push(one);
    }
    let mut cases = Vec::new();
    for ((control, probe), mut runs) in runs {
        runs.sort_by_key(|one| (one.observed_until, one.received, one.index));
        let mut open: Option<Case> = None;
        for run in runs {
            match (&mut open, run.outcome) {
                (None, Outcome::Failed) => open = Some(failure(control, probe, run)),
                (Some(case), Outcome::Failed) => case.reports = case.reports.saturating_add(1),
                (Some(case), Outcome::Passed) => {
                    case.until = Some(run.observed_until);
                    cases.extend(open.take());
                }
                _ => {}
            }
        }
        cases.extend(open);
    }
    cases
}

fn failure(control: &str, probe: &str, first: &Evidence) -> Case {
    let mark = format!("{control}\n{probe}\n{}", first.observed_until.as_second());
    Case {
        id: id_of(Subject::Event, Source::ProbeFailure.word(), &mark),
        subject: Subject::Event,
        source: Source::ProbeFailure,
        title: format!("probe `{probe}` of control.{control} failed"),
        from: first.observed_until,
        until: None,
        known: first.received,
        opened: first.received,
        reports: 1,
        is_untouched: true,
        exercise: false,
        links: BTreeSet::from([format!("control.{control}")]),
        details: Vec::new(),
        joined: None,
        answers: BTreeMap::new(),
        notes: BTreeMap::new(),
        aware: BTreeMap::new(),
        steps: Vec::new(),
        dues: BTreeMap::new(),
        warned: BTreeSet::new(),
    }
}
