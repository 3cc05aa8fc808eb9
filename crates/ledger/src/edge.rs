//! The right edge of a log's tiles: entries go in, full tiles and bundles come out, and the partial ones stand ready.
//!
//! Kept by the writer and by verification alike, so that what is published and what is expected are worked out in one place.

use crate::merkle::Hash;
use crate::tile::{Tile, WIDTH, tile_root};

/// Levels of tiles that a log of 2^64 entries has.
const LEVELS_MAX: u8 = 8;

/// The partial tiles of every level and the partial bundle of entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edge {
    size: u64,
    bundle: Vec<u8>,
    /// Hashes of the partial tile of each level, from the leaves up; always fewer than 256.
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Adds an entry, with its leaf hash, and gives each tile and bundle that it fills.
    pub(crate) fn push<E>(
        &mut self,
        entry: &[u8],
        leaf: Hash,
        full: &mut impl FnMut(Tile, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let index = self.size / WIDTH;
        self.size = self.size.saturating_add(1);
        // The log refuses longer entries, so that the length always fits.
        self.bundle.extend(u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
        self.bundle.extend(entry);
        if self.size.is_multiple_of(WIDTH) {
            full(Tile { level: None, index, width: 256 }, &self.bundle)?;
            self.bundle.clear();
        }
        let (mut hash, mut index) = (leaf, index);
        for level in 0..LEVELS_MAX {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(part) = self.levels.get_mut(usize::from(level)) else { break };
            part.push(hash);
            if (part.len() as u64) < WIDTH {
                break;
            }
            full(Tile { level: Some(level), index, width: 256 }, &bytes(part))?;
            hash = tile_root(part);
            part.clear();
            index /= WIDTH;
        }
        Ok(())
    }

    /// Gives the partial bundle and the partial tiles, which a tree of this size needs beside the full ones.
    pub(crate) fn partial<E>(&self, each: &mut impl FnMut(Tile, &[u8]) -> Result<(), E>) -> Result<(), E> {
        if let Some(width) = narrow(self.size % WIDTH) {
            each(Tile { level: None, index: self.size / WIDTH, width }, &self.bundle)?;
        }
        let mut index = self.size;
        for (level, part) in (0..LEVELS_MAX).zip(&self.levels) {
            index /= WIDTH;
            if let Some(width) = narrow(part.len() as u64) {
                each(Tile { level: Some(level), index, width }, &bytes(part))?;
            }
        }
        Ok(())
    }
}

fn narrow(width: u64) -> Option<u16> {
    u16::try_from(width).ok().filter(|width| *width > 0)
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
