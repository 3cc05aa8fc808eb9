//! R7-004: a control proven as it read before.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::State;

rule! {
    /// A control was changed in the file after it was proven: the proof is of another text.
    ///
    /// Why: proof belongs to what was observed; a changed measure has to be shown anew (ISO 14971 clause 7.2, IEC 62304
    /// clause 8.2).
    ///
    /// Mend: attest the control as it reads now.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS 1.3"    # proven when it read "Mutual TLS"
    /// ```
    "R7-004" "proof-suspect" Error
    clauses: ["ISO 14971:2019 7.2", "IEC 62304 8.2"],
    why: "proof belongs to what was observed",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_state(context, report, |control, state| {
        matches!(state, State::Suspect).then(|| {
            let message = format!("the proof of `control.{}` is of an earlier text", control.id());
            (message, format!("look again: medward attest {}", control.id()))
        })
    });
}
