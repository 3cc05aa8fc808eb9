//! The layers of protection of a file with how much of each holds: shown by documents and pages.

use crate::BUILT_IN_LAYERS;
use medward_file::kinds::Control;
use medward_file::{Record, SecurityFile};

/// One layer with its controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Name of the layer.
    pub layer: String,
    /// Ids of its controls in force.
    pub in_force: Vec<String>,
    /// Ids of the others.
    pub missing: Vec<String>,
}

impl Ring {
    /// How much of it holds, in a word.
    pub fn word(&self) -> &'static str {
        match (self.in_force.is_empty(), self.missing.is_empty()) {
            (false, true) => "whole",
            (false, false) => "in part",
            (true, _) => "does not hold",
        }
    }
}

/// The layers of a file that have controls, the outermost first.
pub fn rings(file: &SecurityFile, is_in_force: impl Fn(&Record<Control>) -> bool) -> Vec<Ring> {
    let mut rings: Vec<Ring> = Vec::new();
    for control in &file.controls {
        let Some(layer) = &control.layer else { continue };
        let position = rings.iter().position(|ring| *ring.layer == *layer.value).unwrap_or(rings.len());
        if position == rings.len() {
            rings.push(Ring { layer: layer.to_string(), in_force: Vec::new(), missing: Vec::new() });
        }
        if let Some(ring) = rings.get_mut(position) {
            let ids = if is_in_force(control) { &mut ring.in_force } else { &mut ring.missing };
            ids.push(control.id().to_owned());
        }
    }
    // In the order in which data meet them; a maker's own come after all of them.
    let place = |ring: &Ring| {
        BUILT_IN_LAYERS.iter().position(|name| *name == ring.layer).unwrap_or(BUILT_IN_LAYERS.len())
    };
    rings.sort_by(|one, other| (place(one), &one.layer).cmp(&(place(other), &other.layer)));
    rings
}
