//! R2-011: a severity is lowered though no control of the risk is one of design.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ControlType;
use medward_risk::{controls, sides};

rule! {
    /// A severity is lowered though no control of the risk is one of design.
    ///
    /// Why: controls of protection and information make an attack harder; how bad the outcome is changes only
    /// when the design changes, for instance by holding fewer data.
    ///
    /// Mend: add the design control that makes the outcome milder, or keep the severity and lower
    /// exploitability.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Forged result"
    /// safety.severity = 4
    /// residual.safety = 2
    /// controls = ["C-01"]     # C-01 is of kind "protection"
    /// ```
    "R2-011" "severity-lowered-without-design" Error
    clauses: ["ISO 14971:2019 7.1"],
    why: "protection makes harm rarer, only design makes it smaller",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let by_design = controls(context.file, risk)
            .any(|control| control.kind.as_ref().is_some_and(|kind| kind.value == ControlType::Design));
        if by_design {
            continue;
        }
        for side in sides(risk) {
            let (Some(initial), Some(left)) = (side.severity, side.residual) else { continue };
            if left.value < initial.value {
                let axis = side.axis.word();
                let diagnostic = report
                    .begin(format!(
                        "`risk.{}` lowers its {axis} severity without a design control",
                        risk.id()
                    ))
                    .at(left.span, "this remains")
                    .at(initial.span, "of this")
                    .mend("add a control of kind \"design\" to `controls`, or keep the severity");
                report.push(diagnostic);
            }
        }
    }
}
