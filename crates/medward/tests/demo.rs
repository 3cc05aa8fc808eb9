//! The whole loop as a newcomer starts it.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

fn demo(into: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.args(["demo", "--once", "--into"]).arg(into).output().unwrap()
}

#[test]
fn a_study_goes_there_and_back_and_attacks_are_stopped_and_named() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("demo");
    let output = demo(&into);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for said in [
        "24 images of Underhill in, 24 at the AI, 0 of them with her name",
        "back at the archive, for Underhill^Mathilda: segmentation of 7 images, \"Made by a stand-in, not for diagnosis\"",
        "back at the archive, for Underhill^Mathilda: report, \"Stand-in for an AI, not for diagnosis: a solid spot in the lungs, 15 mm",
        "segmentation.dcm, report.dcm",
        "vault: same uid other content",
        "refused: the certificate of LUNGCT_AI is not that of CT_ROOM1",
        "48 images fetched, every one written down",
        "W-EDGE: `S-AI` was handed more than 30 objects within an hour",
        "$ medward ward emergency review",
        "155 of 155 approvals given",
        "VIGILANCE: ",
        "BREACH: ",
        "Done in ",
        "https://127.0.0.1:",
    ] {
        assert!(text.contains(said), "`{said}` is not in\n{text}");
    }
    let proven = text.lines().find(|line| line.trim_start().starts_with("proven ")).unwrap();
    for control in ["C-01", "C-04", "C-10", "C-11", "C-25", "C-40"] {
        assert!(proven.contains(control), "{control}: {proven}");
    }
    assert!(into.join("documents/risk-management.pdf").exists());
    // The first ledger is signed by what the second knows nothing of: both were verified.
    assert_eq!(text.matches("the ledger holds: ").count(), 2);
    results_are_read_by_others(&into);
}

/// What the stand-in answered is what its classes promise, by pydicom and highdicom, and leads from the report over the segmentation to
/// the images that the scanner sent.
fn results_are_read_by_others(into: &Path) {
    let Some(python) = medward_test_peers::python() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demo_results.py");
    let read = Command::new(python).arg(script).arg(into).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    if medward_test_peers::has("dciodvfy") {
        for name in ["segmentation.dcm", "report.dcm"] {
            let verified = Command::new("dciodvfy").arg(into.join(name)).output().unwrap();
            let said = String::from_utf8_lossy(&verified.stderr);
            assert!(!said.lines().any(|line| line.starts_with("Error")), "{name}: {said}");
        }
    }
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("thesis.tex"), "years of work").unwrap();
    let output = demo(place.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--into"));
    assert!(place.path().join("thesis.tex").exists());
}
