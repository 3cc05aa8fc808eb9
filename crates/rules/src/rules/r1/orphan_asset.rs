//! R1-004: an asset that nothing has to do with.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Kind, RecordRef};

rule! {
    /// No risk, flow, entry, threat or vulnerability names an asset.
    ///
    /// Why: an asset was listed because it is worth protecting; when nothing leads to it and no risk touches it, its
    /// analysis was forgotten (ISO 14971 clause 5.4).
    ///
    /// Mend: add the flows that reach it and the risks that hit it, or remove it.
    ///
    /// Example:
    ///
    /// ```toml
    /// [asset.label-map]
    /// title = "Label map of the model"     # in no flow, entry or risk
    /// ```
    "R1-004" "orphan-asset" Warning
    clauses: ["ISO 14971:2019 5.4"],
    why: "an asset worth listing is worth an analysis",
    check: check,
}

const LEAD: &[Kind] = &[Kind::Risk, Kind::Flow, Kind::Entry, Kind::Threat, Kind::Vulnerability];

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, asset) in (0u32..).zip(&context.file.assets) {
        if !context.is_linked_from(RecordRef { kind: Kind::Asset, index }, LEAD) {
            let message = format!("nothing has to do with `asset.{}`", asset.id());
            report.find(
                asset.span(),
                message,
                "name it in a flow and in the `assets` of a risk, or remove it",
            );
        }
    }
}
