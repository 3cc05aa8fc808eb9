//! Rules on evidence: is each control proven today, what remains where it is not, and has each decision been taken by who may.

mod approval_by_author;
mod approval_missing;
mod approval_outdated;
mod approval_suspect;
mod approval_worthless;
mod asset_exposed_today;
mod attestation_unvouched;
mod control_failed;
mod control_unproven;
mod duties_not_separated;
mod evidence_from_the_future;
mod evidence_of_nothing;
mod interval_unreadable;
mod person_key_shared;
mod person_key_unreadable;
mod proof_ending;
mod proof_stale;
mod proof_suspect;
mod risk_uncontrolled_today;
mod role_unheld;

use crate::{Context, Report};
use medward_evidence::{Standing, State};
use medward_file::kinds::Control;
use medward_file::{Record, RecordRef};

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &control_unproven::RULE,
    &proof_stale::RULE,
    &control_failed::RULE,
    &proof_suspect::RULE,
    &risk_uncontrolled_today::RULE,
    &asset_exposed_today::RULE,
    &interval_unreadable::RULE,
    &approval_missing::RULE,
    &approval_outdated::RULE,
    &approval_suspect::RULE,
    &approval_by_author::RULE,
    &approval_worthless::RULE,
    &proof_ending::RULE,
    &evidence_from_the_future::RULE,
    &evidence_of_nothing::RULE,
    &attestation_unvouched::RULE,
    &role_unheld::RULE,
    &person_key_unreadable::RULE,
    &person_key_shared::RULE,
    &duties_not_separated::RULE,
];

/// Reports the implemented controls in some state, where there is a ledger.
fn report_state(
    context: &Context<'_>,
    report: &mut Report,
    say: impl Fn(&Record<Control>, State) -> Option<(String, String)>,
) {
    let Some(live) = context.live else { return };
    for control in context.file.controls.iter().filter(|control| medward_paths::is_implemented(control)) {
        if let Some((message, mend)) = say(control, live.states.of(control.id())) {
            report.find(control.span(), message, mend);
        }
    }
}

/// Reports each record of which approvals asked for stand in some way, once with all the roles, where there is a ledger:
/// `of_role` says what is said of a role whose approval stands so, `say` makes the message of a record and its roles.
fn report_standing(
    context: &Context<'_>,
    report: &mut Report,
    of_role: impl Fn(&str, &Standing) -> Option<String>,
    say: impl Fn(&str, &str) -> String,
) {
    let Some(live) = context.live else { return };
    let mut records: Vec<(RecordRef, Vec<String>, Vec<String>)> = Vec::new();
    for (asked, standing) in live.standings.iter() {
        let Some(said) = of_role(&asked.role, standing) else { continue };
        match records.last_mut().filter(|(record, ..)| *record == asked.record) {
            Some((_, all, roles)) => {
                all.push(said);
                roles.push(asked.role.clone());
            }
            None => records.push((asked.record, vec![said], vec![asked.role.clone()])),
        }
    }
    for (record, said, roles) in records {
        let Some(record) = context.file.record(record) else { continue };
        let name = Context::name(record);
        let mends: Vec<_> = roles.iter().map(|role| format!("medward approve {name} --as {role}")).collect();
        report.find(record.id.span, say(&name, &said.join(", ")), mends.join("\n"));
    }
}

/// The day of a moment, for messages.
pub(crate) fn day(moment: jiff::Timestamp) -> String {
    moment.to_string().split('T').next().unwrap_or_default().to_owned()
}
