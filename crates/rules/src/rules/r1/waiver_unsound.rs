//! R1-010: a waiver that waives nothing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;

rule! {
    /// A waiver has run out, names a rule that does not exist, or names a record that does not exist.
    ///
    /// Why: a waiver is a decision for a time; one that covers nothing hides that the decision has to be taken again (ISO
    /// 14971 clause 7.3).
    ///
    /// Mend: mend the finding it covered, or have it decided anew with another end; correct rule and records.
    ///
    /// Example:
    ///
    /// ```toml
    /// [waiver.W-01]
    /// rule = "R4-002"
    /// because = "the flow is removed with release 4"
    /// owner = "security"
    /// until = 2026-01-31          # run out
    /// ```
    "R1-010" "waiver-unsound" Error
    clauses: ["ISO 14971:2019 7.3"],
    why: "a waiver that covers nothing hides a decision that is due",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for waiver in &context.file.waivers {
        let name = format!("waiver.{}", waiver.id());
        if waiver.until.value < context.today {
            let message = format!("`{name}` ran out on {}", waiver.until.value);
            report.find(waiver.until.span, message, "mend what it covered, or have it decided anew");
        }
        if crate::by_code(&waiver.rule).is_none() {
            let candidates = crate::all().flat_map(|rule| [rule.code, rule.name]);
            let mend = match closest(&waiver.rule, candidates) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => "`medward explain` lists all rules".to_owned(),
            };
            report.find(
                waiver.rule.span,
                format!("`{name}` names no rule: `{}`", waiver.rule.escape_debug()),
                mend,
            );
        }
        for record in waiver.records.iter().filter(|id| context.file.find_any(id).is_empty()) {
            // An entry of a catalogue may be waived before it is claimed.
            if medward_catalog::entries().is_ok_and(|entries| entries.contains_key(&*record.value)) {
                continue;
            }
            let message = format!("`{name}` names a record that does not exist: `{}`", record.escape_debug());
            report.find(record.span, message, "correct the id, or take it out");
        }
    }
}
