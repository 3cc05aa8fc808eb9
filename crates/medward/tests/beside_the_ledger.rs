//! What stands beside a ledger: sealed payloads that can be erased, and OSCAL documents that others can read.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a command that cannot be run is a failed test"
)]

use serde_json::Value;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FILE: &str = r#"[device]
name = "Reader"

[role.privacy]
title = "Privacy"

[control.C-01]
title = "Training"
state = "implemented"

[control.C-02]
title = "Nobody looks at it"
state = "implemented"
"#;

struct Device(tempfile::TempDir);

impl Device {
    fn new() -> Self {
        let device = Self(tempfile::tempdir().unwrap());
        std::fs::write(device.path("device.toml"), FILE).unwrap();
        std::fs::write(device.path("pass"), "correct horse\n").unwrap();
        device.text(&["ledger", "init", ".", "--name", "ledger.example/device"]);
        device
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn medward(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
        command.args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    fn keyed(&self, arguments: &[&str]) -> Output {
        self.medward(&[arguments, &["--key", "key", "--passphrase-file", "pass"]].concat())
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.keyed(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_payload_is_kept_sealed_opened_and_erased() {
    let device = Device::new();
    std::fs::write(device.path("report.txt"), "Reported by Nurse Example").unwrap();
    let attest =
        ["attest", "C-01", ".", "--evidence", "report.txt", "--valid", "3650d", "--as", "privacy", "--keep"];
    assert_eq!(device.text(&attest), "control.C-01: passed, entry 0\n");
    let shown = device.medward(&["ledger", "show", "--format", "json"]).stdout;
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    let digest = shown[0]["entry"]["observation"].as_str().unwrap();
    assert_eq!(device.text(&["ledger", "store", "open", digest]), "Reported by Nurse Example");
    let erase = ["ledger", "store", "erase", digest, ".", "--as", "privacy", "--reason", "asked for"];
    assert!(device.text(&erase).ends_with(": erased, entry 1\n"));
    let shown = |narrow: &[&str]| {
        let output = device.medward(&[&["ledger", "show"], narrow].concat());
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    assert_eq!([shown(&[]), shown(&["--control", "C-01"]), shown(&["--control", "C-02"])], [2, 1, 0]);
    assert_eq!([shown(&["--kind", "erasure"]), shown(&["--since", "2999-01-01"])], [1, 0]);
    let refused = device.keyed(&["ledger", "store", "open", digest]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was erased"));
    assert!(device.text(&erase).contains("erased already"));
    assert_eq!(device.medward(&["ledger", "verify"]).status.code(), Some(0));
}

/// The schema of a kind of OSCAL document, or nothing with a loud word where it is absent.
fn schema(name: &str) -> Option<Value> {
    let root = std::env::var_os("MEDWARD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data/schemas").join(name);
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("SKIPPED: no schema at {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn assert_valid(schema: &Value, document: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(document).unwrap();
    let errors: Vec<_> = jsonschema::validator_for(schema)
        .unwrap()
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    document
}

#[test]
fn evidence_and_findings_are_valid_oscal_and_the_same_each_time() {
    let device = Device::new();
    let attest = ["attest", "C-01", ".", "--evidence", "pass", "--valid", "3650d", "--as", "privacy"];
    device.text(&attest);
    let export = |document| {
        let output = device.medward(&["ledger", "export", document, ".", "--at", "2030-01-01"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let (results, plan) = (export("assessment-results"), export("poam"));
    assert_eq!(results, export("assessment-results"));
    let (Some(of_results), Some(of_plan)) =
        (schema("oscal-assessment-results.schema.json.gz"), schema("oscal-poam.schema.json.gz"))
    else {
        return;
    };
    let results = assert_valid(&of_results, &results);
    let findings = &results["assessment-results"]["results"][0]["findings"];
    assert_eq!(findings[0]["target"]["status"]["state"], "satisfied");
    assert_eq!(findings[1]["target"]["status"]["state"], "not-satisfied");
    let plan = assert_valid(&of_plan, &plan);
    let items = plan["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["title"].as_str().unwrap().starts_with("R7-")));
}

#[test]
fn the_example_is_valid_oscal_without_any_evidence() {
    let (Some(of_results), Some(of_plan)) =
        (schema("oscal-assessment-results.schema.json.gz"), schema("oscal-poam.schema.json.gz"))
    else {
        return;
    };
    let device = Device::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/lung-ct");
    let copied = Command::new("cp").arg("-r").arg(example).arg(device.path("lung-ct")).status().unwrap();
    assert!(copied.success());
    let init = ["ledger", "init", "lung-ct", "--name", "ledger.example/lung-ct", "--key", "other"];
    let begun = device.medward(&[&init[..], &["--passphrase-file", "pass"]].concat());
    assert_eq!(begun.status.code(), Some(0));
    for (document, schema) in [("assessment-results", of_results), ("poam", of_plan)] {
        let output = device.medward(&["ledger", "export", document, "lung-ct"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_valid(&schema, &output.stdout);
    }
}
