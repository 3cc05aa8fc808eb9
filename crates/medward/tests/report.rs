//! Documents as a user makes them.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

fn medward(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(env!("CARGO_BIN_EXE_medward")).args(arguments).current_dir(root).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn all_documents_of_the_example_are_written_and_a_second_run_gives_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let write = |directory: &str| {
        let directory = place.path().join(directory);
        let output = medward(&["report", "all", "examples/lung-ct", "-o", directory.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("OPEN: "), "{}", said(&output));
        let mut files: Vec<_> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
            .iter()
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap()))
            .collect::<Vec<_>>()
    };
    let (one, other) = (write("one"), write("other"));
    assert!(one == other, "two runs differ");
    let names: Vec<_> = one.iter().map(|(name, _)| name.to_string_lossy()).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with(".pdf")).count(), 11, "{names:?}");
    assert!(names.iter().any(|name| name == "mds2.xlsx"), "{names:?}");
}

#[test]
fn the_model_is_printed_as_json_for_the_moment_asked_for() {
    let output =
        medward(&["report", "psur-security", "examples/lung-ct", "--format", "json", "--at", "2026-11-01"]);
    let model: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(model.pointer("/origin/at").unwrap(), "2026-11-01 23:59:59Z");
    assert!(!model.pointer("/open").unwrap().as_array().unwrap().is_empty());
}

#[test]
fn a_mistake_says_what_to_write_instead() {
    for (arguments, says) in [
        (&["report", "risks", "examples/lung-ct"][..], "risk-management"),
        (&["report", "mds2", "examples/lung-ct"], "-o mds2.pdf"),
        (&["report", "mds2", "examples/lung-ct", "-o", "mds2.doc"], ".xlsx"),
        (&["report", "all", "examples/lung-ct"], "-o documents"),
        (&["report", "mds2", "no-such-directory", "-o", "x.pdf"], "no-such-directory"),
    ] {
        let output = medward(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(says), "{arguments:?}: {}", said(&output));
    }
}
