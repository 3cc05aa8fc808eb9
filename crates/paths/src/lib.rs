//! Attack paths: how many independent layers stand before each critical asset.
//!
//! Called by `rules` and the command line; it never reads files and never judges how many layers are enough.
//! Controls of one layer fall together, so a path is worth the number of *different* layers met on it. Finding the path with
//! the fewest different labels is hard in general, but layers are few: each node keeps the sets of layers on paths to it that
//! no other set undercuts, as bit masks. From those sets every loss of a layer can be answered without a new search.

mod cut;
mod exposure;
mod from_file;
mod search;
mod single;
pub mod svg;

pub use exposure::{Exposure, exposures};
pub use from_file::{Model, is_implemented};
pub use search::{Graph, Layers, Reach, reach};
pub use single::{Alone, ControlGraph, Controls, alone};
