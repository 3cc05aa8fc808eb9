//! R2-018: an acceptance has expired or names no role.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// An acceptance has expired or names no role.
    ///
    /// Why: a remaining risk is accepted by a role with the authority to do so; after the last day the question
    /// is open again.
    ///
    /// Mend: let the role accept again, and write `by` and `until`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// [risk.R-01.acceptance]
    /// safety = "Earlier finding of nodules outweighs a rare delay."
    /// until = 2024-12-31     # past, and by is missing
    /// ```
    "R2-018" "acceptance-invalid" Error
    clauses: ["ISO 14971:2019 7.4", "ISO 14971:2019 4.2"],
    why: "an acceptance holds only by somebody and for a time",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let Some(acceptance) = &risk.acceptance else { continue };
        let id = risk.id();
        if acceptance.by.is_none() {
            let place = acceptance.safety.as_ref().or(acceptance.privacy.as_ref());
            report.find(
                place.map_or(risk.span(), |reason| reason.span),
                format!("the acceptance of `risk.{id}` names no role"),
                "write in `acceptance.by` the role that accepts",
            );
        }
        if let Some(until) = &acceptance.until
            && until.value < context.today
        {
            report.find(
                until.span,
                format!("the acceptance of `risk.{id}` ended on {}", until.value),
                "have the risk accepted again, and set `acceptance.until` to a later day",
            );
        }
    }
}
