//! R7-015: evidence for a control or probe that the file does not have.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::{ATTESTATION, probe_names};
use medward_file::kinds::Control;
use std::collections::BTreeSet;

rule! {
    /// The newest evidence in the ledger names a control that the file lacks, or a probe that the control lacks.
    ///
    /// Why: proof that leads to nothing hides that something was renamed and is no longer proven (ISO 13485 clause
    /// 4.2.5).
    ///
    /// Mend: give the control back the id it had, or remove the probe's schedule where it runs.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-02]
    /// title = "Mutual TLS"        # was C-01 when its evidence was written
    /// ```
    "R7-015" "evidence-of-nothing" Warning
    clauses: ["ISO 13485:2016 4.2.5"],
    why: "proof that leads to nothing hides what is no longer proven",
    check: check,
}

/// Evidence older than this is history.
const RECENT: SignedDuration = SignedDuration::from_hours(30 * 24);

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    let mut missing = BTreeSet::new();
    for one in
        live.history.evidence.iter().filter(|one| one.received <= live.at && one.valid_until >= live.at)
    {
        if live.at.duration_since(one.received) > RECENT {
            continue;
        }
        match context.file.by_id::<Control>(&one.control) {
            None => missing
                .insert(format!("the ledger proves `control.{}`, which the file does not have", one.control)),
            Some(control) if one.probe != ATTESTATION && !probe_names(control).contains(&one.probe) => {
                missing.insert(format!(
                    "the ledger proves `control.{}` by a probe `{}`, which it does not have",
                    one.control, one.probe
                ))
            }
            Some(_) => continue,
        };
    }
    for message in missing {
        let begun = report.begin(message);
        report.push(begun.mend("find what it is called today, or stop the probe where it runs"));
    }
}
