//! Tables that promise tests keep them: docs/asvs.md and docs/dicom-cves.md are whole, and every test and attack that they name is there.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so by ending")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the table whose first cells are ids of a kind: the id, and the last cell.
fn rows(document: &str, begin: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with(&format!("| {begin}")));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        ((*cells.first().unwrap()).to_owned(), (*cells.last().unwrap()).to_owned())
    })
    .collect()
}

/// Names in a cell behind a word: "test `one`, `two`; attack `three`".
fn named<'c>(cell: &'c str, word: &str) -> Vec<&'c str> {
    let after = cell.split(word).skip(1);
    let mut names = Vec::new();
    for part in after {
        let mut rest = part;
        while let Some((name, behind)) = rest.strip_prefix(" `").and_then(|name| name.split_once('`')) {
            names.push(name);
            rest = behind.strip_prefix(',').unwrap_or_default();
        }
    }
    names
}

fn sources(directory: &Path, found: &mut String) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Ids in a list of others, where it is there: first cells of lines that a filter chooses.
fn listed(path: &str, chosen: impl Fn(&str) -> Option<String>) -> Option<BTreeSet<String>> {
    let path = root().join("../shared/data").join(path);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    };
    Some(text.lines().filter_map(chosen).collect())
}

fn holds(document: &str, begin: &str, words: &[&str], count: usize, of_others: Option<BTreeSet<String>>) {
    let rows = rows(document, begin);
    let ids: BTreeSet<_> = rows.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!((rows.len(), ids.len()), (count, count), "{document}: every id once");
    if let Some(of_others) = of_others {
        assert_eq!(ids, of_others, "{document}");
    }
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    for (id, cell) in &rows {
        let (tests, attacks) = (named(cell, "test"), named(cell, "attack"));
        let is_said =
            words.iter().any(|word| cell.contains(word)) || !tests.is_empty() || !attacks.is_empty();
        assert!(is_said, "{document}, {id}: neither a test nor a reason: {cell}");
        for test in tests {
            assert!(code.contains(&format!("fn {test}(")), "{document}, {id}: no test `{test}`");
        }
        for attack in attacks {
            assert!(
                code.contains(&format!("\n    \"{attack}\" \"")),
                "{document}, {id}: no attack `{attack}`"
            );
        }
    }
}

#[test]
fn every_requirement_of_asvs_has_its_test_or_its_reason() {
    let of_owasp = listed("asvs/ASVS_5.0.0_en.flat.json", |_| None).map(|_| {
        let path = root().join("../shared/data/asvs/ASVS_5.0.0_en.flat.json");
        let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let all = all["requirements"].as_array().unwrap();
        let chosen = all.iter().filter(|one| one["L"] != "3");
        chosen.map(|one| one["req_id"].as_str().unwrap().to_owned()).collect()
    });
    holds("asvs.md", "V", &["built: ", "none here: ", "not met: "], 253, of_owasp);
}

#[test]
fn every_known_vulnerability_has_its_test_or_its_reason() {
    let of_others = listed("cve/dicom_cves.tsv", |line| {
        let id = line.split('\t').next().filter(|id| id.starts_with("CVE-"));
        id.map(str::to_owned)
    });
    holds("dicom-cves.md", "CVE-", &["cannot be here: "], 63, of_others);
}
