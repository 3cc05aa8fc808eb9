//! Corrective and preventive actions: where one stands, and whether its effect lasts.

use crate::case::{Case, OWN};
use crate::data::DataError;
use crate::procedure::procedure;
use jiff::Timestamp;
use medward_evidence::{Evidence, Outcome};

/// Task by which the effect is checked.
pub const EFFECT: &str = "effect";

/// Where a corrective action stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapaStanding {
    /// Something is to be done, by a day where one is set.
    Open {
        /// Title of the state.
        state: String,
        /// What is to be done.
        task: String,
        /// The day set, where it has not passed.
        due: Option<Timestamp>,
    },
    /// The day set has passed.
    Overdue {
        /// What was to be done.
        task: String,
        /// The day.
        due: Timestamp,
    },
    /// It works, as far as is known.
    Closed,
    /// It was closed, and evidence of a linked control has failed since.
    Reopened {
        /// The control.
        control: String,
        /// When it failed.
        at: Timestamp,
    },
}

/// Where a corrective action stands at a moment.
pub fn capa(case: &Case, evidence: &[Evidence], at: Timestamp) -> Result<CapaStanding, DataError> {
    let Some(procedure) = procedure("capa")? else { return Ok(CapaStanding::Closed) };
    let Some(state) = case.state(procedure, OWN) else { return Ok(CapaStanding::Closed) };
    if state.end {
        return Ok(match failed_since(case, evidence, at) {
            Some((control, at)) => CapaStanding::Reopened { control, at },
            None => CapaStanding::Closed,
        });
    }
    // The nearest day set counts: for the check of the effect once the action is done, else for the action.
    let tasks: &[&str] = if state.id == "verifying" { &[EFFECT] } else { &["action", EFFECT] };
    let due = tasks.iter().filter_map(|task| case.dues.get(*task)).min().copied();
    let task = state.task.clone();
    Ok(match due {
        Some(due) if at > due => CapaStanding::Overdue { task, due },
        due => CapaStanding::Open { state: state.title.clone(), task, due },
    })
}

/// The first failure of a linked control after the action was closed.
fn failed_since(case: &Case, evidence: &[Evidence], at: Timestamp) -> Option<(String, Timestamp)> {
    let closed = case.last_step("capa", OWN)?.written;
    let is_linked = |control: &str| {
        case.links.iter().any(|link| link.strip_prefix("control.").is_some_and(|id| id == control))
    };
    let failed = evidence.iter().filter(|one| {
        one.outcome == Outcome::Failed
            && one.voucher.counts()
            && one.observed_until > closed
            && one.received <= at
            && is_linked(&one.control)
    });
    failed.min_by_key(|one| one.observed_until).map(|one| (one.control.clone(), one.observed_until))
}
