//! R4-001: an asset in no trust zone.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// An asset stands in no trust zone.
    ///
    /// Why: which boundaries an attacker has to cross to reach an asset can only be said when it is known where the asset
    /// is (MDCG 2019-16 section 2.3, IEC 81001-5-1 clause 5.3).
    ///
    /// Mend: write `zone = "..."` with one of the zones, or add a zone.
    ///
    /// Example:
    ///
    /// ```toml
    /// [asset.gateway]
    /// title = "Hospital gateway"     # no zone
    /// ```
    "R4-001" "asset-without-zone" Error
    clauses: ["IEC 81001-5-1:2021 5.3.1"],
    why: "without its zone nobody can say which boundaries protect an asset",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for asset in context.file.assets.iter().filter(|asset| asset.zone.is_none()) {
        let message = format!("`asset.{}` stands in no trust zone", asset.id());
        report.find(asset.span(), message, "add `zone = \"...\"`");
    }
}
