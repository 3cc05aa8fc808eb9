//! R5-001: a control leaves questions of the side-effect gate open, or answers one that does not exist.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

/// The questions of the gate.
const QUESTIONS: [&str; 9] =
    ["OBS-1", "OBS-2", "OBS-3", "OBS-4", "OBS-5", "OBS-6", "OBS-7", "OBS-8", "OBS-9"];

rule! {
    /// A control leaves questions of the side-effect gate open, or answers one that does not exist.
    ///
    /// Why: too strict a measure delays care, hides alarms or locks clinicians out; the nine questions OBS-1 to
    /// OBS-9 look for that.
    ///
    /// Mend: answer each question in `gate` with evidence, or with `not_applicable` and the reason.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// [control.C-01.gate]
    /// OBS-1 = "Timing test: 0.2 s a study."     # OBS-2 to OBS-9 are missing
    /// ```
    "R5-001" "gate-unanswered" Error
    clauses: ["MDCG 2019-16 3.3", "ISO 14971:2019 7.5"],
    why: "a security measure may harm, so every question is answered before approval",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        let id = control.id();
        let open: Vec<_> = QUESTIONS
            .into_iter()
            .filter(|question| {
                control.gate.get(question).is_none_or(|answer| {
                    [&answer.evidence, &answer.no_evidence, &answer.not_applicable]
                        .into_iter()
                        .all(|text| blank(text.as_ref()))
                })
            })
            .collect();
        if !open.is_empty() {
            let open = open.join(", ");
            report.find(
                control.span(),
                format!("`control.{id}` leaves open in the side-effect gate: {open}"),
                format!("answer {open} in `[control.{id}.gate]`"),
            );
        }
        for (key, _) in control.gate.iter() {
            if !QUESTIONS.contains(&&*key.value) {
                report.find(
                    key.span,
                    format!("`control.{id}` answers `{}`, which is no question of the gate", &*key.value),
                    "the questions are OBS-1 to OBS-9",
                );
            }
        }
    }
}
