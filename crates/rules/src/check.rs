//! Running all rules, tightening by policy, waivers.

use crate::{Context, Live, Report, all, by_code};
use medward_diagnostic::{Diagnostic, Severity, Span};
use medward_file::SecurityFile;
use rayon::prelude::*;

/// Runs every rule over a file for a day, with what a ledger says of it where there is one: findings in order of place,
/// waived ones among them.
pub fn check(file: &SecurityFile, today: jiff::civil::Date, live: Option<&Live>) -> Vec<Diagnostic> {
    let context = Context::new(file, today, live);
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
    waive(file, today, &mut diagnostics);
    diagnostics.sort_by(|left, right| left.order().cmp(&right.order()));
    diagnostics
}

/// Policy may make a rule stricter, never milder: mildness needs a waiver with an owner and an end.
fn tighten(file: &SecurityFile, diagnostics: &mut [Diagnostic]) {
    let Some((_, policy)) = &file.policy else { return };
    for (rule, word) in policy.severity.iter() {
        let (Some(rule), Some(severity)) = (by_code(rule), severity(word)) else { continue };
        for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.code == rule.code) {
            diagnostic.severity = diagnostic.severity.max(severity);
        }
    }
}

/// The severity a policy can give a rule.
pub(crate) fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        _ => None,
    }
}

fn waive(file: &SecurityFile, today: jiff::civil::Date, diagnostics: &mut [Diagnostic]) {
    let waivers =
        file.waivers.iter().filter(|waiver| waiver.until.value >= today && !waiver.because.trim().is_empty());
    let waivers: Vec<_> = waivers.filter_map(|waiver| Some((waiver, by_code(&waiver.rule)?))).collect();
    if waivers.is_empty() {
        return;
    }
    let places = places(file);
    for diagnostic in diagnostics {
        let subjects = [record_at(&places, diagnostic.span()), subject(&diagnostic.message)];
        let is_meant = |id: &str| subjects.iter().flatten().any(|subject| names(subject, id));
        let waiver = waivers.iter().find(|(waiver, rule)| {
            rule.code == diagnostic.code
                && (waiver.records.is_empty() || waiver.records.iter().any(|id| is_meant(id)))
        });
        if let Some((waiver, _)) = waiver {
            let (owner, until) = (waiver.owner.id(), waiver.until.value);
            diagnostic.waived = Some(format!("waiver.{} ({owner}, until {until})", waiver.id()));
        }
    }
}

/// Whether `subject`, as `kind.id` or `id`, is what a waiver calls `id` or `kind.id`.
fn names(subject: &str, id: &str) -> bool {
    subject == id || subject.split_once('.').is_some_and(|(_, rest)| rest == id)
}

/// What a message is about: the name in its first backticks.
fn subject(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// Where records begin, in order.
fn places(file: &SecurityFile) -> Vec<(Span, String)> {
    let mut places = Vec::new();
    file.each_record(|record| places.push((record.id.span, Context::name(record))));
    places.sort();
    places
}

/// The record a place lies in: the last one that begins before it in the same source.
fn record_at(places: &[(Span, String)], at: Option<Span>) -> Option<&str> {
    let at = at?;
    let before = places.partition_point(|(span, _)| (span.source, span.start) <= (at.source, at.start));
    let (span, name) = places.get(before.checked_sub(1)?)?;
    (span.source == at.source).then_some(name)
}
