//! R7-009: a record that was changed after it was approved.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Standing;

rule! {
    /// The approval in the ledger is of another text of the record than the one that stands in the file.
    ///
    /// Why: an approval is of what was read; what was written later nobody has agreed to (ISO 13485 clause 4.2.4, ISO
    /// 14971 clause 4.5).
    ///
    /// Mend: read the change and approve anew: `medward approve`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.approvals]
    /// risk = ["clinical-safety"]
    ///
    /// [risk.R-01]
    /// title = "Read on the way"        # reworded after it was approved
    /// ```
    "R7-009" "approval-outdated" Error
    clauses: ["ISO 13485:2016 4.2.4", "ISO 14971:2019 4.5"],
    why: "what was written after an approval nobody has agreed to",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_standing(
        context,
        report,
        |role, standing| {
            let Standing::Outdated { at } = standing else { return None };
            Some(format!("`{role}` on {}", super::day(*at)))
        },
        |name, approvals| format!("`{name}` was changed after it was approved by {approvals}"),
    );
}
