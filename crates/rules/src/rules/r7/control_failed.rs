//! R7-003: a control that failed its last check.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::State;

rule! {
    /// The newest observation of a control says that it does not hold.
    ///
    /// Why: a measure known not to work protects nobody, and whoever relies on it has to know (ISO 14971 clause 10.4, MDCG
    /// 2019-16 section 3.8).
    ///
    /// Mend: mend the control and attest it anew; risks that lean on it stand as they do without it until then.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"        # a foreign certificate was accepted this morning
    /// ```
    "R7-003" "control-failed" Error
    clauses: ["ISO 14971:2019 10.4", "MDCG 2019-16 3.8"],
    why: "a measure known not to work protects nobody",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_state(context, report, |control, state| {
        let State::Failed { at } = state else { return None };
        let message = format!("`control.{}` failed on {}", control.id(), super::day(at));
        Some((message, format!("mend it, then look again: medward attest {}", control.id())))
    });
}
