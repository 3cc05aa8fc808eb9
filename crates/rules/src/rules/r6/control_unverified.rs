//! R6-001: a control that no test or review verifies.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ControlState;
use medward_file::{Kind, RecordRef};

rule! {
    /// A control is declared implemented and no test, review or other verification names it.
    ///
    /// Why: that a measure is there and that it works are both to be verified (ISO 14971 clause 7.2, MDCG 2019-16 section
    /// 3.7).
    ///
    /// Mend: name the control in the `verifies` of a test, or set `state = "planned"`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// state = "implemented"        # in no test's `verifies`
    /// ```
    "R6-001" "control-unverified" Error
    clauses: ["ISO 14971:2019 7.2", "MDCG 2019-16 3.7"],
    why: "that a measure is there and that it works are both to be verified",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, control) in (0u32..).zip(&context.file.controls) {
        let implemented =
            control.state.as_ref().is_some_and(|state| state.value == ControlState::Implemented);
        if implemented && !context.is_linked_from(RecordRef { kind: Kind::Control, index }, &[Kind::Test]) {
            let message = format!("no test or review verifies `control.{}`", control.id());
            report.find(
                control.span(),
                message,
                "add it to the `verifies` of a test, or set `state = \"planned\"`",
            );
        }
    }
}
