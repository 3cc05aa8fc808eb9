//! Complaints: whether security or privacy is concerned, and what became of them.

use crate::plan::{Deed, Plan};
use crate::{ActError, Device};
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{OWN, plain};

/// Says whether security or privacy is concerned; where neither is, why.
pub fn assess<'d>(device: &'d Device, id: &str, not_security: Option<&str>) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Complaint])?;
    let because = not_security.map(|text| plain("reason", text)).transpose();
    let because = because.map_err(|error| ActError::of("not-security", error.to_string()))?;
    let step = if because.is_some() { "not-security-relevant" } else { "security-relevant" };
    Ok(vec![Deed::step(case, ("complaint", OWN), step, because)])
}

/// Links a complaint, or an event, to a record, a study, another case.
pub fn link<'d>(device: &'d Device, id: &str, subject: Subject, to: &str) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[subject])?;
    device.check_links("link", &[to.to_owned()])?;
    Ok(vec![Deed::act(case, Act::Linked { to: RecordId::try_from(to)? })?])
}

/// Closes a complaint. One in which security is concerned is an event, and is not closed before it is treated as one.
pub fn close<'d>(device: &'d Device, id: &str, because: &str) -> Result<Plan<'d>, ActError> {
    let case = device.case(id, &[Subject::Complaint])?;
    let is_relevant =
        case.last_step("complaint", OWN).is_some_and(|last| last.transition == "security-relevant");
    if is_relevant && !case.links.iter().any(|link| link.starts_with("event.")) {
        return Err(ActError::refused(
            "security is concerned: report it as an event and link it before closing",
        ));
    }
    let because = plain("reason", because).map_err(|error| ActError::of("because", error.to_string()))?;
    Ok(vec![Deed::step(case, ("complaint", OWN), "close", Some(because))])
}
