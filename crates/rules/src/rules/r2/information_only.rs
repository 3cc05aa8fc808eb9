//! R2-013: every control of a risk merely informs users.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ControlType;
use medward_risk::controls;

rule! {
    /// Every control of a risk merely informs users.
    ///
    /// Why: controls are sought in an order: by design, then by protection, then by information; a warning
    /// alone stops no attacker.
    ///
    /// Mend: add a control of design or protection, or record in a waiver why none is possible.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Export"
    /// controls = ["C-09"]     # C-09 is of kind "information"
    /// ```
    "R2-013" "information-only" Warning
    clauses: ["ISO 14971:2019 7.1", "MDCG 2019-16 3.3"],
    why: "informing users is the last resort, not the only one",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let kinds: Vec<_> = controls(context.file, risk)
            .map(|control| control.kind.as_ref().map(|kind| kind.value))
            .collect();
        if !kinds.is_empty() && kinds.iter().all(|kind| *kind == Some(ControlType::Information)) {
            report.find(
                risk.span(),
                format!("`risk.{}` is controlled by information to users alone", risk.id()),
                "add a control of kind \"design\" or \"protection\" to `controls`",
            );
        }
    }
}
