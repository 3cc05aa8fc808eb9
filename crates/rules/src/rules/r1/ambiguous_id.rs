//! R1-008: one id for records of two kinds.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::Kind;
use std::collections::HashMap;

rule! {
    /// Two records of different kinds carry the same id.
    ///
    /// Why: people name records by id alone, in approvals, waivers and on the command line; one id for two things will be
    /// read as the wrong one (IEC 62304 clause 8.1).
    ///
    /// Mend: rename one of them.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.gateway]
    /// title = "Gateway stopped"
    ///
    /// [asset.gateway]
    /// title = "Hospital gateway"
    /// ```
    "R1-008" "ambiguous-id" Warning
    clauses: ["IEC 62304 8.1.1"],
    why: "one id for two things will be read as the wrong one",
    check: check,
}

/// Kinds whose ids are taken over from elsewhere and may repeat those of others.
const TAKEN_OVER: &[Kind] = &[Kind::Claim, Kind::Applicability, Kind::CatalogEntry];

fn check(context: &Context<'_>, report: &mut Report) {
    let mut first: HashMap<&str, medward_file::AnyRecord<'_>> = HashMap::new();
    let mut findings = Vec::new();
    context.file.each_record(|record| {
        if TAKEN_OVER.contains(&record.at.kind) {
            return;
        }
        match first.get(&*record.id.value) {
            Some(other) => findings.push((record, *other)),
            None => {
                first.insert(&record.id.value, record);
            }
        }
    });
    for (record, other) in findings {
        let message = format!("`{}` has the same id as `{}`", Context::name(record), Context::name(other));
        let diagnostic = report.begin(message).at(record.id.span, "").at(other.id.span, "also called so");
        report.push(diagnostic.mend("rename one of the two"));
    }
}
