//! R2-004: a branch is declared absent without a real reason, or has a severity as well.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::sides;

/// A reason shorter than this, in characters, is none.
const SHORTEST: usize = 15;

rule! {
    /// A branch is declared absent without a real reason, or has a severity as well.
    ///
    /// Why: leaving out an axis is a judgement; a word such as no or n/a gives no reason, and a severity beside
    /// it contradicts it.
    ///
    /// Mend: give the reason in a sentence, or drop either the reason or the severity.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Export by guessed password"
    /// safety.none = "n/a"
    /// ```
    "R2-004" "none-unfounded" Error
    clauses: ["MDCG 2019-16 3.2"],
    why: "a branch may be left out only for a reason",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        for side in sides(risk) {
            let Some(none) = side.none else { continue };
            let (id, axis) = (risk.id(), side.axis.word());
            if let Some(severity) = side.severity {
                let diagnostic = report
                    .begin(format!("`risk.{id}` denies a {axis} branch and gives it a severity"))
                    .at(none.span, "there is none")
                    .at(severity.span, "yet it has a severity")
                    .mend(format!("drop `{axis}.none` or `{axis}.severity`"));
                report.push(diagnostic);
            } else if none.trim().chars().count() < SHORTEST {
                report.find(
                    none.span,
                    format!("`risk.{id}` leaves out the {axis} branch without a real reason"),
                    format!("say in a sentence why nothing on the {axis} axis can follow"),
                );
            }
        }
    }
}
