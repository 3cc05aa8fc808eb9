//! R2-012: a residual value is above the initial one.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::sides;

rule! {
    /// A residual value is above the initial one.
    ///
    /// Why: controls lower a risk; when one makes something worse, that is a new risk of its own and belongs in
    /// its own record.
    ///
    /// Mend: correct the values, or write the new risk that the control brings as a record.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// exploitability.level = 2
    /// residual.exploitability = 3
    /// ```
    "R2-012" "residual-above-initial" Error
    clauses: ["ISO 14971:2019 7.3", "ISO 14971:2019 7.5"],
    why: "more cannot remain than there was",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let Some(residual) = &risk.residual else { continue };
        let initial = context.method().exploitability(risk);
        let mut pairs = vec![("exploitability", initial.as_ref(), residual.exploitability.as_ref())];
        pairs.extend(sides(risk).iter().map(|side| (side.axis.word(), side.severity, side.residual)));
        for (word, initial, left) in pairs {
            let (Some(initial), Some(left)) = (initial, left) else { continue };
            if left.value > initial.value {
                let diagnostic = report
                    .begin(format!("`risk.{}` keeps more `{word}` than it had at first", risk.id()))
                    .at(left.span, "this remains")
                    .at(initial.span, "of this")
                    .mend("correct one of the values; a risk that a control adds is a record of its own");
                report.push(diagnostic);
            }
        }
    }
}
