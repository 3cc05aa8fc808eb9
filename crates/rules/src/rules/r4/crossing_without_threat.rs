//! R4-002: a flow that crosses zones and that no threat is aimed at.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::{Asset, Flow};
use medward_file::{Kind, Link, RecordRef};

rule! {
    /// A flow leads from one trust zone into another, and no threat is aimed at it.
    ///
    /// Why: attacks cross boundaries, so each crossing is where threats are looked for first; one left out is an analysis
    /// left out (MDCG 2019-16 section 3.4, IEC 81001-5-1 clause 7.2).
    ///
    /// Mend: name the flow in the `targets` of a threat, or say in `no_threat` why none can arise.
    ///
    /// Example:
    ///
    /// ```toml
    /// [flow.images]
    /// from = "pacs"          # zone hospital
    /// to = "inference"       # zone cloud: who could listen, change, stop it?
    /// ```
    "R4-002" "crossing-without-threat" Error
    clauses: ["MDCG 2019-16 3.4", "IEC 81001-5-1:2021 7.2"],
    why: "attacks cross boundaries, so a crossing without threats is an analysis left out",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, flow) in (0u32..).zip(&context.file.flows) {
        let (Some(from), Some(to)) = (zone(context, &flow.from), zone(context, &flow.to)) else { continue };
        let at = RecordRef { kind: Kind::Flow, index };
        if from == to || is_dismissed(flow) || context.is_linked_from(at, &[Kind::Threat]) {
            continue;
        }
        let message =
            format!("`flow.{}` crosses from zone `{from}` to `{to}` and no threat is aimed at it", flow.id());
        let mend = format!("add `{}` to the `targets` of a threat, or say why in `no_threat`", flow.id());
        report.find(flow.span(), message, mend);
    }
}

fn is_dismissed(flow: &Flow) -> bool {
    flow.no_threat.as_ref().is_some_and(|reason| !reason.trim().is_empty())
}

fn zone<'f>(context: &Context<'f>, asset: &Link<Asset>) -> Option<&'f str> {
    let asset = context.file.follow(asset)?;
    Some(asset.zone.as_ref()?.id())
}
