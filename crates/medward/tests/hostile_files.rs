//! Hostile files through every command on images, as a user has them: in a directory. No command panics, none takes the memory that
//! a file claims, and no original changes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a command that cannot be run is a failed test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Address space of a command, in KiB: these files have made other readers ask for 1.2 to 3.7 GB.
const ADDRESS_SPACE: u32 = 600_000;

fn run(arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        &format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\""),
        env!("CARGO_BIN_EXE_medward"),
    ]);
    let output = command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code().is_some_and(|code| code <= 2), "{arguments:?}: {:?} {said}", output.status);
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    output
}

fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_malformed_corpus_ends_in_results_or_reasons() {
    let shared = std::env::var_os("MEDWARD_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let corpus = shared.join("data/dicom_malformed");
    if !corpus.is_dir() {
        return eprintln!("SKIPPED: no malformed files; set MEDWARD_SHARED");
    }
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let originals = contents(&corpus);
    assert!(originals.len() > 12, "{} files", originals.len());
    let input = corpus.to_str().unwrap();
    std::fs::write(here.join("secret"), "four lazy otters\n").unwrap();

    let scan = run(&["dicom", "scan", input, "--format", "json"], here);
    let lines = String::from_utf8(scan.stdout).unwrap();
    assert_eq!(lines.lines().count(), originals.len(), "each file is accounted for");
    let made = run(&["deidentify", input, "out", "--anonymise"], here);
    let said = String::from_utf8(made.stdout).unwrap();
    let results: BTreeMap<_, _> =
        contents(&here.join("out")).into_iter().filter(|(path, _)| path.extension().is_some()).collect();
    assert!(!results.is_empty(), "{said}");
    for (path, bytes) in &results {
        // Whatever the preamble was: CVE-2019-11687.
        let is_neutral = bytes.starts_with(&[0; 128]) && bytes.get(128..132) == Some(b"DICM");
        assert!(is_neutral, "{}", path.display());
    }
    run(&["seal", "record", input, "manifests", "--key", "none", "--passphrase-file", "secret"], here);
    run(&["seal", "verify", input], here);
    for (number, path) in originals.keys().enumerate() {
        run(&["dicom", "view", path.to_str().unwrap(), &format!("{number}.png")], here);
    }
    assert!(contents(&corpus) == originals, "an original was changed");
}
