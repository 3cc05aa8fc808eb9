//! What stands before each critical asset, entry by entry: shown by commands and pages.

use crate::{Layers, Model};
use medward_file::{Record, SecurityFile};

/// The weakest path from one entry to one critical asset.
#[derive(Debug, Clone)]
pub struct Exposure<'f> {
    /// Id of the entry.
    pub entry: &'f str,
    /// Id of the asset.
    pub asset: &'f str,
    /// Layers that still stand on it.
    pub standing: Vec<&'f str>,
    /// Ids of the assets it leads through.
    pub path: Vec<&'f str>,
    /// Layers whose loss alone would leave nothing.
    pub single_points: Vec<&'f str>,
    /// Controls whose loss alone would leave nothing.
    pub single_controls: Vec<&'f str>,
    /// Whether no weaker path can exist.
    pub is_exact: bool,
}

/// The weakest path of every pair of entry and critical asset with these layers lost, the weakest first.
pub fn exposures<'f>(file: &'f SecurityFile, model: &Model<'f>, lost: Layers) -> Vec<Exposure<'f>> {
    let mut rows = Vec::new();
    let id = |control: &u32| file.controls.get(*control as usize).map(Record::id);
    for (position, entry) in file.entries.iter().enumerate() {
        let found = model.from_entry(position);
        let alone = model.alone_from_entry(position);
        for node in model.critical() {
            let Some((path, standing)) = found.weakest(node, lost) else { continue };
            let falls_with = |layer: &&&str| {
                let without = model.layer(layer).map(|layer| layer.with(lost)).unwrap_or_default();
                standing.count() > 0 && found.sets(node).any(|set| set.is_within(without))
            };
            rows.push(Exposure {
                entry: entry.id(),
                asset: file.assets.get(node).map_or("", |asset| asset.id()),
                standing: model.names(standing),
                path: model.ids(&path),
                single_controls: alone
                    .get(node)
                    .into_iter()
                    .flat_map(|alone| &alone.controls)
                    .filter_map(id)
                    .collect(),
                single_points: model.layers.iter().filter(falls_with).copied().collect(),
                is_exact: found.is_exact,
            });
        }
    }
    rows.sort_by_key(|row| row.standing.len());
    rows
}
