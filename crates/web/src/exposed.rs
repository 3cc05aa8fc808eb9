//! Attack paths as they are today, worked out once for each set of layers thought away.

use medward_file::SecurityFile;
use medward_paths::{Layers, Model, exposures};
use medward_rules::Live;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Most rows remembered, over all sets of layers.
const ROWS_MAX: usize = 200_000;

/// The weakest path from an entry to a critical asset.
#[derive(Debug)]
pub(crate) struct Row {
    /// Id of the entry.
    pub(crate) entry: String,
    /// Id of the asset.
    pub(crate) asset: String,
    /// Layers that still stand on it.
    pub(crate) standing: Vec<String>,
    /// Ids of the assets that it leads through.
    pub(crate) path: Vec<String>,
    /// Layers whose loss alone would leave nothing.
    pub(crate) single_points: Vec<String>,
    /// Controls whose loss alone would leave nothing.
    pub(crate) single_controls: Vec<String>,
    /// Whether no weaker path can exist.
    pub(crate) is_exact: bool,
}

/// What was worked out, by the layers thought away; it holds for one reading of file and ledger.
#[derive(Debug, Default)]
pub(crate) struct Exposed(Mutex<HashMap<BTreeSet<String>, Arc<[Row]>>>);

impl Exposed {
    /// The weakest path of every pair with these layers lost, the weakest first.
    pub(crate) fn without(&self, lost: &BTreeSet<String>, file: &SecurityFile, live: &Live) -> Arc<[Row]> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = known().get(lost) {
            return Arc::clone(rows);
        }
        // Without the lock: others get what is known meanwhile.
        let rows = rows(lost, file, live);
        let mut known = known();
        let held: usize = known.values().map(|rows| rows.len()).sum();
        if held.saturating_add(rows.len()) > ROWS_MAX {
            known.clear();
        }
        known.insert(lost.clone(), Arc::clone(&rows));
        rows
    }
}

fn rows(lost: &BTreeSet<String>, file: &SecurityFile, live: &Live) -> Arc<[Row]> {
    let model = Model::with(file, |control| live.is_in_force(control));
    let lost = lost.iter().filter_map(|name| model.layer(name)).fold(Layers::default(), Layers::with);
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rows = exposures(file, &model, lost).into_iter().map(|row| Row {
        entry: row.entry.to_owned(),
        asset: row.asset.to_owned(),
        standing: owned(&row.standing),
        path: owned(&row.path),
        single_points: owned(&row.single_points),
        single_controls: owned(&row.single_controls),
        is_exact: row.is_exact,
    });
    rows.collect()
}
