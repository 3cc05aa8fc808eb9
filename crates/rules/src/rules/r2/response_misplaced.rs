//! R2-019: a response is missing where its axis asks for one, or stands on a risk without that axis.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::{Axis, sides};

/// Safety severity from which an event is reviewed for vigilance when the policy does not say.
const VIGILANCE_FROM: i64 = 3;
/// Privacy severity from which an event is reviewed for breach notification when the policy does not say.
const BREACH_FROM: i64 = 2;

rule! {
    /// A response is missing where its axis asks for one, or stands on a risk without that axis.
    ///
    /// Why: vigilance reads the safety axis alone and breach notification the privacy axis alone (SEV-3,
    /// SEV-4); mixing them misses one of two deadlines. Safety severity 3 and privacy severity 2 ask for a
    /// response unless the policy says otherwise in `vigilance_from` and `breach_from`.
    ///
    /// Mend: write the response that the finding names, or drop the one that does not apply.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Export"
    /// safety.none = "The device keeps working unchanged."
    /// response.vigilance = "Report within 15 days."     # no safety branch
    /// ```
    "R2-019" "response-misplaced" Error
    clauses: ["MDR Art. 87", "GDPR Art. 33"],
    why: "vigilance follows harm, breach notification follows data, and each has its own clock",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let policy = context.file.policy.as_ref().map(|(_, policy)| policy);
    let vigilance_from = policy.and_then(|policy| policy.vigilance_from.as_ref());
    let breach_from = policy.and_then(|policy| policy.breach_from.as_ref());
    for risk in &context.file.risks {
        let (id, response) = (risk.id(), risk.response.as_ref());
        for side in sides(risk) {
            let (key, text, from) = match side.axis {
                Axis::Safety => (
                    "vigilance",
                    response.and_then(|response| response.vigilance.as_ref()),
                    vigilance_from.map_or(VIGILANCE_FROM, |from| from.value),
                ),
                Axis::Privacy => (
                    "breach",
                    response.and_then(|response| response.breach.as_ref()),
                    breach_from.map_or(BREACH_FROM, |from| from.value),
                ),
            };
            let axis = side.axis.word();
            match (side.severity, text) {
                (None, Some(text)) => report.find(
                    text.span,
                    format!("`risk.{id}` has a {key} response but no {axis} severity"),
                    format!("drop `response.{key}`, or fill the {axis} branch"),
                ),
                (Some(severity), None) if severity.value >= from => report.find(
                    severity.span,
                    format!("`risk.{id}` has {axis} severity {} but no {key} response", severity.value),
                    format!(
                        "say in `response.{key}` what follows; {axis} severity {from} and above asks for it"
                    ),
                ),
                _ => {}
            }
        }
    }
}
