//! R7-005: a risk that is not acceptable as its controls stand today.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::Acceptance;

rule! {
    /// With the controls that are proven today a risk stands at a level that has to be reduced or is not acceptable,
    /// although its declared residual is better.
    ///
    /// Why: the residual of the file holds while its controls hold; what counts for patients is the residual of today (ISO
    /// 14971 clauses 7.3 and 10.3).
    ///
    /// Mend: prove the controls named; until then treat the risk at the level shown.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Read on the way"
    /// controls = ["C-01"]          # its proof has run out
    /// ```
    "R7-005" "risk-uncontrolled-today" Error
    clauses: ["ISO 14971:2019 7.3", "ISO 14971:2019 10.3"],
    why: "what counts for patients is the residual of today",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    if context.live.is_none() {
        return;
    }
    let method = context.method();
    for risk in &context.file.risks {
        let Some(today) = method.residual(context.file, &risk.body, |control| context.is_in_force(control))
        else {
            continue;
        };
        let Ok(evaluation) = method.method().evaluate(&today.assessment) else { continue };
        let levels = &method.method().parts().levels;
        let axes = [
            ("safety", evaluation.safety.map(|it| (it.level, it.acceptance))),
            ("privacy", evaluation.privacy.map(|it| (it.level, it.acceptance))),
        ];
        for (axis, found) in axes {
            let Some((level, _)) = found.filter(|(_, acceptance)| *acceptance >= Acceptance::Reduce) else {
                continue;
            };
            // Where nothing is missing the file itself says so, and R2-008 reports it.
            if !today.missing.is_empty() {
                let message = format!(
                    "`risk.{}` stands at level {} on the {axis} axis today",
                    risk.id(),
                    levels.code(level)
                );
                report.find(risk.span(), message, format!("prove {}", today.missing.join(", ")));
            }
        }
    }
}
