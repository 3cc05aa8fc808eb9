//! What happened or was found: reported, corrected, joined.

use crate::plan::{Deed, Plan};
use crate::{ActError, Device};
use jiff::Timestamp;
use medward_ledger::{Act, Reason, RecordId, Subject};
use medward_response::door::{DoorError, Report, check_dates};
use medward_response::plain;

/// The field of a report that an error is about.
fn of_field(error: &DoorError) -> ActError {
    let field = match error {
        DoorError::Text(_) => "title",
        DoorError::Date(_) => "happened",
        DoorError::Links => "link",
        DoorError::Entry(_) => "id",
    };
    ActError::of(field, error.to_string())
}

/// Reports an event or a complaint; gives the id of its case, and whether it is there already.
pub fn report(
    device: &Device,
    report: Report,
    role: Option<&str>,
) -> Result<(RecordId, bool, Plan<'static>), ActError> {
    device.check_role(role, false)?;
    device.check_links("link", &report.links)?;
    let (case, _) = report.entry(role, Timestamp::now()).map_err(|error| of_field(&error))?;
    let is_known = device.cases.get(case.as_str()).is_some();
    Ok((case, is_known, vec![Deed::Report(report)]))
}

/// What is corrected of an event or a complaint; what was said before stays in the ledger.
#[derive(Debug, Clone, Copy, Default)]
pub struct Correction<'c> {
    /// Another title.
    pub title: Option<&'c str>,
    /// When it happened, or began.
    pub happened: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// When it became known.
    pub known: Option<Timestamp>,
}

/// Corrects what was reported.
pub fn correct<'d>(device: &'d Device, id: &str, correction: Correction<'_>) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Event, Subject::Complaint])?;
    let Correction { title, happened, ended, known } = correction;
    check_dates(happened.unwrap_or(case.from), ended.or(case.until), known.unwrap_or(case.known), device.at)
        .map_err(|error| of_field(&error))?;
    let mut notes = Vec::new();
    if let Some(title) = title {
        notes.push(("title", plain("title", title)?));
    }
    for (field, when) in [("from", happened), ("until", ended), ("known", known)] {
        if let Some(when) = when {
            notes.push((field, Reason::try_from(when.to_string())?));
        }
    }
    if notes.is_empty() {
        return Err(ActError::refused("say what to correct: title, happened, ended or known"));
    }
    let deed = |(field, text)| Ok(Deed::act(case, Act::Noted { field: RecordId::try_from(field)?, text })?);
    notes.into_iter().map(deed).collect()
}

/// Says that an event is the same as another one, which goes on.
pub fn join<'d>(device: &'d Device, id: &str, into: &str, because: &str) -> Result<Plan<'d>, ActError> {
    let (case, into) = (device.case(id, &[Subject::Event])?, device.case(into, &[Subject::Event])?);
    if case.id == into.id || into.joined.is_some() || case.exercise != into.exercise {
        return Err(ActError::of(
            "into",
            "an event is joined into another one that goes on itself, and an exercise into an exercise",
        ));
    }
    let because = plain("reason", because).map_err(|error| ActError::of("because", error.to_string()))?;
    let act = Act::Joined { into: RecordId::try_from(into.id.as_str())?, because };
    Ok(vec![Deed::act(case, act)?])
}
