//! R3-004: a claim without anything behind it.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A claim says that an entry is met and names nothing that meets it; or it excludes the entry and meets it at once.
    ///
    /// Why: a claim is a pointer to what can be shown; without one it is an assertion (MDR Annex II 4, MDCG 2019-16
    /// section 3.7).
    ///
    /// Mend: add `satisfied_by`, `via` another entry, or `pass_on`; or remove one of two contradicting keys.
    ///
    /// Example:
    ///
    /// ```toml
    /// [claim."MDR-AI-17.2"]
    /// statement = "State of the art."      # shown by what?
    /// ```
    "R3-004" "satisfied-by-nothing" Error
    clauses: ["MDR Annex II 4"],
    why: "a claim points at what can be shown; without that it is an assertion",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for claim in &context.file.claims {
        let backed = !claim.satisfied_by.is_empty() || !claim.via.is_empty() || !claim.pass_on.is_empty();
        if claim.not_applicable.is_some() && !claim.satisfied_by.is_empty() {
            let message = format!("`claim.{}` excludes its entry and satisfies it at once", claim.id());
            report.find(claim.span(), message, "remove `not_applicable` or `satisfied_by`");
        } else if claim.not_applicable.is_none() && claim.deviation.is_none() && !backed {
            let message = format!("`claim.{}` names nothing that satisfies it", claim.id());
            report.find(
                claim.span(),
                message,
                "add `satisfied_by = [...]`, or `not_applicable = \"because ...\"`",
            );
        }
    }
}
