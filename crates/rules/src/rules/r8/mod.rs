//! Rules on operation: does the watch still watch, and is what it sees acted upon.

mod control_unsteady;
mod failure_unattended;
mod ledger_silent;
mod ledger_unwitnessed;
mod probe_in_error;
mod witness_silent;

use crate::Context;
use medward_evidence::Evidence;
use std::collections::BTreeMap;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &ledger_silent::RULE,
    &probe_in_error::RULE,
    &control_unsteady::RULE,
    &witness_silent::RULE,
    &failure_unattended::RULE,
    &ledger_unwitnessed::RULE,
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
