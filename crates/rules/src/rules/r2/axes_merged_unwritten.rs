//! R2-021: the policy lacks the rule that merges both severities, or lets the axes share words or matrix
//! without an equivalence.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::{Axis, blank};

rule! {
    /// The policy lacks the rule that merges both severities, or lets the axes share words or matrix without an
    /// equivalence.
    ///
    /// Why: taking the larger severity for ranking is permissible when the plan says so (SEV-1); a level of one
    /// axis is not the same level of the other by nature, so sharing needs a written equivalence (SEV-6).
    ///
    /// Mend: write `merge_rule`, and `equivalence` when the axes share words or matrix.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy]     # merge_rule is missing
    /// safety_scale = ["low", "high"]
    /// privacy_scale = ["low", "high"]     # the same words, and no equivalence
    /// ```
    "R2-021" "axes-merged-unwritten" Error
    clauses: ["ISO 14971:2019 4.4", "MDCG 2019-16 2.4"],
    why: "two axes may be merged or equated only by a written rule",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((place, policy)) = &context.file.policy else {
        if !context.file.risks.is_empty() {
            let diagnostic = report
                .begin("there are risks, but no `policy` says how both severities are merged")
                .mend("write `[policy]` with `merge_rule`");
            report.push(diagnostic);
        }
        return;
    };
    if blank(policy.merge_rule.as_ref()) {
        report.find(
            *place,
            "the `policy` does not say how both severities are merged",
            "write in `merge_rule`, for instance, that the larger severity ranks a risk and both are recorded",
        );
    }
    if !blank(policy.equivalence.as_ref()) {
        return;
    }
    let same = |left: &str, right: &str| left.trim().to_lowercase() == right.trim().to_lowercase();
    let shared = policy.safety_scale.iter().find_map(|word| {
        policy.privacy_scale.iter().find(|other| same(word, other)).map(|other| (word, other))
    });
    if let Some((word, other)) = shared {
        let diagnostic = report
            .begin(format!(
                "both severity scales of the `policy` use the word `{}` without an equivalence",
                &*word.value
            ))
            .at(other.span, "on the privacy scale")
            .at(word.span, "on the safety scale")
            .mend("use different words, or write in `equivalence` why the levels match");
        report.push(diagnostic);
    }
    let method = context.method();
    let cells = |axis| method.own_matrix(axis).iter().map(|row| row.iter().map(|cell| &cell.value));
    let privacy = method.own_matrix(Axis::Privacy).iter().flatten().next();
    if let Some(cell) = privacy
        && cells(Axis::Safety).map(Vec::from_iter).eq(cells(Axis::Privacy).map(Vec::from_iter))
    {
        report.find(
            cell.span,
            "both axes of the `policy` share one matrix without an equivalence",
            "write in `equivalence` why the levels match, or give each axis its own matrix",
        );
    }
}
