//! The commands as a user runs them.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a command that cannot be run is a failed test"
)]

use medward_test_peers::free_port;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn medward(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medward")).args(arguments).current_dir(root()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The example is judged for one day, so that nothing in it expires under the test.
const DAY: &str = "2026-11-23";

#[test]
fn the_example_is_clean() {
    let output = medward(&["check", "examples/lung-ct", "--at", DAY]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("clean: 0 errors, 0 warnings"));
}

#[test]
fn one_slip_is_found_with_its_place_in_every_format() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let record = "[risk.R-01]\ntitle = \"Gateway stopped\"\ncontrols = [\"C-99\"]\n";
    std::fs::write(directory.path().join("risks.toml"), record).unwrap();
    for (format, place) in [
        ("human", "risks.toml:3:13"),
        ("json", "\"line\": 3"),
        ("sarif", "\"startLine\": 3"),
        ("github", "line=3"),
    ] {
        let output = medward(&["check", path, "--format", format, "--at", DAY]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(text(&output).contains(place), "{format}: {}", text(&output));
        assert!(text(&output).contains("R1-001"), "{format}");
    }
}

#[test]
fn what_cannot_run_says_why_and_exits_2() {
    let output = medward(&["check", "no-such-directory"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-directory"));
    assert_eq!(medward(&["explain", "R9-999"]).status.code(), Some(2));
}

#[test]
fn a_new_file_reads_without_errors_of_reading_and_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("my-device");
    let path = path.to_str().unwrap();
    assert_eq!(medward(&["init", path]).status.code(), Some(0));
    let found = text(&medward(&["check", path, "--at", DAY]));
    assert!(!found.contains("[R0-"), "{found}");
    assert_eq!(medward(&["init", path]).status.code(), Some(2));
}

#[test]
fn every_code_is_explained() {
    let listed = text(&medward(&["explain"]));
    assert!(listed.lines().count() > 50);
    for code in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        let page = text(&medward(&["explain", code]));
        assert!(page.starts_with(code) && page.lines().count() > 2, "{code}: {page}");
    }
}

#[test]
fn no_single_layer_of_the_example_can_be_lost() {
    let output = medward(&["paths", "examples/lung-ct", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 10);
    for row in rows {
        assert!(row["layers"].as_array().unwrap().len() >= 2, "{row}");
        assert_eq!(row["single_points_of_failure"].as_array().unwrap().len(), 0, "{row}");
    }
    assert_eq!(medward(&["paths", "examples/lung-ct", "--knock-out", "transport"]).status.code(), Some(0));
    assert_eq!(
        medward(&["paths", "examples/lung-ct", "--knock-out", "C-01", "--knock-out", "C-07"]).status.code(),
        Some(0)
    );
    assert!(
        text(&medward(&["paths", "examples/lung-ct", "--to", "A-KEYS"])).contains("fewest flows to guard")
    );
    assert!(text(&medward(&["paths", "examples/lung-ct", "--format", "svg"])).starts_with("<svg "));
    assert_eq!(medward(&["paths", "examples/lung-ct", "--knock-out", "transprot"]).status.code(), Some(2));
}

#[test]
fn a_risk_is_traced_to_tests_and_entries_in_every_format() {
    for format in ["table", "csv", "json", "html"] {
        let found = text(&medward(&["trace", "examples/lung-ct", "--from", "R-01", "--format", format]));
        assert!(found.contains("C-24") && found.contains("passed"), "{format}: {found}");
        assert!(!found.contains("R-02"), "{format}");
    }
    let found = text(&medward(&["trace", "examples/lung-ct", "--to", "MDR-AI-18.8", "--format", "csv"]));
    assert!(found.lines().skip(1).all(|line| line.contains("MDR-AI-18.8")), "{found}");
    assert_eq!(medward(&["trace", "examples/lung-ct", "--from", "R-99"]).status.code(), Some(2));
}

#[test]
fn a_control_counts_only_while_the_ledger_proves_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("device")).unwrap();
    let file = "[role.quality]\ntitle = \"Quality\"\n[control.C-01]\ntitle = \"Training\"\nstate = \"implemented\"\n";
    std::fs::write(path("device/a.toml"), file).unwrap();
    std::fs::write(path("pass"), "correct horse\n").unwrap();
    std::fs::write(path("report"), "seen").unwrap();
    let (device, key, pass, report) = (path("device"), path("key"), path("pass"), path("report"));
    let sealed = ["--key", &key, "--passphrase-file", &pass];
    let run = |arguments: &[&str]| medward(&[arguments, &sealed].concat());
    let proof = |day: &str| text(&medward(&["check", &device, "--at", day]));
    let attest = |role: &str| {
        run(&[
            "attest",
            "C-01",
            &device,
            "--evidence",
            &report,
            "--valid",
            "30d",
            "--as",
            role,
            "--observed",
            "2026-01-10",
        ])
    };
    assert!(proof("2026-01-20").contains("no ledger"));
    assert_eq!(run(&["ledger", "init", &device, "--name", "ledger.example/device"]).status.code(), Some(0));
    assert!(proof("2026-01-20").contains("error[R7-001]"));
    assert_eq!(attest("nobody").status.code(), Some(2));
    assert_eq!(attest("quality").status.code(), Some(0));
    // It counts from when it was received, which is now; observed so long ago it has run out.
    assert!(proof("2026-01-20").contains("error[R7-001]"));
    assert!(text(&medward(&["check", &device])).contains("error[R7-002]"));
    let shown = text(&medward(&["ledger", "show", &device]));
    assert!(shown.contains("C-01 attestation passed by quality"), "{shown}");
    assert_eq!(medward(&["ledger", "verify", &device]).status.code(), Some(0));
    let segment = path("device/ledger/segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert_eq!(medward(&["ledger", "verify", &device]).status.code(), Some(1));
    assert_eq!(medward(&["check", &device]).status.code(), Some(2));
}

#[test]
fn a_probe_that_fails_takes_its_control_out_of_force() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("127.0.0.1:{}", free_port());
    let file = format!(
        "[control.C-01]\ntitle = \"Declared ports\"\nstate = \"implemented\"\n[[control.C-01.probes]]\nkind = \"port\"\n\
         every = \"1h\"\nport = {{ open = [\"{}\"], closed = [\"{closed}\"] }}\n",
        open.local_addr().unwrap()
    );
    std::fs::create_dir(path("device")).unwrap();
    std::fs::write(path("device/a.toml"), file).unwrap();
    std::fs::write(path("pass"), "correct horse\n").unwrap();
    let (device, key, pass) = (path("device"), path("key"), path("pass"));
    let sealed = ["--key", &key, "--passphrase-file", &pass];
    let run = |arguments: &[&str]| medward(&[arguments, &sealed].concat()).status.code();
    let proof = || text(&medward(&["check", &device]));
    assert_eq!(run(&["ledger", "init", &device, "--name", "ledger.example/device"]), Some(0));
    assert_eq!(medward(&["probe", "run", &device]).status.code(), Some(2));
    assert_eq!(medward(&["probe", "run", &device, "--dry-run"]).status.code(), Some(0));
    assert!(proof().contains("1 unproven"));
    assert_eq!(run(&["probe", "run", &device]), Some(0));
    assert!(proof().contains("ledger: 1 proven"), "{}", proof());
    drop(open);
    assert_eq!(run(&["probe", "run", &device, "--control", "C-01"]), Some(1));
    assert!(proof().contains("error[R7-003]"), "{}", proof());
    assert_eq!(run(&["probe", "run", &device, "--control", "C-99"]), Some(2));
}

#[test]
fn coverage_leaves_nothing_of_the_maker_open_in_the_example() {
    let output = medward(&["catalog", "coverage", "examples/lung-ct", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 8);
    assert!(rows.iter().any(|row| row["id"] == "gdpr" && row["claimed"] == 10), "{rows:?}");
    assert!(rows.iter().all(|row| row["open"] == 0), "{rows:?}");
}

#[test]
fn dicom_scan_names_problems_and_refusals_and_exits_1_only_for_the_latter() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    std::fs::write(directory.path().join("a.dcm"), b"\x10\x00\x10\x00PN\x03\x00Doe").unwrap();
    let output = medward(&["dicom", "scan", path]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("byte 0, element (0010,0010): odd length"), "{}", text(&output));
    assert!(text(&output).ends_with("1 file: 1 read, 0 refused, 2 problems\n"), "{}", text(&output));
    std::fs::write(directory.path().join("b.dcm"), b"\x10\x00\x10\x00PN\x08\x00Doe").unwrap();
    let output = medward(&["dicom", "scan", path, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<String> = text(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("\"elements\":1") && lines[1].contains("8 bytes are declared but 3 are left"));
    assert_eq!(medward(&["dicom", "scan", "no-such-directory"]).status.code(), Some(2));
}
