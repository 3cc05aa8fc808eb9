//! R7-006: a critical asset with too few layers as its controls stand today.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::Record;
use medward_file::kinds::Entry;
use medward_paths::{Layers, Model, Reach};
use std::collections::BTreeMap;

rule! {
    /// With the controls that are proven today a critical asset stands behind fewer independent layers than the policy asks
    /// for, although the file declares enough.
    ///
    /// Why: layers protect only while they work; the exposure of today is what an attacker meets (IEC 81001-5-1 clauses 5.3
    /// and 7.5).
    ///
    /// Mend: prove the controls on the path shown, or close the path until they are.
    ///
    /// Example:
    ///
    /// ```toml
    /// [asset.store]
    /// title = "Store"
    /// critical = true
    /// guards = ["C-01", "C-02"]     # C-02 has not been proven
    /// ```
    "R7-006" "asset-exposed-today" Error
    clauses: ["IEC 81001-5-1:2021 5.3.1", "IEC 81001-5-1:2021 7.5"],
    why: "the exposure of today is what an attacker meets",
    check: check,
}

/// From one entry: the weakest way to the asset and the layers that stand on it.
struct Exposure<'a> {
    entry: &'a Record<Entry>,
    path: Vec<usize>,
    standing: Layers,
}

fn check(context: &Context<'_>, report: &mut Report) {
    if context.live.is_none() {
        return;
    }
    let file = context.file;
    let (declared, today) = (Model::new(file), Model::with(file, |control| context.is_in_force(control)));
    let layers_min = crate::rules::r4::layers_min(file);
    let mut exposed: BTreeMap<usize, Vec<Exposure<'_>>> = BTreeMap::new();
    for (position, entry) in file.entries.iter().enumerate() {
        let (before, now) = (declared.from_entry(position), today.from_entry(position));
        for node in today.critical() {
            let layers = |reach: &Reach| reach.weakest(node, Layers::default());
            let (Some((_, planned)), Some((path, standing))) = (layers(&before), layers(&now)) else {
                continue;
            };
            if standing.count() < layers_min && planned.count() >= layers_min {
                exposed.entry(node).or_default().push(Exposure { entry, path, standing });
            }
        }
    }
    for (node, exposures) in &exposed {
        let worst = exposures.iter().min_by_key(|exposure| exposure.standing.count());
        let (Some(asset), Some(worst)) = (file.assets.get(*node), worst) else { continue };
        let names = today.names(worst.standing);
        let by = if names.is_empty() {
            "no layer at all".to_owned()
        } else {
            format!("only {}", names.join(", "))
        };
        let entry = worst.entry;
        let message =
            format!("critical `asset.{}` is protected from `entry.{}` by {by} today", asset.id(), entry.id());
        let others: Vec<_> =
            exposures.iter().map(|exposure| exposure.entry.id()).filter(|id| *id != entry.id()).collect();
        let message = if others.is_empty() {
            message
        } else {
            format!("{message}, and by too few from {}", others.join(", "))
        };
        let mend = format!("prove the controls on the way {}", today.ids(&worst.path).join(" -> "));
        report.push(report.begin(message).at(asset.span(), "").at(entry.span(), "starts here").mend(mend));
    }
}
