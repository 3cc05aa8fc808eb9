//! R2-024: every control of a risk is only planned.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ControlState;
use medward_risk::controls;

rule! {
    /// Every control of a risk is only planned.
    ///
    /// Why: what remains is judged with controls in force; those still planned have no effect yet.
    ///
    /// Mend: implement a control and set its `state`, or assess what remains without the planned ones.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// state = "planned"
    ///
    /// [risk.R-01]
    /// title = "Gateway taken over"
    /// controls = ["C-01"]
    /// ```
    "R2-024" "planned-controls-only" Error
    clauses: ["ISO 14971:2019 7.2"],
    why: "a plan stops no attacker",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let planned: Vec<_> = controls(context.file, risk)
            .map(|control| control.state.as_ref().is_some_and(|state| state.value == ControlState::Planned))
            .collect();
        if !planned.is_empty() && planned.iter().all(|planned| *planned) {
            report.find(
                risk.span(),
                format!("`risk.{}` leans on planned controls only", risk.id()),
                "implement a control of the risk, or set the residual to what holds today",
            );
        }
    }
}
