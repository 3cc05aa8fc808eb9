//! R3-003: an exclusion whose reason says nothing.

use super::REASON_CHARACTERS_MIN;
use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A claim excludes an entry, or deviates from one, with a reason too short to be one.
    ///
    /// Why: "not applicable" is the answer an assessor reads first; it holds only with its reason (ISO/IEC 27001 clause
    /// 6.1.3 d, MDR Annex II 4).
    ///
    /// Mend: say what about the device makes the entry not apply.
    ///
    /// Example:
    ///
    /// ```toml
    /// [claim."MDCG-2.2-6"]
    /// not_applicable = "n/a"
    /// ```
    "R3-003" "exclusion-without-reason" Error
    clauses: ["ISO/IEC 27001:2022 6.1.3", "MDR Annex II 4"],
    why: "an exclusion holds only with its reason",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for claim in &context.file.claims {
        for (reason, what) in [(&claim.not_applicable, "excludes its entry"), (&claim.deviation, "deviates")]
        {
            let Some(reason) = reason else { continue };
            if reason.trim().chars().count() < REASON_CHARACTERS_MIN {
                let message = format!("`claim.{}` {what} without a reason", claim.id());
                report.find(reason.span, message, "say what about the device makes it so");
            }
        }
    }
}
