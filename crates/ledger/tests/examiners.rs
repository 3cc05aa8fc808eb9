//! Examined by programs that nobody here wrote: crate `tlog_tiles` and PyPI `aics-tlog`; and a tree of another log read here.
//!
//! `./test` puts the programs into `target/examiners`; what is not there is skipped loudly.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a log that cannot be written is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::{Checkpoint, Log, Note, Signer, Tree, proof, read_tile, tile};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NAME: &str = "ledger.example/examined";

fn signer() -> Signer {
    Signer::new(NAME, KeyKind::Log, &[5; 32]).unwrap()
}

/// A program below `target/examiners`, or nothing with a loud word.
fn examiner(program: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../examiners").join(program);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: `./test` puts {program} into target/examiners; it is not there");
    None
}

/// A log that grew twice, with the head of before.
fn grown(directory: &Path, first: usize, second: usize) -> Vec<u8> {
    let append = |from: usize, to: usize| {
        let log = Log::open(directory, signer()).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..32 {
                let log = &log;
                scope.spawn(move || {
                    for number in (from + writer..to).step_by(32) {
                        log.append(format!("entry {number} {}", "x".repeat(number % 13)).as_bytes()).unwrap();
                    }
                });
            }
        });
    };
    append(0, first);
    let head = std::fs::read(directory.join("checkpoint")).unwrap();
    append(first, first + second);
    head
}

/// Changes one bit in the middle of a file; gives what stood there.
fn flip(path: &Path) -> Vec<u8> {
    let whole = std::fs::read(path).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    std::fs::write(path, changed).unwrap();
    whole
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn tlog_tiles_proves_every_entry_and_makes_the_same_proofs() {
    let Some(program) = examiner("release/tlog-tiles-examiner") else { return };
    let examine = |directory: &Path| Command::new(&program).arg(directory).output().unwrap();
    for size in [1, 255, 256, 257, 700] {
        let directory = tempfile::tempdir().unwrap();
        drop(grown(directory.path(), size, 0));
        let mut expected = String::new();
        let count = size as u64;
        let mut tree = Tree::new(directory.path(), count);
        let line = |text: &mut String, kind: &str, number: u64, proof: Vec<medward_ledger::Hash>| {
            let proof: Vec<_> = proof.iter().map(ToString::to_string).collect();
            writeln!(text, "{kind} {number} {}", proof.join(" ")).unwrap();
        };
        for index in 0..count {
            line(&mut expected, "inclusion", index, tree.inclusion(index).unwrap());
        }
        for old in 1..=count {
            line(&mut expected, "consistency", old, tree.consistency(old).unwrap());
        }
        let examined = examine(directory.path());
        assert!(examined.status.success(), "{}", said(&examined));
        assert_eq!(String::from_utf8(examined.stdout).unwrap(), expected, "{size} entries");
    }
    let directory = tempfile::tempdir().unwrap();
    drop(grown(directory.path(), 700, 0));
    for path in ["tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/000"] {
        let whole = flip(&directory.path().join(path));
        let examined = examine(directory.path());
        assert!(!examined.status.success(), "a changed {path} was taken");
        std::fs::write(directory.path().join(path), whole).unwrap();
    }
}

#[test]
fn aics_tlog_verifies_head_entries_and_growth() {
    let Some(program) = examiner("python/bin/aics-tlog") else { return };
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("ledger");
    let older = grown(&place, 300, 433);
    std::fs::write(directory.path().join("older"), older).unwrap();
    let key = signer().verifier().to_string();
    let stranger = Signer::new(NAME, KeyKind::Log, &[6; 32]).unwrap().verifier().to_string();
    let run = |key: &str, command: &str, more: &[&str]| {
        let mut run = Command::new(&program);
        run.arg(command).args(["--log-key", key, "--tiles"]).arg(&place).args(more);
        run.current_dir(directory.path()).output().unwrap()
    };
    let holds = |key: &str, command: &str, more: &[&str]| {
        let output = run(key, command, more);
        assert!(said(&output).contains("\"ok\": "), "{}", said(&output));
        output.status.success()
    };
    assert!(holds(&key, "verify-checkpoint", &[]), "{}", said(&run(&key, "verify-checkpoint", &[])));
    assert!(!holds(&stranger, "verify-checkpoint", &[]));
    for index in ["0", "255", "256", "732"] {
        let number: u64 = index.parse().unwrap();
        let bundle = tile::bundle_of(number, 733);
        let bundled = read_tile(&place, bundle).unwrap();
        let entries = tile::entries(bundle, &bundled).unwrap();
        let entry = entries[usize::try_from(number % tile::WIDTH).unwrap()];
        std::fs::write(directory.path().join("entry"), entry).unwrap();
        let asked = ["--index", index, "--leaf", "entry"];
        let output = run(&key, "verify-inclusion", &asked);
        assert!(output.status.success(), "{}", said(&output));
        std::fs::write(directory.path().join("entry"), [entry, b"!"].concat()).unwrap();
        assert!(!holds(&key, "verify-inclusion", &asked));
    }
    let since = ["--old-checkpoint", "older"];
    let output = run(&key, "verify-consistency", &since);
    assert!(output.status.success(), "{}", said(&output));
    let whole = flip(&place.join("tile/0/000"));
    assert!(!holds(&key, "verify-consistency", &since));
    std::fs::write(place.join("tile/0/000"), whole).unwrap();

    // Another log under the same key, as long as this one: the head of before is none of its beginnings.
    let forked = directory.path().join("forked");
    let log = Log::open(&forked, signer()).unwrap();
    for number in 0..320 {
        log.append(format!("other {number}").as_bytes()).unwrap();
    }
    drop(log);
    let mut fork = Command::new(&program);
    fork.args(["verify-consistency", "--log-key", &key, "--tiles"]).arg(&forked).args(since);
    assert!(!fork.current_dir(directory.path()).output().unwrap().status.success());
}

/// The mirrors of a log that Sunlight's tools wrote. Their hash tiles are real; what stands for entries there is not.
fn sunlight() -> Vec<PathBuf> {
    let root = std::env::var_os("MEDWARD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let root = root.join("data/tlog/sunlight/cmd/skylight/testdata/witness/mirror");
    let Ok(mirrors) = std::fs::read_dir(&root) else {
        eprintln!("SKIPPED: no trees of Sunlight at {}", root.display());
        return Vec::new();
    };
    let mirrors: Vec<_> = mirrors.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(!mirrors.is_empty(), "no mirror below {}", root.display());
    mirrors
}

#[test]
fn the_trees_of_another_log_are_read_and_proven() {
    for directory in sunlight() {
        let note = Note::parse(&std::fs::read(directory.join("checkpoint")).unwrap()).unwrap();
        let head = Checkpoint::parse(note.text()).unwrap();
        let mut tree = Tree::new(&directory, head.size);
        assert_eq!((head.size, tree.root().unwrap()), (300, head.root));
        let leaves: Vec<_> = tile::tiles(Some(0), head.size)
            .flat_map(|tile| tile::hashes(tile, &read_tile(&directory, tile).unwrap()).unwrap())
            .collect();
        assert_eq!(proof::root(&leaves), head.root);
        for (index, leaf) in (0..).zip(&leaves) {
            let made = tree.inclusion(index).unwrap();
            proof::check_inclusion(leaf, index, head.size, &made, &head.root).unwrap();
        }
        for old in 1..=300 {
            let made = tree.consistency(old).unwrap();
            let old_root = proof::root(&leaves[..usize::try_from(old).unwrap()]);
            proof::check_consistency(old, 300, &made, &old_root, &head.root).unwrap();
        }
    }
}
