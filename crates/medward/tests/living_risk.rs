//! The living residual risk: the script of the example shows a control in every state, and the risk follows it.

#![allow(clippy::unwrap_used, reason = "a script that cannot be run is a failed test")]

use std::path::Path;
use std::process::Command;

#[test]
fn a_control_goes_through_its_states_and_the_risk_with_it() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/living-risk");
    let output = Command::new(script).env("MEDWARD", env!("CARGO_BIN_EXE_medward")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let states: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("C-16 is ")).collect();
    assert_eq!(states, ["unproven", "proven", "stale", "failed", "proven", "suspect", "unproven"]);
    // Where the control is proven its risk is what the file says of it; else what remains without it.
    let risks: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("R-14"))
        .map(|line| line.split_whitespace().take(5).collect::<Vec<_>>().join(" "))
        .collect();
    let (high, medium) = ("4x4 H -> 4x4 H", "4x4 H -> 4x2 M");
    assert_eq!(risks, [high, medium, high, high, medium, high, high]);
    assert_eq!(text.matches("not in force: C-16\n").count(), 3);
    assert!(text.contains("seen:     dicom-ul@0.6.0"), "{text}");
}
