//! Examines a directory of C2SP tiles with crate `tlog_tiles`: `tlog-tiles-examiner DIR`.
//!
//! Every tile is authenticated against the root of the checkpoint, every entry of every bundle is proven to stand at its place, and
//! every earlier size is proven to be a beginning. Prints the proofs, one a line, for comparison; ends with 1 at the first thing wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tlog_tiles::{
    Checkpoint, Error, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record, prove_tree,
    record_hash, tree_hash,
};

struct Directory(PathBuf);

impl TileReader for Directory {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            // Older tools name the height in the path; C2SP tlog-tiles fixes it at 8 and leaves it out.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let bytes = std::fs::read(self.0.join(&path));
            bytes.map_err(|error| Error::InvalidInput(format!("{path}: {error}")))
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The entries of all bundles: each with its length in two bytes before it.
fn entries(directory: &Path, size: u64) -> Result<Vec<Vec<u8>>, String> {
    let mut entries = Vec::new();
    for bundle in 0..size.div_ceil(256) {
        let width = (size - bundle * 256).min(256);
        let mut path = format!("tile/entries/{bundle:03}");
        if width < 256 {
            path.push_str(&format!(".p/{width}"));
        }
        let bytes = std::fs::read(directory.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        let mut rest = bytes.as_slice();
        for _ in 0..width {
            let (length, after) = rest.split_at_checked(2).ok_or(format!("{path} ends early"))?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let (entry, after) = after.split_at_checked(length).ok_or(format!("{path} ends early"))?;
            entries.push(entry.to_vec());
            rest = after;
        }
        if !rest.is_empty() {
            return Err(format!("{path} goes on behind its entries"));
        }
    }
    Ok(entries)
}

fn examine(directory: &Path) -> Result<(), String> {
    let said = |error: Error| format!("{error:?}");
    let note = std::fs::read_to_string(directory.join("checkpoint")).map_err(|error| error.to_string())?;
    let text = note.split_once("\n\n").ok_or("the checkpoint is not signed")?.0.to_owned() + "\n";
    let head = Checkpoint::from_bytes(text.as_bytes()).map_err(|error| error.to_string())?;
    let (size, root) = (head.size(), *head.hash());
    let tiles = Directory(directory.to_owned());
    let hashes = TileHashReader::new(size, root, &tiles);
    let entries = entries(directory, size)?;
    for (index, entry) in (0..size).zip(&entries) {
        let proof = prove_record(size, index, &hashes).map_err(said)?;
        check_record(&proof, size, root, index, record_hash(entry))
            .map_err(|error| format!("entry {index}: {error:?}"))?;
        println!("inclusion {index} {}", shown(&proof));
    }
    for old in 1..=size {
        let old_root = tree_hash(old, &hashes).map_err(said)?;
        let proof = prove_tree(size, old, &hashes).map_err(said)?;
        check_tree(&proof, size, root, old, old_root).map_err(|error| format!("size {old}: {error:?}"))?;
        println!("consistency {old} {}", shown(&proof));
    }
    Ok(())
}

fn shown(proof: &[tlog_tiles::Hash]) -> String {
    proof.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("name the directory of a log");
        return ExitCode::from(2);
    };
    match examine(Path::new(&directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
