//! R7-001: an implemented control that nothing has proven.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::State;

rule! {
    /// The ledger holds no passing or failing observation of some probe of a control that is declared implemented, or no
    /// attestation where it has no probe.
    ///
    /// Why: a control counts only while there is proof that it works; a declaration is not proof (MDCG 2019-16 section 3.7,
    /// IEC 81001-5-1 clause 7.5).
    ///
    /// Mend: run its probes with `medward probe run`, attest it with `medward attest` where it has none, or set `state = "planned"` until there is proof.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// state = "implemented"       # the ledger knows nothing of it
    /// ```
    "R7-001" "control-unproven" Error
    clauses: ["MDCG 2019-16 3.7", "IEC 81001-5-1:2021 7.5"],
    why: "a declaration is not proof",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_state(context, report, |control, state| {
        matches!(state, State::Unproven).then(|| {
            let message =
                format!("`control.{}` is declared implemented and nothing has proven it", control.id());
            let mend = if control.probes.is_empty() {
                format!("attest it: medward attest {}", control.id())
            } else {
                format!("run its probes: medward probe run --control {}", control.id())
            };
            (message, mend)
        })
    });
}
