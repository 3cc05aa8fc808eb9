//! R4-004: a critical asset behind too few independent layers.

use crate::rule::rule;
use crate::{Context, Report};
use medward_paths::{Layers, Model};

rule! {
    /// From some entry a critical asset can be reached with fewer independent layers in between than the policy asks for
    /// (two where it says nothing): losing one layer would expose it. Controls of one layer count once, planned ones not.
    ///
    /// Why: any single measure can fail; defence in depth means that its failure alone harms nobody (IEC 81001-5-1 clause
    /// 5.3, MDCG 2019-16 section 2.3).
    ///
    /// Mend: guard a flow or asset on the path shown with a control of another layer; `medward paths` shows all paths.
    ///
    /// Example:
    ///
    /// ```toml
    /// [asset.inference]
    /// title = "Inference service"
    /// critical = true
    /// guards = ["C-01"]          # one control, one layer
    /// ```
    "R4-004" "too-few-layers" Error
    clauses: ["IEC 81001-5-1:2021 5.3.1", "MDCG 2019-16 2.3"],
    why: "any single measure can fail; its failure alone must harm nobody",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    let layers_min = super::layers_min(file);
    let model = Model::new(file);
    let critical: Vec<usize> = model.critical().collect();
    if critical.is_empty() {
        return;
    }
    for (position, entry) in file.entries.iter().enumerate() {
        let found = model.from_entry(position);
        for node in &critical {
            let Some((path, standing)) = found.weakest(*node, Layers::default()) else { continue };
            let Some(asset) = file.assets.get(*node).filter(|_| standing.count() < layers_min) else {
                continue;
            };
            let names = model.names(standing);
            let by = if names.is_empty() {
                "no layer at all".to_owned()
            } else {
                format!("only {}", names.join(", "))
            };
            let message =
                format!("critical `asset.{}` is protected from `entry.{}` by {by}", asset.id(), entry.id());
            let way = model.ids(&path).join(" -> ");
            let mend =
                format!("add a control of another layer on the way {way}; {layers_min} layers are asked for");
            report
                .push(report.begin(message).at(asset.span(), "").at(entry.span(), "starts here").mend(mend));
        }
    }
}
