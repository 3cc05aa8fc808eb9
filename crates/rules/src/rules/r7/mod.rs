//! Rules on evidence: is each control proven today, and what remains where it is not.

mod asset_exposed_today;
mod control_failed;
mod control_unproven;
mod interval_unreadable;
mod proof_stale;
mod proof_suspect;
mod risk_uncontrolled_today;

use crate::{Context, Report};
use medward_evidence::State;
use medward_file::Record;
use medward_file::kinds::Control;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &control_unproven::RULE,
    &proof_stale::RULE,
    &control_failed::RULE,
    &proof_suspect::RULE,
    &risk_uncontrolled_today::RULE,
    &asset_exposed_today::RULE,
    &interval_unreadable::RULE,
];

/// Reports the implemented controls in some state, where there is a ledger.
fn report_state(
    context: &Context<'_>,
    report: &mut Report,
    say: impl Fn(&Record<Control>, State) -> Option<(String, String)>,
) {
    let Some(states) = context.states else { return };
    for control in context.file.controls.iter().filter(|control| medward_paths::is_implemented(control)) {
        if let Some((message, mend)) = say(control, states.of(control.id())) {
            report.find(control.span(), message, mend);
        }
    }
}

/// The day of a moment, for messages.
fn day(moment: jiff::Timestamp) -> String {
    moment.to_string().split('T').next().unwrap_or_default().to_owned()
}
