//! R1-002: a control that nothing leans on.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Kind, RecordRef};

rule! {
    /// No risk, claim, requirement, asset, flow, entry, function or other control leans on a control.
    ///
    /// Why: a measure that reduces nothing costs upkeep and hides that a link was forgotten (ISO 14971 clause 7.6).
    ///
    /// Mend: link it where it helps, or remove it.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-07]
    /// title = "Second factor"       # in no risk's `controls`
    /// ```
    "R1-002" "orphan-control" Warning
    clauses: ["ISO 14971:2019 7.6"],
    why: "a measure that reduces nothing costs upkeep and hides a forgotten link",
    check: check,
}

const LEAN: &[Kind] = &[
    Kind::Risk,
    Kind::Claim,
    Kind::Requirement,
    Kind::Asset,
    Kind::Flow,
    Kind::Entry,
    Kind::Function,
    Kind::Control,
];

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, control) in (0u32..).zip(&context.file.controls) {
        if !context.is_linked_from(RecordRef { kind: Kind::Control, index }, LEAN) {
            let message = format!("nothing leans on `control.{}`", control.id());
            report.find(control.span(), message, "add it to the `controls` of a risk, or remove it");
        }
    }
}
