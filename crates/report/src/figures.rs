//! Pictures, drawn as SVG in tones that stay apart in black and white: [`crate::pdf`] and [`crate::html`] show the same ones.
//!
//! What colour says, a word, a dash or a shape says too.

mod attack_paths;
mod drawing;
mod heat_map;
mod rings;
mod timeline;

pub(crate) use attack_paths::{WeakPath, attack_paths, weak_paths};
pub(crate) use heat_map::heat_maps;
pub(crate) use rings::rings;
pub(crate) use timeline::{PROBES_MAX, timeline};

use crate::model::Figure;
use medward_file::SecurityFile;

/// Zones, assets and flows, as `medward paths` draws them, in the manner for paper.
pub(crate) fn architecture(file: &SecurityFile) -> Figure {
    let (svg, width, height) = medward_paths::svg::draw_for_print(file);
    Figure {
        title: "Trust zones, assets and flows".to_owned(),
        source: "zone.*, asset.*, flow.*, entry.*".to_owned(),
        description: format!(
            "{} zones with {} assets, {} flows between them, and {} entries; the tables of this section say the same in words.",
            file.zones.len(),
            file.assets.len(),
            file.flows.len(),
            file.entries.len()
        ),
        svg,
        width,
        height,
    }
}
