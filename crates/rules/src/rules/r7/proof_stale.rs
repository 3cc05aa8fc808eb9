//! R7-002: a control whose proof has run out.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::State;

rule! {
    /// A control was proven, and the last moment at which that proof counts has passed.
    ///
    /// Why: what held once need not hold today; the proof has a life so that someone looks again (IEC 81001-5-1 clause
    /// 7.5).
    ///
    /// Mend: attest it anew.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"        # attested until the end of October
    /// ```
    "R7-002" "proof-stale" Error
    clauses: ["IEC 81001-5-1:2021 7.5"],
    why: "what held once need not hold today",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_state(context, report, |control, state| {
        let State::Stale { since } = state else { return None };
        let message = format!("the proof of `control.{}` ran out on {}", control.id(), super::day(since));
        Some((message, format!("look again: medward attest {}", control.id())))
    });
}
