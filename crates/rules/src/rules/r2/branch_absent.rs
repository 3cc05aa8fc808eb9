//! R2-002: a risk says nothing about safety or nothing about privacy.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::sides;

rule! {
    /// A risk says nothing about safety or nothing about privacy.
    ///
    /// Why: one compromise may harm patients, persons whose data are held, both or neither; each has to be
    /// looked at and the answer written down.
    ///
    /// Mend: fill the branch, or state why there is none.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// privacy.none = "Nothing is read, changed or lost when the gateway stops."   # safety is missing
    /// ```
    "R2-002" "branch-absent" Error
    clauses: ["MDCG 2019-16 3.2", "GDPR Art. 35(7)"],
    why: "silence on an axis cannot be told from forgetting it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let present = [risk.safety.is_some(), risk.privacy.is_some()];
        for (side, present) in sides(risk).into_iter().zip(present) {
            if side.severity.is_some() || side.none.is_some() {
                continue;
            }
            let (id, axis) = (risk.id(), side.axis.word());
            let message = if present {
                format!("the {axis} branch of `risk.{id}` has no severity, so nothing is judged")
            } else {
                format!("`risk.{id}` has no {axis} branch and does not say why")
            };
            report.find(
                risk.span(),
                message,
                format!("fill `{axis}` with its severity, or write `{axis}.none = \"because ...\"`"),
            );
        }
    }
}
