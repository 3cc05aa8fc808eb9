//! R2-003: a branch has a severity but not the story behind it.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Number, Record, Text, kinds::Risk};
use medward_risk::blank;

rule! {
    /// A branch has a severity but not the story behind it.
    ///
    /// Why: a severity is judged from hazard, hazardous situation and harm, or from feared event and impact;
    /// without them nobody can check the number.
    ///
    /// Mend: write the keys that the finding names.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// safety.severity = 4     # hazard, situation and harm are missing
    /// ```
    "R2-003" "branch-incomplete" Error
    clauses: ["ISO 14971:2019 5.4", "GDPR Art. 35(7)"],
    why: "a severity without its story cannot be reviewed",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        if let Some(branch) = &risk.safety {
            let parts = [
                ("hazard", branch.hazard.as_ref()),
                ("situation", branch.situation.as_ref()),
                ("harm", branch.harm.as_ref()),
            ];
            story(report, risk, "safety", branch.severity.as_ref(), &parts);
        }
        if let Some(branch) = &risk.privacy {
            let parts = [("event", branch.event.as_ref()), ("impact", branch.impact.as_ref())];
            story(report, risk, "privacy", branch.severity.as_ref(), &parts);
        }
    }
}

fn story(
    report: &mut Report,
    risk: &Record<Risk>,
    axis: &str,
    severity: Option<&Number>,
    parts: &[(&str, Option<&Text>)],
) {
    let Some(severity) = severity else { return };
    let missing: Vec<_> =
        parts.iter().filter(|(_, text)| blank(*text)).map(|(key, _)| format!("`{axis}.{key}`")).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        report.find(
            severity.span,
            format!("`risk.{}` has a {axis} severity without {missing}", risk.id()),
            format!("write {missing} in `[risk.{}]`", risk.id()),
        );
    }
}
