//! Test results and records of other systems become evidence, as a user meets them.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use std::process::{Command, Output};

const FILE: &str = r#"[role.quality]
title = "Quality"

[control.C-01]
title = "Training"
state = "implemented"

[control.C-02]
title = "Refuses strangers"
state = "implemented"

[control.C-03]
title = "Probed"
state = "implemented"

[[control.C-03.probes]]
kind = "tls"
target = "127.0.0.1:1"

[test.T-01]
title = "A foreign certificate is refused"
verifies = ["C-02"]
case = "tls::foreign"

[test.T-02]
title = "An expired certificate is refused"
verifies = ["C-02", "C-03"]
case = "tls::expired"
"#;

struct Device(tempfile::TempDir);

impl Device {
    fn new() -> Self {
        let device = Self(tempfile::tempdir().unwrap());
        device.write("device.toml", FILE);
        device.write("pass", "correct horse\n");
        let begun = device.run(&["ledger", "init", ".", "--name", "ledger.example/device"]);
        assert_eq!(begun.status.code(), Some(0));
        device
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_medward"))
            .args(arguments)
            .args(["--key", "../key", "--passphrase-file", "pass"].map(|one| one.replace("../", "")))
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn import(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(&[&["evidence", "import"], arguments, &["--as", "quality"]].concat());
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    }

    fn checked(&self) -> String {
        let check = ["check", "--format", "human"];
        let mut medward = Command::new(env!("CARGO_BIN_EXE_medward"));
        let output = medward.args(check).current_dir(self.0.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

const PASSED: &str = r#"<testsuite name="gateway" timestamp="2026-10-01T10:00:00" tests="2">
<testcase name="tls::foreign"/><testcase name="tls::expired"/></testsuite>"#;

#[test]
fn tests_prove_the_control_they_verify_and_say_what_they_leave_out() {
    let device = Device::new();
    device.write("results.xml", PASSED);
    let (code, text) = device.import(&["junit", "results.xml", "--valid", "3650d"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("control.C-02: passed, entry 0"), "{text}");
    assert!(text.contains("control.C-03: tests do not prove it, its own probes do"), "{text}");
    let (_, text) = device.import(&["junit", "results.xml", "--valid", "3650d"]);
    assert!(text.contains("0 imported, 1 already there"), "{text}");
    let checked = device.checked();
    assert!(checked.contains("1 proven"), "{checked}");
}

#[test]
fn a_failed_or_missing_case_is_no_proof() {
    let device = Device::new();
    device.write(
        "results.xml",
        r#"<testsuite name="g"><testcase name="tls::foreign"><failure message="accepted"/></testcase></testsuite>"#,
    );
    let (code, text) = device.import(&["junit", "results.xml", "--valid", "30d"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--observed"), "{text}");
    let (code, text) = device.import(&["junit", "results.xml", "--valid", "30d", "--observed", "2026-10-01"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("control.C-02: failed, entry 0"), "{text}");
    device.write("half.xml", r#"<testsuite name="g"><testcase name="tls::foreign"/></testsuite>"#);
    let (_, text) = device.import(&["junit", "half.xml", "--valid", "30d", "--observed", "2026-10-02"]);
    assert!(text.contains("control.C-02: not in the results, or not run: T-02"), "{text}");
}

#[test]
fn records_are_imported_whole_or_not_at_all() {
    let device = Device::new();
    let heading = "control,outcome,observed,valid,reference\n";
    device.write(
        "wrong.csv",
        &format!("{heading}C-01,passed,2026-10-01,365d,TR-1\nC-09,passed,2026-10-01,365d,\nC-01,maybe,2026-10-01,365d,\nC-01,passed,2999-01-01,365d,\n"),
    );
    let (code, text) = device.import(&["csv", "wrong.csv"]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("nothing was imported") && text.contains("line 4: `maybe` is no outcome"),
        "{text}"
    );
    device.write("wrong.csv", &format!("{heading}C-01,passed,2026-10-01,365d,\nC-09,passed,2026-10-01,365d,\nC-03,passed,2026-10-01,365d,\n"));
    let (_, text) = device.import(&["csv", "wrong.csv"]);
    assert!(text.contains("line 3: there is no control `C-09`"), "{text}");
    assert!(text.contains("line 4: say which of the probes of `control.C-03` it stands for: tls"), "{text}");
    let shown = Command::new(env!("CARGO_BIN_EXE_medward"))
        .args(["ledger", "show"])
        .current_dir(device.0.path())
        .output()
        .unwrap();
    assert!(shown.stdout.is_empty(), "something was imported in part");

    device.write("training.csv", &format!("{heading}C-01,passed,2026-10-01,3650d,TR-2026-014\n"));
    let (code, text) = device.import(&["csv", "training.csv"]);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "control.C-01: passed, entry 0\n1 imported, 0 already there, 0 left out\n")
    );
}

#[test]
fn columns_and_references_that_name_people_are_refused() {
    let device = Device::new();
    device
        .write("people.csv", "control,outcome,observed,valid,Employee name\nC-01,passed,2026-10-01,365d,x\n");
    let (code, text) = device.import(&["csv", "people.csv"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("speaks of people"), "{text}");
    device.write(
        "people.csv",
        "control,outcome,observed,valid,reference\nC-01,passed,2026-10-01,365d,someone@maker.example\n",
    );
    let (_, text) = device.import(&["csv", "people.csv"]);
    assert!(text.contains("line 2: the reference looks like the address of a person"), "{text}");
}
