//! Running all rules, tightening by policy, waivers.

use crate::{Context, Report, all};
use medward_diagnostic::{Diagnostic, Severity};
use medward_file::SecurityFile;
use rayon::prelude::*;

/// What the rules found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Findings in order of place, waived ones among them.
    pub diagnostics: Vec<Diagnostic>,
    /// Codes of waivers' rules with the position of the waiver, for those that covered at least one finding.
    pub waivers_used: Vec<usize>,
}

/// Runs every rule over a file for a day.
pub fn check(file: &SecurityFile, today: jiff::civil::Date) -> Checked {
    let context = Context::new(file, today);
    let rules: Vec<_> = all().collect();
    let mut diagnostics: Vec<Diagnostic> = rules
        .into_par_iter()
        .flat_map_iter(|rule| {
            let mut report = Report::of(rule);
            (rule.check)(&context, &mut report);
            report.found
        })
        .collect();
    tighten(file, &mut diagnostics);
    let waivers_used = waive(file, today, &mut diagnostics);
    diagnostics.sort_by(|left, right| left.order().cmp(&right.order()));
    Checked { diagnostics, waivers_used }
}

/// Policy may make a rule stricter, never milder: mildness needs a waiver with an owner and an end.
fn tighten(file: &SecurityFile, diagnostics: &mut [Diagnostic]) {
    let Some((_, policy)) = &file.policy else { return };
    for (code, word) in policy.severity.iter() {
        let severity = match &*word.value {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => continue,
        };
        for diagnostic in diagnostics.iter_mut().filter(|diagnostic| *diagnostic.code == *code.value) {
            diagnostic.severity = diagnostic.severity.max(severity);
        }
    }
}

fn waive(file: &SecurityFile, today: jiff::civil::Date, diagnostics: &mut [Diagnostic]) -> Vec<usize> {
    let mut used = Vec::new();
    for (position, waiver) in file.waivers.iter().enumerate() {
        if waiver.until.value < today || waiver.because.trim().is_empty() {
            continue;
        }
        let mut covers_any = false;
        for diagnostic in diagnostics.iter_mut().filter(|diagnostic| *diagnostic.code == *waiver.rule.value) {
            let named = |id: &str| {
                diagnostic.message.contains(&format!(".{id}`"))
                    || diagnostic.message.contains(&format!("`{id}`"))
            };
            if waiver.records.is_empty() || waiver.records.iter().any(|record| named(record)) {
                let (owner, until) = (waiver.owner.id(), waiver.until.value);
                diagnostic.waived = Some(format!("waiver.{} ({owner}, until {until})", waiver.id()));
                covers_any = true;
            }
        }
        if covers_any {
            used.push(position);
        }
    }
    used
}
