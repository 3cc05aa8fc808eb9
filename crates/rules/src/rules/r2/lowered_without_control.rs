//! R2-010: a residual value is below the initial one though the risk has no control.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::sides;

rule! {
    /// A residual value is below the initial one though the risk has no control.
    ///
    /// Why: a risk does not shrink by itself; the initial value counts no control, so the difference has to
    /// come from one.
    ///
    /// Mend: name the controls that have this effect, or set the residual to the initial value.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// exploitability.level = 4
    /// residual.exploitability = 2
    /// controls = []
    /// ```
    "R2-010" "lowered-without-control" Error
    clauses: ["ISO 14971:2019 7.1", "ISO 14971:2019 7.3"],
    why: "only a control can lower a risk",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        if !risk.controls.is_empty() {
            continue;
        }
        let Some(residual) = &risk.residual else { continue };
        let initial = context.method().exploitability(risk);
        let mut pairs = vec![("exploitability", initial.as_ref(), residual.exploitability.as_ref())];
        pairs.extend(sides(risk).iter().map(|side| (side.axis.word(), side.severity, side.residual)));
        for (word, initial, left) in pairs {
            let (Some(initial), Some(left)) = (initial, left) else { continue };
            if left.value < initial.value {
                let diagnostic = report
                    .begin(format!("`risk.{}` lowers `{word}` without any control", risk.id()))
                    .at(left.span, "this remains")
                    .at(initial.span, "of this")
                    .mend("list in `controls` what lowers it, or leave the value as it was");
                report.push(diagnostic);
            }
        }
    }
}
