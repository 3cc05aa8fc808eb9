//! R2-005: a severity, an exploitability or a residual value lies outside its scale.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::sides;

rule! {
    /// A severity, an exploitability or a residual value lies outside its scale.
    ///
    /// Why: levels mean what the policy says they mean; a number beyond the scale has no row in the matrix and
    /// escapes acceptance.
    ///
    /// Mend: use a level of the scale; the lowest is 1.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// safety.severity = 7     # the scale ends at 5
    /// ```
    "R2-005" "off-scale" Error
    clauses: ["ISO 14971:2019 4.4", "ISO 14971:2019 5.5"],
    why: "a number outside its scale has no meaning",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let method = context.method();
        let mut values = Vec::new();
        for side in sides(risk) {
            let (axis, top) = (side.axis.word(), method.severities(side.axis));
            values.push((format!("{axis}.severity"), side.severity, top));
            values.push((format!("residual.{axis}"), side.residual, top));
        }
        let initial = risk.exploitability.as_ref().and_then(|initial| initial.level.as_ref());
        let residual = risk.residual.as_ref().and_then(|residual| residual.exploitability.as_ref());
        values.push(("exploitability.level".to_owned(), initial, method.exploitabilities()));
        values.push(("residual.exploitability".to_owned(), residual, method.exploitabilities()));
        for (key, value, top) in values {
            let Some(value) = value else { continue };
            if value.value < 1 || usize::try_from(value.value).is_ok_and(|value| value > top) {
                report.find(
                    value.span,
                    format!("`{key}` of `risk.{}` is {}, outside the scale", risk.id(), value.value),
                    format!("use a level from 1 to {top}"),
                );
            }
        }
    }
}
