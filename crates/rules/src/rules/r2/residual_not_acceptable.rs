//! R2-008: what remains of a risk is not acceptable on one of the axes.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Acceptance;
use medward_risk::sides;

rule! {
    /// What remains of a risk is not acceptable on one of the axes.
    ///
    /// Why: a level that the policy wants reduced or never accepted blocks release, and a low level on the
    /// other axis does not help (SEV-2).
    ///
    /// Mend: reduce it by a further control, by design first; then assess what remains.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// safety.severity = 5
    /// residual.exploitability = 4     # level U by the default matrix
    /// ```
    "R2-008" "residual-not-acceptable" Error
    clauses: ["ISO 14971:2019 7.3", "ISO 14971:2019 7.4"],
    why: "a risk has to be acceptable on each axis by itself",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        for side in sides(risk) {
            let Some(remains) = context.method().remains(risk, &side) else { continue };
            let verdict = match remains.acceptance {
                Acceptance::Accept | Acceptance::WithReason => continue,
                Acceptance::Reduce => "has to be reduced",
                Acceptance::Never => "is never acceptable",
            };
            let (id, axis, level) = (risk.id(), side.axis.word(), remains.level);
            let diagnostic = report
                .begin(format!("`risk.{id}` remains at level {level} on the {axis} axis, which {verdict}"))
                .at(remains.exploitability.span, "with this exploitability")
                .at(remains.severity.span, format!("and this {axis} severity"))
                .mend("add a control, by design first, and assess again what remains");
            report.push(diagnostic);
        }
    }
}
