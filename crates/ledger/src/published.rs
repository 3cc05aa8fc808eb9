//! The tiles and bundles of a log in its directory, for public tools: written, and held against the entries.
//!
//! They are made of the segment and made anew from it when they are missing, so that writing them costs no sync.

use crate::edge::Edge;
use crate::merkle::Hash;
use crate::tile::{self, Tile, WIDTH};
use std::io;
use std::path::{Path, PathBuf};

/// Most tiles named when many differ.
const NAMED_MAX: usize = 20;

/// Writes a tile below a directory, whole or not at all. A full one replaces its partial ones, which nobody needs then.
pub(crate) fn write(directory: &Path, tile: Tile, bytes: &[u8]) -> io::Result<()> {
    let path = directory.join(tile.path());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, &path)?;
    if u64::from(tile.width) == WIDTH {
        match std::fs::remove_dir_all(partial_of(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The directory of the partial tiles beside a full one.
fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".p");
    PathBuf::from(name)
}

/// Writes a tile unless it stands there as it should.
pub(crate) fn write_where_missing(directory: &Path, tile: Tile, bytes: &[u8]) -> io::Result<()> {
    if is_as(directory, tile, bytes) { Ok(()) } else { write(directory, tile, bytes) }
}

/// Writes a partial tile for a tree that no head counts yet. At the leaves it is one of its own, which nobody asks for before there is
/// such a head: it is written where it stands.
pub(crate) fn write_ahead_of_head(directory: &Path, tile: Tile, bytes: &[u8]) -> io::Result<()> {
    if tile.level.is_some_and(|level| level > 0) {
        return write_where_missing(directory, tile, bytes);
    }
    let path = directory.join(tile.path());
    match std::fs::write(&path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => write(directory, tile, bytes),
        written => written,
    }
}

fn is_as(directory: &Path, tile: Tile, bytes: &[u8]) -> bool {
    read(directory, tile).is_ok_and(|found| found == bytes)
}

/// Reads a tile or bundle. A partial one gives way to the full one, which may stand before a head that counts it is signed:
/// then it is the beginning of that (C2SP tlog-tiles, partial tiles).
pub fn read(directory: &Path, tile: Tile) -> io::Result<Vec<u8>> {
    match std::fs::read(directory.join(tile.path())) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && u64::from(tile.width) < WIDTH => {
            let whole = std::fs::read(directory.join(Tile { width: 256, ..tile }.path()))?;
            let beginning = tile::beginning(tile, &whole).ok_or(error)?;
            Ok(beginning.to_vec())
        }
        read => read,
    }
}

/// Holds what is published against the entries of a log, which are given one after the other.
#[derive(Debug)]
pub(crate) struct Comparison<'d> {
    directory: &'d Path,
    edge: Edge,
    differing: Vec<Tile>,
    count: usize,
}

impl<'d> Comparison<'d> {
    pub(crate) fn of(directory: &'d Path) -> Self {
        Self { directory, edge: Edge::default(), differing: Vec::new(), count: 0 }
    }

    pub(crate) fn push(&mut self, entry: &[u8], leaf: Hash) {
        let (directory, differing, count) = (self.directory, &mut self.differing, &mut self.count);
        let done: Result<(), std::convert::Infallible> = self.edge.push(entry, leaf, &mut |tile, bytes| {
            compare(directory, tile, bytes, differing, count);
            Ok(())
        });
        // Cannot fail: the comparison notes what differs.
        let Ok(()) = done;
    }

    /// The edge behind the entries, and whether every full tile before it is as it should be.
    pub(crate) fn into_edge(self) -> (Edge, bool) {
        (self.edge, self.count == 0)
    }

    /// The tiles that differ or are missing, the first of them by name, and how many there are.
    pub(crate) fn finish(mut self) -> (Vec<Tile>, usize) {
        let (directory, differing, count) = (self.directory, &mut self.differing, &mut self.count);
        let done: Result<(), std::convert::Infallible> = self.edge.partial(&mut |tile, bytes| {
            compare(directory, tile, bytes, differing, count);
            Ok(())
        });
        let Ok(()) = done;
        (self.differing, self.count)
    }
}

fn compare(directory: &Path, tile: Tile, bytes: &[u8], differing: &mut Vec<Tile>, count: &mut usize) {
    if is_as(directory, tile, bytes) {
        return;
    }
    *count = count.saturating_add(1);
    if differing.len() < NAMED_MAX {
        differing.push(tile);
    }
}
