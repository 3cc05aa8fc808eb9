//! Proofs out of published tiles: a few tiles are read, not the log.

use crate::merkle::{Hash, node_hash};
use crate::proof::{consistency_ranges, inclusion_ranges};
use crate::published;
use crate::tile::{Tile, TileError, WIDTH, hashes};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Expanded tiles kept, of 16 KiB each.
const KEPT_MAX: usize = 1_024;

/// Why a proof cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A tile is missing or cannot be read.
    #[error(
        "cannot read the tile `{path}`: {source}; open the log for appending once, which makes tiles anew"
    )]
    Io {
        /// The tile.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A tile does not hold what its name says.
    #[error("`{path}`: {source}")]
    Tile {
        /// The tile.
        path: PathBuf,
        /// What is wrong.
        source: TileError,
    },
    /// An entry or a size that the tree does not have.
    #[error("the tree has {size} entries and none such as asked for")]
    Range {
        /// Entries it has.
        size: u64,
    },
}

/// A tree of some size, read from tiles as they are needed.
#[derive(Debug)]
pub struct Tree {
    directory: PathBuf,
    size: u64,
    /// Rows of a tile, from its hashes up to its root.
    kept: HashMap<Tile, Vec<Vec<Hash>>>,
}

impl Tree {
    /// The tree of the first `size` entries of the log in a directory.
    pub fn new(directory: &Path, size: u64) -> Self {
        Self { directory: directory.to_path_buf(), size, kept: HashMap::new() }
    }

    /// The proof that entry `index` is in the tree (RFC 6962 section 2.1.1).
    pub fn inclusion(&mut self, index: u64) -> Result<Vec<Hash>, TreeError> {
        let ranges = inclusion_ranges(index, self.size).ok_or(TreeError::Range { size: self.size })?;
        ranges.into_iter().map(|range| self.root_of(range)).collect()
    }

    /// The proof that the tree continues that of its first `old` entries (RFC 6962 section 2.1.2); empty for equal sizes and for 0.
    pub fn consistency(&mut self, old: u64) -> Result<Vec<Hash>, TreeError> {
        if old == 0 {
            return Ok(Vec::new());
        }
        let ranges = consistency_ranges(old, self.size).ok_or(TreeError::Range { size: self.size })?;
        ranges.into_iter().map(|range| self.root_of(range)).collect()
    }

    /// The root of the whole tree.
    pub fn root(&mut self) -> Result<Hash, TreeError> {
        self.root_of(0..self.size)
    }

    /// The leaf hash of entry `index`, as its tile has it.
    pub(crate) fn leaf(&mut self, index: u64) -> Result<Hash, TreeError> {
        self.node(0, index)
    }

    /// The root over a range of entries that begins at a multiple of the full subtrees within.
    fn root_of(&mut self, range: Range<u64>) -> Result<Hash, TreeError> {
        let (mut at, mut parts) = (range.start, Vec::new());
        while at < range.end {
            let rest = range.end.saturating_sub(at);
            let level = rest.ilog2();
            parts.push(self.node(level, at.checked_shr(level).unwrap_or(0))?);
            at = at.saturating_add(1_u64.checked_shl(level).unwrap_or(rest));
        }
        let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        Ok(joined.unwrap_or_else(Hash::empty))
    }

    /// The hash of the full subtree of 2^level entries that is number `index` of its kind.
    fn node(&mut self, level: u32, index: u64) -> Result<Hash, TreeError> {
        let (tile_level, row) = (level / 8, level % 8);
        let count = self.size.checked_shr(tile_level.saturating_mul(8)).unwrap_or(0);
        let first = index.checked_shl(row).unwrap_or(u64::MAX);
        let tile_index = first / WIDTH;
        let width = count.saturating_sub(tile_index.saturating_mul(WIDTH)).min(WIDTH);
        let range = TreeError::Range { size: self.size };
        let (Ok(level), Ok(width)) = (u8::try_from(tile_level), u16::try_from(width)) else {
            return Err(range);
        };
        let tile = Tile { level: Some(level), index: tile_index, width };
        let within = (first % WIDTH).checked_shr(row).and_then(|at| usize::try_from(at).ok());
        let rows = self.rows(tile)?;
        let hash = rows.get(row as usize).zip(within).and_then(|(row, at)| row.get(at)).copied();
        hash.ok_or(range)
    }

    fn rows(&mut self, tile: Tile) -> Result<&[Vec<Hash>], TreeError> {
        if !self.kept.contains_key(&tile) {
            let path = self.directory.join(tile.path());
            let bytes = published::read(&self.directory, tile);
            let bytes = bytes.map_err(|source| TreeError::Io { path: path.clone(), source })?;
            let mut rows = vec![hashes(tile, &bytes).map_err(|source| TreeError::Tile { path, source })?];
            while let Some(above) = rows.last().filter(|row| row.len() > 1).map(|row| pairs(row)) {
                rows.push(above);
            }
            if self.kept.len() >= KEPT_MAX {
                self.kept.clear();
            }
            self.kept.insert(tile, rows);
        }
        Ok(self.kept.get(&tile).map(Vec::as_slice).unwrap_or_default())
    }
}

fn pairs(row: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = row.as_chunks::<2>();
    pairs.iter().map(|[left, right]| node_hash(left, right)).collect()
}
