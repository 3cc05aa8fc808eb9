//! Events and incidents as a user meets them, and what is refused.

use crate::device::{Device, text};

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let device = Device::new("");
    let report = |more: &[&str], because: &str| {
        device.refused(&[&["event", "report", "device"], more].concat(), because);
    };
    report(&["--title", "x", "--happened", "2026-02-30"], "neither a day");
    report(&["--title", "x", "--happened", "0026-01-05"], "look at the year");
    report(&["--title", "x", "--happened", "2199-01-05"], "lies in the future");
    report(&["--title", "x", "--happened", "2026-01-05", "--known", "2026-01-04"], "before it happened");
    report(&["--title", "x", "--happened", "2026-01-05", "--ended", "2026-01-04"], "before it began");
    report(&["--title", &"x".repeat(100_000), "--happened", "2026-01-05"], "up to 500 characters");
    report(&["--title", "write to a@b.example", "--happened", "2026-01-05"], "looks like a person's");
    report(&["--title", "DOE^JANE", "--happened", "2026-01-05"], "looks like a person's");
    report(&["--title", "patient 12345678", "--happened", "2026-01-05"], "looks like a person's");
    report(&["--title", "", "--happened", "2026-01-05"], "empty");
    report(&["--title", "x", "--happened", "2026-01-05", "--link", "risk.R-99"], "leads nowhere");
    report(&["--title", "x", "--happened", "2026-01-05", "--source", "rumour"], "ward-alarm");
    report(&["--title", "x", "--happened", "2026-01-05", "--as", "pilot"], "no role `pilot`");
    assert_eq!(device.ok(&["ledger", "show", "device"]), "");
    let case = device.report("Something", &[]);
    let triage = |answer: &str, because: &str| {
        device
            .refused(&["incident", "triage", &case, "device", "--answer", answer, "--as", "safety"], because);
    };
    triage("harm=some", "is no answer to `harm`");
    triage("harm", "write question=answer");
    triage("weather=good", "no question `weather`");
    triage("harm=death,serious", "is no answer");
    triage("effect=none,delayed", "is no answer");
    triage("persons=-5", "is no answer");
    let aware = |regime: &str, party: &str, since: &str, because: &str| {
        let state = [
            "incident",
            "aware",
            &case,
            "device",
            "--regime",
            regime,
            "--party",
            party,
            "--since",
            since,
            "--because",
            "x",
            "--as",
            "safety",
        ];
        device.refused(&state, because);
    };
    aware("MDR", "maker", "2026-01-04", "before it happened");
    aware("MDR", "maker", "2199-01-04", "in the future");
    aware("DORA", "maker", "2026-01-06", "there is no regime `DORA`");
    aware("NIS2", "maker", "2026-01-06", "does not bind");
    let step = |step: &str, procedure: &str, because: &str| {
        device.refused(
            &["incident", "step", &case, step, "device", "--procedure", procedure, "--as", "safety"],
            because,
        );
    };
    step("submit-final", "vigilance", "cannot be taken while it is to be decided");
    step("dance", "vigilance", "there is no step `dance`");
    step("submit-initial", "vigilance", "needs a reason");
    step("report", "sailing", "no party has the procedure");
    device.refused(
        &["incident", "triage", "E-nothing", "device", "--answer", "harm=none", "--as", "safety"],
        "no case",
    );
}

#[test]
fn news_said_twice_is_one_case_and_a_correction_leaves_what_was_said() {
    let device = Device::new("");
    let one = device.report("Files encrypted", &["--known", "2026-01-05T12:00Z"]);
    assert_eq!(device.report("Files encrypted", &["--known", "2026-01-05T11:00Z"]), one);
    let other = device.report("Screens show a ransom note", &["--known", "2026-01-05T10:30Z"]);
    device.written(&[
        "event",
        "join",
        &other,
        &one,
        "device",
        "--because",
        "same machines",
        "--as",
        "quality",
    ]);
    device.written(&[
        "event",
        "correct",
        &one,
        "device",
        "--title",
        "Files of the archive encrypted",
        "--as",
        "quality",
    ]);
    let listed: serde_json::Value =
        serde_json::from_str(&device.ok(&["event", "list", "device", "--format", "json", "--all"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["title"], "Files of the archive encrypted");
    assert_eq!(listed[0]["reports"], 3);
    // What the joined one knew earlier counts.
    assert_eq!(listed[0]["known"], "2026-01-05T10:30:00Z");
    assert!(device.ok(&["ledger", "show", "device", "--format", "json"]).contains("\"Files encrypted\""));
    device.refused(
        &["event", "join", &one, &other, "device", "--because", "x", "--as", "quality"],
        "goes on itself",
    );
}

#[test]
fn an_exercise_is_marked_everywhere_and_breaks_no_rule() {
    let device = Device::new("");
    let case = device.report("Drill: ransomware", &["--exercise", "--known", "2026-01-05T12:00Z"]);
    device.written(&["incident", "triage", &case, "device", "--answer", "harm=death", "--as", "safety"]);
    let shown = device.ok(&["incident", "show", &case, "device"]);
    assert!(shown.contains("*** EXERCISE") && shown.contains("OVERDUE"), "{shown}");
    assert!(device.ok(&["event", "list", "device"]).contains("EXERCISE"));
    assert!(device.ok(&["ledger", "show", "device"]).contains("EXERCISE"));
    let form = device.run(&["incident", "forms", &case, "device", "--form", "gdpr33"]);
    assert!(text(&form.stdout).contains("**EXERCISE"));
    let xml = device.run(&[
        "incident", "forms", &case, "device", "--form", "mir", "--type", "initial", "--format", "xml",
    ]);
    assert!(text(&xml.stderr).contains("not written as XML"));
    let check = text(&device.run(&["check", "device"]).stdout);
    assert!(!check.contains("R8-007") && !check.contains("R8-008"), "{check}");
    // The same without the mark breaks them.
    device.report("Drill: ransomware", &["--known", "2026-01-05T12:00Z"]);
    let check = text(&device.run(&["check", "device"]).stdout);
    assert!(check.contains("R8-007") && check.contains("R8-008"), "{check}");
}

#[test]
fn details_are_sealed_and_can_be_erased() {
    let device = Device::new("");
    std::fs::write(device.path("mail.txt"), "from Jane Doe, ward 3").unwrap();
    let case = device.report("A complaint by mail", &["--details", "mail.txt"]);
    let shown: serde_json::Value =
        serde_json::from_str(&device.ok(&["incident", "show", &case, "device", "--format", "json"])).unwrap();
    let digest = shown["details"][0].as_str().unwrap();
    assert_eq!(device.written(&["ledger", "store", "open", digest, "device"]), "from Jane Doe, ward 3");
    let ledger = std::fs::read(device.path("device/ledger/segment")).unwrap();
    assert!(!text(&ledger).contains("Jane"));
    device
        .written(&["ledger", "store", "erase", digest, "device", "--as", "quality", "--reason", "asked to"]);
    device.refused(&["ledger", "store", "open", digest, "device"], "was erased");
    assert!(device.ok(&["incident", "show", &case, "device"]).contains("A complaint by mail"));
}

#[test]
fn a_failed_probe_arrives_by_itself_and_becomes_an_incident_when_someone_looks() {
    let device = Device::new("");
    device.written(&[
        "attest",
        "C-01",
        "device",
        "--evidence",
        "pass",
        "--valid",
        "365d",
        "--as",
        "quality",
        "--failed",
    ]);
    let listed: serde_json::Value =
        serde_json::from_str(&device.ok(&["event", "list", "device", "--format", "json"])).unwrap();
    assert_eq!(listed[0]["source"], "probe-failure");
    assert_eq!(listed[0]["next_limit"], serde_json::Value::Null);
    let case = listed[0]["id"].as_str().unwrap();
    device.written(&["incident", "triage", case, "device", "--answer", "device=yes", "--as", "safety"]);
    let listed: serde_json::Value =
        serde_json::from_str(&device.ok(&["event", "list", "device", "--format", "json"])).unwrap();
    assert!(listed[0]["next_limit"].is_string(), "{listed}");
}
