//! Entries of the ledger as they were signed, for pages and programs.

use medward_ledger::{read_tile, tile};
use std::path::Path;

/// Entries of a range with their places, out of the bundles they were published in. The error says what cannot be read.
pub(crate) fn range(
    ledger: &Path,
    begin: u64,
    end: u64,
    size: u64,
) -> Result<Vec<(u64, serde_json::Value)>, String> {
    let mut found = Vec::new();
    let mut at = begin;
    while at < end {
        let bundle = tile::bundle_of(at, size);
        let first = at.saturating_sub(at.checked_rem(tile::WIDTH).unwrap_or_default());
        let bytes = read_tile(ledger, bundle).map_err(|error| format!("cannot read the ledger: {error}"))?;
        let bundled = tile::entries(bundle, &bytes).map_err(|error| error.to_string())?;
        for (index, entry) in (first..).zip(&bundled).filter(|(index, _)| (at..end).contains(index)) {
            let entry = serde_json::from_slice(entry).map_err(|error| format!("entry {index}: {error}"))?;
            found.push((index, entry));
        }
        at = first.saturating_add(tile::WIDTH);
    }
    Ok(found)
}
