//! Rules on operation: does the watch still watch, and is what it sees, and what happens, acted upon in time.

mod act_doubtful;
mod capa_ineffective;
mod capa_overdue;
mod complaint_unassessed;
mod control_unsteady;
mod emergency_unreviewed;
mod event_untriaged;
mod failure_unattended;
mod incident_past_clock;
mod ledger_silent;
mod ledger_unwitnessed;
mod limit_near;
mod probe_in_error;
mod risk_reopened;
mod trend_crossed;
mod ward_alarm_unheard;
mod ward_layer_off;
mod witness_silent;

use crate::{Context, Live, Report};
use medward_evidence::Evidence;
use medward_file::kinds::{Party, Ward};
use medward_response::{Case, Scope};
use std::collections::BTreeMap;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &ledger_silent::RULE,
    &probe_in_error::RULE,
    &control_unsteady::RULE,
    &witness_silent::RULE,
    &failure_unattended::RULE,
    &ledger_unwitnessed::RULE,
    &incident_past_clock::RULE,
    &event_untriaged::RULE,
    &limit_near::RULE,
    &capa_overdue::RULE,
    &capa_ineffective::RULE,
    &complaint_unassessed::RULE,
    &trend_crossed::RULE,
    &risk_reopened::RULE,
    &act_doubtful::RULE,
    &emergency_unreviewed::RULE,
    &ward_alarm_unheard::RULE,
    &ward_layer_off::RULE,
];

/// The runs of each probe of each control up to the moment of the check, in the order observed.
fn runs<'c>(context: &Context<'c>) -> BTreeMap<(&'c str, &'c str), Vec<&'c Evidence>> {
    let mut runs: BTreeMap<_, Vec<&Evidence>> = BTreeMap::new();
    let Some(live) = context.live else { return runs };
    for one in live.history.evidence.iter().filter(|one| one.received <= live.at && one.voucher.counts()) {
        runs.entry((one.control.as_str(), one.probe.as_str())).or_default().push(one);
    }
    for of_probe in runs.values_mut() {
        of_probe.sort_by_key(|one| (one.observed_until, one.received));
    }
    runs
}

/// Cases, and what binds the parties of the file.
struct Response<'c> {
    live: &'c Live,
    scope: Scope,
}

/// What rules on cases look at; nothing without a ledger. A time zone that cannot be read is said by the commands on incidents.
fn response<'c>(context: &Context<'c>) -> Option<Response<'c>> {
    let live = context.live?;
    Some(Response { live, scope: Scope::of(context.file).ok()? })
}

/// Reports at a ward of the file.
fn at_ward(context: &Context<'_>, report: &mut Report, ward: &str, message: String, mend: String) {
    match context.file.by_id::<Ward>(ward) {
        Some(ward) => report.find(ward.span(), message, mend),
        None => at_policy(context, report, message, mend),
    }
}

/// Reports at a party of the file.
fn at_party(context: &Context<'_>, report: &mut Report, party: &str, message: String, mend: String) {
    match context.file.by_id::<Party>(party) {
        Some(party) => report.find(party.span(), message, mend),
        None => at_policy(context, report, message, mend),
    }
}

/// Reports at the policy, or at no place where there is none.
fn at_policy(context: &Context<'_>, report: &mut Report, message: String, mend: String) {
    let found = report.begin(message);
    let found = match &context.file.policy {
        Some((span, _)) => found.at(*span, ""),
        None => found,
    };
    report.push(found.mend(mend));
}

/// Reports at the first record of the file that a case is linked to.
fn at_links(context: &Context<'_>, report: &mut Report, case: &Case, message: String, mend: &str) {
    let record = case.links.iter().flat_map(|link| context.file.find_any(link)).next();
    match record.and_then(|at| context.file.record(at)) {
        Some(record) => report.find(record.id.span, message, mend),
        None => at_policy(context, report, message, mend.to_owned()),
    }
}
