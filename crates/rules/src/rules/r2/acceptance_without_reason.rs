//! R2-009: what remains is acceptable only with a reason, and the reason for that axis is missing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Acceptance;
use medward_risk::{Axis, blank, sides};

rule! {
    /// What remains is acceptable only with a reason, and the reason for that axis is missing.
    ///
    /// Why: on the safety axis the reason weighs benefit against risk; on the privacy axis it shows necessity
    /// and proportionality, since clinical benefit does not outweigh the rights of persons (SEV-2, SEV-7).
    ///
    /// Mend: write the reason for the axis that the finding names.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// safety.severity = 3
    /// residual.exploitability = 2     # level M: acceptance.safety is missing
    /// ```
    "R2-009" "acceptance-without-reason" Error
    clauses: ["ISO 14971:2019 7.4", "GDPR Art. 35(7)"],
    why: "what is acceptable with a reason needs that reason on that axis",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        for side in sides(risk) {
            let Some(remains) = context.method().remains(risk, &side) else { continue };
            if remains.acceptance != Acceptance::WithReason || !blank(side.accepted) {
                continue;
            }
            let (id, axis, level) = (risk.id(), side.axis.word(), remains.level);
            let what = match side.axis {
                Axis::Safety => "the benefit that outweighs the risk",
                Axis::Privacy => "necessity and proportionality; clinical benefit does not count",
            };
            report.find(
                remains.exploitability.span,
                format!(
                    "`risk.{id}` remains at level {level} on the {axis} axis without a reason to accept it"
                ),
                format!("write in `acceptance.{axis}`: {what}"),
            );
        }
    }
}
