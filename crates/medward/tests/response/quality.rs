//! Corrective actions, complaints and surveillance.

use crate::device::{Device, text};

#[test]
fn an_action_closes_on_proof_by_another_and_reopens_when_the_proof_fails() {
    let device = Device::new("");
    let step = |arguments: &[&str], role: &str| {
        let all = [&["capa"], arguments, &["--as", role]].concat();
        device.written(&all)
    };
    step(
        &[
            "open",
            "CAPA-1",
            "device",
            "--title",
            "Backups were not restorable",
            "--link",
            "risk.R-01",
            "--due",
            "2199-01-01",
        ],
        "quality",
    );
    device.refused(
        &["capa", "act", "CAPA-1", "device", "--corrective", "Restore monthly", "--as", "quality"],
        "root cause first",
    );
    step(
        &["act", "CAPA-1", "device", "--root-cause", "Nobody tried", "--corrective", "Restore monthly"],
        "quality",
    );
    step(&["verify", "CAPA-1", "device", "--control", "C-01", "--by", "2199-02-01"], "quality");
    let close = ["capa", "close", "CAPA-1", "device", "--because", "three restores passed", "--as"];
    device.refused(&[&close[..], &["safety"]].concat(), "control.C-01 is unproven");
    let attest = ["attest", "C-01", "device", "--evidence", "pass", "--valid", "365d", "--as", "quality"];
    device.written(&attest);
    device.refused(&[&close[..], &["quality"]].concat(), "another person");
    device.written(&[&close[..], &["safety"]].concat());
    assert!(device.ok(&["capa", "list", "device"]).contains("closed"));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    device.written(&[&attest[..], &["--failed"]].concat());
    assert!(device.ok(&["capa", "list", "device"]).contains("reopened"));
    assert!(text(&device.run(&["check", "device"]).stdout).contains("error[R8-011]"));
}

#[test]
fn a_complaint_in_which_security_is_concerned_becomes_an_event() {
    let device = Device::new("");
    device.written(&[
        "complaint",
        "log",
        "device",
        "--id",
        "C-7",
        "--title",
        "Results came to the wrong list",
        "--happened",
        "2026-01-05",
    ]);
    device.refused(
        &["complaint", "close", "C-7", "device", "--because", "answered", "--as", "quality"],
        "cannot be taken while it is received",
    );
    device.written(&["complaint", "assess", "C-7", "device", "--as", "quality"]);
    device.refused(
        &["complaint", "close", "C-7", "device", "--because", "answered", "--as", "quality"],
        "report it as an event",
    );
    let case = device.report("Results of one patient on the list of another", &["--link", "complaint.C-7"]);
    device.written(&["complaint", "link", "C-7", &format!("event.{case}"), "device"]);
    device.written(&["complaint", "close", "C-7", "device", "--because", "answered", "--as", "quality"]);
    assert!(device.ok(&["complaint", "list", "device"]).contains("closed"));
}

#[test]
fn surveillance_counts_use_once_and_writes_its_section() {
    let device = Device::new("");
    device.written(&[
        "pms",
        "used",
        "device",
        "--from",
        "2026-01-01",
        "--until",
        "2026-02-01",
        "--uses",
        "1000",
        "--as",
        "quality",
    ]);
    device.refused(
        &[
            "pms",
            "used",
            "device",
            "--from",
            "2026-01-15",
            "--until",
            "2026-02-15",
            "--uses",
            "9",
            "--as",
            "quality",
        ],
        "twice",
    );
    device.report("Alarm one", &["--source", "ward-alarm"]);
    device.report("Alarm two", &["--source", "ward-alarm"]);
    let trend = device.run(&["pms", "trend", "device"]);
    assert_eq!(trend.status.code(), Some(1));
    assert!(text(&trend.stdout).contains("threshold of the plan crossed"), "{}", text(&trend.stdout));
    let section = device.ok(&["pms", "psur", "device", "--period", "2026-01-01..2026-12-31"]);
    assert!(section.contains("1000 uses") && section.contains("Trends (Art. 88)"), "{section}");
    let refused = device.run(&["pms", "psur", "device", "--period", "soon"]);
    assert!(text(&refused.stderr).contains("no period"));
}
