//! The broken example shows every mistake once: what a new user reads to learn what the tool finds.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Problems that cannot stand in a directory under version control.
const NOT_SHOWN: [&str; 4] = ["R0-001", "R0-011", "R0-012", "R0-013"];

/// Findings that need a ledger; of these two families only the others look at the file alone.
fn needs_ledger(code: &str) -> bool {
    const FILE_ALONE: [&str; 5] = ["R7-007", "R7-017", "R7-018", "R7-019", "R7-020"];
    (code.starts_with("R7-") || code.starts_with("R8-")) && !FILE_ALONE.contains(&code)
}

fn medward(arguments: &[&str]) -> (Option<i32>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output =
        Command::new(env!("CARGO_BIN_EXE_medward")).args(arguments).current_dir(root).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_code_is_shown_exactly_once() {
    let (code, text) =
        medward(&["check", "examples/lung-ct-broken", "--format", "json", "--at", "2026-11-23"]);
    assert_eq!(code, Some(1));
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for diagnostic in found["diagnostics"].as_array().unwrap() {
        *counts.entry(diagnostic["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let (_, listed) = medward(&["explain"]);
    let expected: BTreeMap<String, usize> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|code| !NOT_SHOWN.contains(code) && !needs_ledger(code))
        .map(|code| (code.to_owned(), 1))
        .collect();
    assert_eq!(counts, expected);
}

#[test]
fn every_finding_stands_below_the_comment_that_announces_it() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/lung-ct-broken");
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        text += &String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap_or_default());
    }
    let (_, listed) = medward(&["explain"]);
    for code in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(text.contains(code), "no comment names {code}");
    }
}
