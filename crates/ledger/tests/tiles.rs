//! What is published for public tools: tiles beside the head at every moment, proofs out of them, and tampering found.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::tile::{self, Tile};
use medward_ledger::{Checkpoint, Finding, Log, Note, Signer, Tree, leaf_hash, proof, verify};
use std::path::{Path, PathBuf};

fn signer() -> Signer {
    Signer::new("ledger.example/tiles", KeyKind::Log, &[9; 32]).unwrap()
}

fn head(directory: &Path) -> Checkpoint {
    Checkpoint::parse(Note::parse(&std::fs::read(directory.join("checkpoint")).unwrap()).unwrap().text())
        .unwrap()
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number} {}", "x".repeat(usize::try_from(number % 11).unwrap())).into_bytes()
}

/// Entries as many threads append them, so that a test of many takes no time.
fn log_of(directory: &Path, count: u64) {
    let log = Log::open(directory, signer()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..64 {
            let log = &log;
            scope.spawn(move || {
                for number in (writer..count).step_by(64) {
                    log.append(&entry(number)).unwrap();
                }
            });
        }
    });
}

/// The leaves as a stranger finds them: out of bundles alone.
fn leaves(directory: &Path, size: u64) -> Vec<medward_ledger::Hash> {
    tile::tiles(None, size)
        .flat_map(|bundle| {
            tile::leaf_hashes(bundle, &std::fs::read(directory.join(bundle.path())).unwrap()).unwrap()
        })
        .collect()
}

#[test]
fn tiles_and_bundles_lead_to_the_signed_root_at_every_size() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 1_500] {
        let directory = tempfile::tempdir().unwrap();
        log_of(directory.path(), size);
        let head = head(directory.path());
        assert_eq!(head.size, size);
        assert_eq!(proof::root(&leaves(directory.path(), size)), head.root, "{size}");
        assert_eq!(Tree::new(directory.path(), size).root().unwrap(), head.root, "{size}");
    }
}

#[test]
fn each_append_leaves_the_tiles_its_head_counts_and_full_ones_replace_partial_ones() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path(), signer()).unwrap();
    for number in 0..258 {
        log.append(&entry(number)).unwrap();
        if number % 37 == 0 || number > 253 {
            let head = head(directory.path());
            assert_eq!(proof::root(&leaves(directory.path(), head.size)), head.root);
        }
    }
    assert!(directory.path().join("tile/0/000").is_file());
    assert!(!directory.path().join("tile/0/000.p").exists());
    assert!(directory.path().join("tile/0/001.p/2").is_file());
    assert!(directory.path().join("tile/1/000.p/1").is_file());
}

#[test]
fn proofs_out_of_tiles_are_those_out_of_all_leaves() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 1_300);
    let all = leaves(directory.path(), 1_300);
    for size in [1_u64, 2, 7, 256, 257, 600, 1_024, 1_299, 1_300] {
        let part = &all[..usize::try_from(size).unwrap()];
        let mut tree = Tree::new(directory.path(), size);
        // Tiles of an older size are partial ones that may be gone; the log keeps them until the full one stands.
        let Ok(root) = tree.root() else { continue };
        assert_eq!(root, proof::root(part));
        for index in [0, size / 3, size / 2, size - 1] {
            let made = tree.inclusion(index).unwrap();
            assert_eq!(Some(made.clone()), proof::inclusion(part, usize::try_from(index).unwrap()));
            let leaf = &part[usize::try_from(index).unwrap()];
            proof::check_inclusion(leaf, index, size, &made, &root).unwrap();
        }
    }
    let mut tree = Tree::new(directory.path(), 1_300);
    for old in [1_u64, 255, 256, 257, 1_000, 1_024, 1_299, 1_300] {
        let made = tree.consistency(old).unwrap();
        assert_eq!(Some(made.clone()), proof::consistency(&all, usize::try_from(old).unwrap()));
    }
    assert!(tree.inclusion(1_300).is_err() && tree.consistency(1_301).is_err());
    assert_eq!(all[3], leaf_hash(&leaf_bytes(directory.path(), 3)));
}

fn leaf_bytes(directory: &Path, index: usize) -> Vec<u8> {
    let bundle = Tile { level: None, index: 0, width: 256 };
    let bytes = std::fs::read(directory.join(bundle.path())).unwrap();
    tile::entries(bundle, &bytes).unwrap()[index].to_vec()
}

fn files(below: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(below).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn a_changed_or_missing_tile_is_named_and_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 600);
    let key = signer().verifier().clone();
    // A log that was opened once more has the partial tiles of its head and maybe those of heads before.
    let needed: Vec<PathBuf> = (0..3)
        .flat_map(|level| tile::tiles(Some(level), 600))
        .chain(tile::tiles(None, 600))
        .map(|tile| directory.path().join(tile.path()))
        .collect();
    assert_eq!(needed.len(), 7);
    for path in needed {
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        std::fs::write(&path, changed).unwrap();
        let named = path.strip_prefix(directory.path()).unwrap().to_str().unwrap().to_owned();
        let expected = Err(vec![Finding::Tiles { count: 1, first: named }]);
        assert_eq!(verify(directory.path(), &key, &[]), expected);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(verify(directory.path(), &key, &[]), expected);
        drop(Log::open(directory.path(), signer()).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        assert!(verify(directory.path(), &key, &[]).is_ok());
    }
}

#[test]
fn damaged_entries_do_not_spoil_the_tiles() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 600);
    let before: Vec<_> =
        files(&directory.path().join("tile")).into_iter().map(|path| std::fs::read(path).unwrap()).collect();
    let segment = directory.path().join("segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert!(Log::open(directory.path(), signer()).is_err());
    let after: Vec<_> =
        files(&directory.path().join("tile")).into_iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(before, after);
}

#[test]
fn a_proof_stands_alone_and_holds_for_its_entry_only() {
    use medward_ledger::receipt::Inclusion;
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 300);
    let key = signer().verifier().clone();
    let note = Note::parse(&std::fs::read(directory.path().join("checkpoint")).unwrap()).unwrap();
    let hashes = Tree::new(directory.path(), 300).inclusion(17).unwrap();
    let text = Inclusion { index: 17, hashes, head: note }.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 17\n"));
    let with_extra = text.replacen("\nindex", "\nextra AAAA\nindex", 1);
    for text in [&text, &with_extra] {
        let read = Inclusion::parse(text.as_bytes()).unwrap();
        assert_eq!(read.check(&leaf_bytes(directory.path(), 17), &key).unwrap().size, 300);
        assert!(read.check(&leaf_bytes(directory.path(), 18), &key).is_err());
    }
    let stranger = Signer::new("ledger.example/tiles", KeyKind::Log, &[8; 32]).unwrap();
    let read = Inclusion::parse(text.as_bytes()).unwrap();
    assert!(read.check(&leaf_bytes(directory.path(), 17), stranger.verifier()).is_err());
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let holds = Inclusion::parse(&bytes).and_then(|it| it.check(&leaf_bytes(directory.path(), 17), &key));
        assert!(holds.is_err(), "byte {at} changed unseen");
    }
}

#[test]
fn processes_that_append_at_once_wait_for_each_other() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let directory = directory.path();
            scope.spawn(move || {
                for number in 0..5 {
                    let log =
                        Log::open_within(directory, signer(), std::time::Duration::from_mins(1)).unwrap();
                    log.append(format!("{writer}/{number}").as_bytes()).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(directory.path(), signer().verifier(), &[]).unwrap().head.size, 30);
}

#[test]
fn a_head_signed_before_its_tiles_were_filled_still_holds() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 200);
    let path = directory.path().join("checkpoint");
    let older = std::fs::read(&path).unwrap();
    log_of(directory.path(), 100);
    assert!(!directory.path().join("tile/0/000.p").exists());
    // As a kill between filling the tile and signing leaves it, and as a reader sees it who took the head just before.
    std::fs::write(&path, older).unwrap();
    let key = signer().verifier().clone();
    let verified = verify(directory.path(), &key, &[]).unwrap();
    assert_eq!((verified.head.size, verified.behind_head), (200, 100));
    assert_eq!(Tree::new(directory.path(), 200).root().unwrap(), verified.head.root);
    for path in ["tile/0/000", "tile/entries/000"] {
        let path = directory.path().join(path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[1_000] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(verify(directory.path(), &key, &[]).is_err(), "{}", path.display());
        bytes[1_000] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
    }
}
