//! Examined by what nobody here wrote: the proof vectors and a checkpoint of other implementations.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a vector that cannot be read is a failed test"
)]

use medward_ledger::note::Note;
use medward_ledger::{Checkpoint, Hash, proof};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The vectors, or nothing with a loud word where they are absent.
fn shared(below: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MEDWARD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data/tlog").join(below);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no vectors at {}", path.display());
    None
}

fn hash(value: &Value) -> Option<Hash> {
    Hash::parse(value.as_str().unwrap_or_default())
}

fn number(vector: &Value, key: &str) -> u64 {
    vector[key].as_u64().unwrap_or_default()
}

/// Vectors that should hold although their root is no hash.
const UNREADABLE: usize = 4;

/// Whether a vector's proof holds, by the folder it stands in.
fn holds(kind: &str, vector: &Value) -> Option<bool> {
    let empty = Vec::new();
    let listed = vector["proof"].as_array().unwrap_or(&empty);
    let hashes: Option<Vec<Hash>> = listed.iter().map(hash).collect();
    let Some(proof) = hashes else { return Some(false) };
    let (start, end) = (number(vector, "start"), number(vector, "end"));
    let result = match kind {
        "inclusion" => proof::check_inclusion(
            &hash(&vector["leafHash"])?,
            number(vector, "leafIdx"),
            number(vector, "treeSize"),
            &proof,
            &hash(&vector["root"])?,
        ),
        "consistency" => proof::check_consistency(
            number(vector, "size1"),
            number(vector, "size2"),
            &proof,
            &hash(&vector["root1"])?,
            &hash(&vector["root2"])?,
        ),
        "subtreeinclusion" => proof::check_subtree_inclusion(
            &hash(&vector["leafHash"])?,
            number(vector, "leafIdx"),
            (start, end),
            &proof,
            &hash(&vector["root"])?,
        ),
        "subtreeconsistency" => proof::check_subtree_consistency(
            (start, end),
            number(vector, "size"),
            &proof,
            &hash(&vector["root1"])?,
            &hash(&vector["root2"])?,
        ),
        _ => return None,
    };
    Some(result.is_ok())
}

#[test]
fn every_proof_vector_is_judged_as_its_authors_judge_it() {
    let Some(root) = shared("merkle_testdata/testdata") else { return };
    let (mut judged, mut unreadable, mut wrong) = (0, 0, Vec::new());
    for entry in walkdir::WalkDir::new(&root) {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let kind =
            entry.path().strip_prefix(&root).unwrap().iter().next().unwrap().to_string_lossy().into_owned();
        let vector: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
        let expected = !vector["wantErr"].as_bool().unwrap_or_default();
        let seen = holds(&kind, &vector);
        judged += 1;
        // Some vectors carry words in place of a hash, to show that it is not looked at. Here a root always has 32 bytes.
        let is_no_hash = seen.is_none();
        unreadable += usize::from(is_no_hash && expected);
        if seen.unwrap_or(false) != expected && !is_no_hash {
            wrong.push(format!("{}: expected {expected}", entry.path().display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((judged, unreadable), (518, UNREADABLE));
}

#[test]
fn a_real_checkpoint_of_another_log_is_read() {
    let Some(path) = shared("sunlight/cmd/skylight/testdata/tree/checkpoint") else { return };
    let bytes = std::fs::read(path).unwrap();
    let note = Note::parse(&bytes).unwrap();
    assert_eq!(note.to_string().into_bytes(), bytes);
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.origin.as_str()), (300, "rome2026h1.example.org"));
}
