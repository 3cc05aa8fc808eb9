//! R2-022: the device has risks but lacks a concluding statement over them.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

rule! {
    /// The device has risks but lacks a concluding statement over them.
    ///
    /// Why: many acceptable risks may be unacceptable together; safety ends in one benefit-risk conclusion and
    /// privacy in the conclusion of the impact assessment.
    ///
    /// Mend: write the statement that the finding names in `[device]`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [device]
    /// name = "Reader"     # overall_residual_risk is missing
    ///
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// safety.severity = 3     # so benefit_risk is missing, too
    /// ```
    "R2-022" "overall-statement-missing" Error
    clauses: ["ISO 14971:2019 8", "MDCG 2019-16 3.5", "GDPR Art. 35"],
    why: "single risks do not add up to a conclusion by themselves",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((place, device)) = &context.file.device else { return };
    let risks = &context.file.risks;
    let safety =
        risks.iter().any(|risk| risk.safety.as_ref().is_some_and(|branch| branch.severity.is_some()));
    let privacy =
        risks.iter().any(|risk| risk.privacy.as_ref().is_some_and(|branch| branch.severity.is_some()));
    let missing: Vec<_> = [
        ("overall_residual_risk", device.overall_residual_risk.as_ref(), !risks.is_empty()),
        ("benefit_risk", device.benefit_risk.as_ref(), safety),
        ("impact_assessment", device.impact_assessment.as_ref(), privacy),
    ]
    .into_iter()
    .filter(|(_, text, needed)| *needed && blank(*text))
    .map(|(key, ..)| format!("`{key}`"))
    .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        report.find(
            *place,
            format!("the `device` has risks but no {missing}"),
            format!("write the conclusion over all risks in {missing}"),
        );
    }
}
