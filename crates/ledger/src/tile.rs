//! Tiles and entry bundles (C2SP tlog-tiles): where they are and what is in them.

use crate::merkle::{Frontier, Hash, leaf_hash};
use std::fmt::Write as _;

/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u64 = 256;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A tile, full or partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Height in the tree, in steps of 8; `None` for a bundle of entries.
    pub level: Option<u8>,
    /// Position at its level.
    pub index: u64,
    /// Hashes or entries in it, 1 to 256.
    pub width: u16,
}

impl Tile {
    /// Its path below the log, such as `tile/0/x001/234.p/5`.
    pub fn path(self) -> String {
        let mut path = String::from("tile/");
        match self.level {
            Some(level) => {
                let _ = write!(path, "{level}/");
            }
            None => path.push_str("entries/"),
        }
        let mut groups = vec![self.index % 1_000];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        while let Some(group) = groups.pop() {
            let _ = if groups.is_empty() { write!(path, "{group:03}") } else { write!(path, "x{group:03}/") };
        }
        if u64::from(self.width) < WIDTH {
            let _ = write!(path, ".p/{}", self.width);
        }
        path
    }
}

/// The tiles of one level of a tree, from left to right; `level` none for bundles.
pub fn tiles(level: Option<u8>, size: u64) -> impl Iterator<Item = Tile> {
    let count = size.checked_shr(u32::from(level.unwrap_or(0)).saturating_mul(8)).unwrap_or(0);
    let full = (0..count / WIDTH).map(move |index| Tile { level, index, width: 256 });
    let rest = u16::try_from(count % WIDTH).ok().filter(|width| *width > 0);
    full.chain(rest.map(|width| Tile { level, index: count / WIDTH, width }))
}

/// The bundle that holds an entry in a log of some size.
pub fn bundle_of(entry: u64, size: u64) -> Tile {
    let index = entry / WIDTH;
    let width = size.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH);
    Tile { level: None, index, width: u16::try_from(width).unwrap_or(256) }
}

/// A tile or bundle that does not hold what its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tile does not hold {expected} parts")]
pub struct TileError {
    /// How many it should hold.
    pub expected: u16,
}

/// The hashes in a tile.
pub fn hashes(tile: Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (parts, rest) = bytes.as_chunks::<HASH_BYTES>();
    if rest.is_empty() && parts.len() == usize::from(tile.width) {
        Ok(parts.iter().copied().map(Hash).collect())
    } else {
        Err(TileError { expected: tile.width })
    }
}

/// The entries in a bundle, each prefixed with its length in two bytes.
pub fn entries(tile: Tile, bytes: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let error = TileError { expected: tile.width };
    let (mut rest, mut found) = (bytes, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(error)?;
        found.push(entry);
        if found.len() > usize::from(tile.width) {
            return Err(error);
        }
        rest = after;
    }
    if rest.is_empty() && found.len() == usize::from(tile.width) { Ok(found) } else { Err(error) }
}

/// Of the bytes of a full tile or bundle those of a partial one.
pub(crate) fn beginning(partial: Tile, whole: &[u8]) -> Option<&[u8]> {
    let length = if partial.level.is_some() {
        usize::from(partial.width).checked_mul(HASH_BYTES)?
    } else {
        let mut length = 0_usize;
        for _ in 0..partial.width {
            let (entry, _) = whole.get(length..)?.split_first_chunk::<2>()?;
            length = length.checked_add(2)?.checked_add(usize::from(u16::from_be_bytes(*entry)))?;
        }
        length
    };
    whole.get(..length)
}

/// The leaf hashes of a bundle.
pub fn leaf_hashes(tile: Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    Ok(entries(tile, bytes)?.into_iter().map(leaf_hash).collect())
}

/// The hash that a full tile has in the tile above it.
pub fn tile_root(hashes: &[Hash]) -> Hash {
    Frontier::of(hashes).root()
}
