//! R7-010: an approved record that leans on one which changed.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Standing;

rule! {
    /// The record reads as it was approved, but a record that it links to has changed since.
    ///
    /// Why: a judgement rests on what it refers to; when that changes the judgement has to be looked at again (ISO
    /// 14971 clause 10.3).
    ///
    /// Mend: look whether the judgement still stands and approve anew: `medward approve`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.approvals]
    /// risk = ["clinical-safety"]
    ///
    /// [risk.R-01]
    /// title = "Read on the way"        # its control was reworded after the approval
    /// ```
    "R7-010" "approval-suspect" Warning
    clauses: ["ISO 14971:2019 10.3"],
    why: "a judgement rests on what it refers to",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_standing(
        context,
        report,
        |role, standing| {
            let Standing::Suspect { at } = standing else { return None };
            Some(format!("`{role}` on {}", super::day(*at)))
        },
        |name, approvals| {
            format!("a record that `{name}` leans on was changed after it was approved by {approvals}")
        },
    );
}
