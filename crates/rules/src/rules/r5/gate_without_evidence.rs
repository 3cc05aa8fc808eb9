//! R5-002: a control admits that evidence is missing for a question of the side-effect gate.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A control admits that evidence is missing for a question of the side-effect gate.
    ///
    /// Why: an honest gap is better than silence, but until it is closed nobody knows whether the control
    /// harms.
    ///
    /// Mend: get the evidence and write it, or redesign the control.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// gate.OBS-3 = { no_evidence = "Expired certificate not tried yet." }
    /// ```
    "R5-002" "gate-without-evidence" Error
    clauses: ["MDCG 2019-16 3.3"],
    why: "missing evidence on side effects blocks approval",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        for (question, answer) in control.gate.iter() {
            if let Some(gap) = &answer.no_evidence {
                report.find(
                    gap.span,
                    format!("`control.{}` has no evidence for {}", control.id(), &*question.value),
                    format!(
                        "show that the control does no harm here, then write it as the answer to {}",
                        &*question.value
                    ),
                );
            }
        }
    }
}
