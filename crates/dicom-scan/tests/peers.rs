//! Scan against pydicom on its own test data, element by element.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test states what it expects")]

use medward_dicom_scan::{Kind, Limits, Scanner};
use std::path::PathBuf;
use std::process::Command;

/// A Python that can import pydicom: `MEDWARD_PYTHON`, or the one on the path.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("MEDWARD_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let found = Command::new(&python).args(["-c", "import pydicom"]).output();
    found.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Every file pydicom was asked about, and what it said.
fn corpus() -> Option<Vec<serde_json::Value>> {
    let Some(python) = python() else {
        eprintln!("SKIPPED: no Python with pydicom; set MEDWARD_PYTHON to one");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dump.py");
    let mut command = Command::new(python);
    command.arg(script);
    if let Some(corpus) = std::env::var_os("MEDWARD_DICOM_CORPUS") {
        command.args(std::env::split_paths(&corpus));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn agrees_with_pydicom_on_every_tag_vr_length_and_text() {
    let Some(corpus) = corpus() else { return };
    assert!(corpus.len() > 50, "only {} files", corpus.len());
    let mut scanner = Scanner::new(&Limits::default());
    let (mut agreed, mut elements, mut texts) = (0, 0, 0);
    let mut differences = Vec::new();
    for file in &corpus {
        let path = file["path"].as_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let data_set = match scanner.scan_bytes(&bytes) {
            Ok(data_set) => data_set,
            Err(refused) => {
                if file["error"].is_null() {
                    differences.push(format!("{path}: refused, read by pydicom: {refused}"));
                }
                continue;
            }
        };
        let Some(theirs) = file["elements"].as_array() else {
            differences.push(format!("{path}: read, refused by pydicom: {}", file["error"]));
            continue;
        };
        let ours: Vec<_> =
            data_set.elements().iter().filter(|element| element.kind != Kind::Fragment).collect();
        let mut difference = None;
        for (index, their) in theirs.iter().enumerate() {
            let Some(our) = ours.get(index) else {
                difference = Some(format!("pydicom has more: {their}"));
                break;
            };
            let length =
                if our.is_undefined_length() { -1 } else { i64::try_from(our.value_bytes()).unwrap() };
            let same = u64::from(our.tag.0) == their[0].as_u64().unwrap()
                && their[1].as_str().is_none_or(|vr| vr == our.vr.letters())
                && (their[2] == -2 || their[2] == length)
                && their[3] == our.depth;
            if !same {
                difference = Some(format!("{their} there, {our:?} here"));
                break;
            }
            if let (Some(their), Some(text)) = (their[4].as_str(), data_set.text(our)) {
                let clean = |text: &str| text.replace([' ', '\0'], "");
                if clean(their) != clean(&text) {
                    difference = Some(format!("{}: text {their:?} there, {text:?} here", our.tag));
                    break;
                }
                texts += 1;
            }
            elements += 1;
        }
        if difference.is_none() && ours.len() > theirs.len() {
            difference = Some(format!("more here: {:?}", ours[theirs.len()]));
        }
        match difference {
            Some(difference) => differences.push(format!("{path}: {difference}")),
            None => agreed += 1,
        }
    }
    eprintln!("{} files, {agreed} agree, {elements} elements, {texts} texts", corpus.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
