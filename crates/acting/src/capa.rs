//! Corrective and preventive actions from cause to effect (ISO 13485 clauses 8.5.2, 8.5.3).

use crate::plan::{Deed, Plan};
use crate::{ActError, Device};
use jiff::Timestamp;
use medward_ledger::{Act, RecordId, Source, Subject};
use medward_response::door::Report;
use medward_response::{EFFECT, OWN, plain};

/// Texts of an action, by the name of their field: what was found and what is done about it.
pub const TEXTS: [&str; 4] = ["root-cause", "correction", "corrective-action", "preventive-action"];

fn due(field: &'static str, task: &str, at: Timestamp, device: &Device) -> Result<Act, ActError> {
    if at <= device.at {
        let what = if task == EFFECT { "the effect is checked" } else { "it is to be done" };
        return Err(ActError::of(field, format!("the day by which {what} has passed already")));
    }
    Ok(Act::Due { task: RecordId::try_from(task)?, at: at.as_second() })
}

/// Opens an action.
pub fn open<'d>(
    device: &'d Device,
    id: &str,
    title: &str,
    links: &[String],
    until: Timestamp,
) -> Result<Plan<'d>, ActError> {
    device.check_links("link", links)?;
    if device.cases.get(id).is_some() {
        return Err(ActError::of("id", format!("`{}` is there already", id.escape_debug())));
    }
    let case = RecordId::try_from(id).map_err(|error| ActError::of("id", error.to_string()))?;
    let act = due("due", "action", until, device)?;
    let title = plain("title", title).map_err(|error| ActError::of("title", error.to_string()))?;
    let now = Timestamp::now();
    let report = Report {
        subject: Subject::Capa,
        source: Source::Audit,
        id: Some(id.to_owned()),
        reference: None,
        title: title.as_str().to_owned(),
        from: now,
        until: None,
        known: now,
        links: links.to_vec(),
        details: None,
        exercise: false,
    };
    Ok(vec![Deed::Report(report), Deed::Act { case, exercise: false, act }])
}

/// Notes the root cause and what is done about it; `texts` by the names of [`TEXTS`].
pub fn act<'d>(
    device: &'d Device,
    id: &str,
    texts: &[(&'static str, &str)],
    until: Option<Timestamp>,
) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Capa])?;
    let has_cause =
        case.note("root-cause").is_some() || texts.iter().any(|(field, _)| *field == "root-cause");
    if !has_cause {
        return Err(ActError::of("root-cause", "say the root cause first"));
    }
    let mut plan = Plan::new();
    for (field, text) in texts {
        let text = plain("text", text).map_err(|error| ActError::of(field, error.to_string()))?;
        plan.push(Deed::act(case, Act::Noted { field: RecordId::try_from(*field)?, text })?);
    }
    if let Some(until) = until {
        plan.push(Deed::act(case, due("due", "action", until, device)?)?);
    }
    plan.push(Deed::step(case, ("capa", OWN), "act", None));
    Ok(plan)
}

/// Says that the action is done, by the evidence of which controls its effect is checked, and until when.
pub fn verify<'d>(
    device: &'d Device,
    id: &str,
    controls: &[String],
    by: Timestamp,
) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Capa])?;
    if controls.is_empty() {
        return Err(ActError::of("control", "name a control whose evidence shows the effect"));
    }
    let links: Vec<_> = controls.iter().map(|control| format!("control.{control}")).collect();
    device.check_links("control", &links)?;
    if case.note("corrective-action").or_else(|| case.note("preventive-action")).is_none() {
        return Err(ActError::of("corrective", "no corrective or preventive action is noted yet"));
    }
    let mut plan = Plan::new();
    for link in &links {
        plan.push(Deed::act(case, Act::Linked { to: RecordId::try_from(link.as_str())? })?);
    }
    plan.push(Deed::act(case, due("by", EFFECT, by, device)?)?);
    plan.push(Deed::step(case, ("capa", OWN), "verify", None));
    Ok(plan)
}

/// Closes an action that works, on proof of today: the controls that show its effect are in force. Or says that it does not work.
pub fn close<'d>(
    device: &'d Device,
    id: &str,
    because: &str,
    ineffective: bool,
) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Capa])?;
    if !ineffective {
        let required = medward_evidence::required(&device.file);
        let states = medward_evidence::States::at(&required, &device.history.evidence, device.at);
        let controls = case.links.iter().filter_map(|link| link.strip_prefix("control."));
        let unproven: Vec<_> = controls
            .filter(|control| !states.of(control).is_in_force())
            .map(|control| format!("control.{control} is {}", states.of(control).word()))
            .collect();
        if !unproven.is_empty() {
            return Err(ActError::refused(format!("nothing shows that it works: {}", unproven.join(", "))));
        }
    }
    let because = plain("reason", because).map_err(|error| ActError::of("because", error.to_string()))?;
    Ok(vec![Deed::step(
        case,
        ("capa", OWN),
        if ineffective { "ineffective" } else { "close" },
        Some(because),
    )])
}
