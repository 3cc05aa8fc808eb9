//! Three stories from the first news to the last report, as transcripts, and every limit in them against a table made by hand.
//!
//! The commands run at the moments of the story by libfaketime, which is not part of the tool: skipped loudly without it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// A copy of the example with a ledger, and what was said there so far.
struct Story {
    directory: tempfile::TempDir,
    transcript: String,
}

const WRITE: &str = " --key ledger.key --passphrase-file pass";

impl Story {
    fn begin() -> Option<Self> {
        if Command::new("faketime").arg("--version").output().is_err() {
            eprintln!("SKIPPED: faketime is not installed, the stories cannot be played");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/lung-ct");
        let copied = Command::new("cp").arg("-r").arg(example).arg(directory.path()).status().unwrap();
        assert!(copied.success());
        std::fs::write(directory.path().join("pass"), "correct horse\n").unwrap();
        let story = Self { directory, transcript: String::new() };
        let init =
            "ledger init lung-ct --name ledger.example/lung-ct --key ledger.key --passphrase-file pass";
        assert_eq!(story.run("2026-11-01 08:00:00", init).status.code(), Some(0));
        Some(story)
    }

    fn run(&self, at: &str, line: &str) -> Output {
        Command::new("faketime")
            .args(["-f", at, env!("CARGO_BIN_EXE_medward")])
            .args(words(line))
            .env("TZ", "UTC")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }

    /// Runs a command at a moment and adds it with its answer to the transcript.
    fn say(&mut self, at: &str, line: &str, code: i32) -> String {
        let full = if writes(line) { format!("{line}{WRITE}") } else { line.to_owned() };
        let output = self.run(at, &full);
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{line}\n{out}{error}");
        let _ = writeln!(self.transcript, "[{at} UTC]\n$ medward {line}\n{out}{error}");
        out
    }

    /// The clocks of a case by name and party: standing, and the limit.
    fn clocks(&self, at: &str, case: &str) -> Vec<(String, String, String)> {
        let output = self.run(at, &format!("incident show {case} lung-ct --format json"));
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let clock = |one: &serde_json::Value| {
            let name = format!("{} {}", word(&one["clock"]), word(&one["party"]));
            (name, word(&one["standing"]), word(&one["at_the_latest"]))
        };
        shown["clocks"].as_array().unwrap().iter().map(clock).collect()
    }

    fn expect(&self, at: &str, case: &str, table: &[(&str, &str, &str)]) {
        let found = self.clocks(at, case);
        let wanted: Vec<_> = table
            .iter()
            .map(|(name, standing, limit)| (name.to_string(), standing.to_string(), limit.to_string()))
            .collect();
        assert_eq!(found, wanted, "{at}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn writes(line: &str) -> bool {
    ["event report", "incident triage", "incident aware", "incident step", "capa ", "complaint "]
        .iter()
        .any(|start| line.starts_with(start) && !line.contains(" list"))
}

/// Words of a command line; quotes hold several together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut now, mut is_quoted) = (Vec::new(), String::new(), false);
    for one in line.chars() {
        match one {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => {
                if !now.is_empty() {
                    words.push(std::mem::take(&mut now));
                }
            }
            one => now.push(one),
        }
    }
    words.extend((!now.is_empty()).then_some(now));
    words
}

fn id(reported: &str) -> String {
    let line = reported.lines().next().unwrap();
    line.trim_start_matches("EXERCISE ").split(':').next().unwrap().to_owned()
}

const RANSOMWARE: &str = "device = \"yes\"\ncausal = \"yes\"\nharm = \"none\"\nthreat = \"no\"\neffect = [\"unavailable\", \"delayed\"]\n\
    could-harm = \"yes\"\nalternative = \"no\"\nfield-action = \"no\"\npersonal-data = \"yes\"\nsecurity-failure = \"yes\"\n\
    compromise = [\"availability\"]\npersons-risk = \"high\"\nunreadable = \"no\"\nrisk-removed = \"no\"\npersons = 240\nrecords = 310\n\
    malicious = \"yes\"\ncross-border = \"no\"\ndisruption = \"yes\"\ndamage = \"no\"\nrights = \"no\"\n";

/// Nobody has decided anything: every clock of the maker runs from when the news arrived.
const UNDECIDED: &[(&str, &str, &str)] = &[
    ("MDR-87-3 maker", "running", "2026-12-05T22:59:59Z"),
    ("MDR-87-4 maker", "running", "2026-11-22T22:59:59Z"),
    ("MDR-87-5 maker", "running", "2026-11-30T22:59:59Z"),
    ("MDR-89-5 maker", "waiting", "-"),
    ("GDPR-33-2 maker", "running", "-"),
    ("NIS2-23-4-a maker", "running", "2026-11-21T05:10:00Z"),
    ("NIS2-23-4-b maker", "running", "2026-11-23T05:10:00Z"),
    ("NIS2-23-4-d maker", "waiting", "-"),
    ("GDPR-33-2 cloud", "waiting", "-"),
    ("GDPR-33-1 hospital-controller", "waiting", "-"),
    ("GDPR-34-1 hospital-controller", "waiting", "-"),
    ("GDPR-33-5 hospital-controller", "waiting", "-"),
];

#[test]
fn ransomware_stops_the_reading_for_a_day() {
    let Some(mut story) = Story::begin() else { return };
    std::fs::write(story.directory.path().join("facts.toml"), RANSOMWARE).unwrap();
    let report = "event report lung-ct --title \"Reading stopped, files encrypted by ransomware\" --happened 2026-11-20T05:40+01:00 \
        --known 2026-11-20T06:10+01:00 --link risk.R-01";
    let case = id(&story.say("2026-11-20 06:00:00", report, 0));
    story.expect("2026-11-20 06:01:00", &case, UNDECIDED);
    story.say(
        "2026-11-20 06:30:00",
        &format!("incident triage {case} lung-ct --facts facts.toml --as clinical-safety"),
        0,
    );
    let aware = |regime: &str, party: &str, since: &str, because: &str, role: &str| {
        format!(
            "incident aware {case} lung-ct --regime {regime} --party {party} --since {since} --because \"{because}\" --as {role}"
        )
    };
    story.say(
        "2026-11-20 06:40:00",
        &aware("MDR", "maker", "2026-11-20T05:10Z", "the hospital called the service desk", "regulatory"),
        0,
    );
    story.say(
        "2026-11-20 06:45:00",
        &aware(
            "GDPR",
            "hospital-controller",
            "2026-11-20T06:00Z",
            "its own team found the files encrypted",
            "privacy",
        ),
        0,
    );
    story.say("2026-11-20 06:50:00", &format!("incident show {case} lung-ct"), 0);
    let step = |step: &str, procedure: &str, party: &str, because: &str, role: &str| {
        let because = if because.is_empty() { String::new() } else { format!(" --because \"{because}\"") };
        format!(
            "incident step {case} {step} lung-ct --procedure {procedure} --party {party}{because} --as {role}"
        )
    };
    story.say(
        "2026-11-20 07:00:00",
        &step("tell-controller", "breach-processor", "maker", "call and mail 1", "privacy"),
        0,
    );
    story.say(
        "2026-11-20 12:00:00",
        &step("submit-warning", "network", "maker", "warning 77", "security"),
        0,
    );
    story.say(
        "2026-11-21 09:00:00",
        &step("submit-initial", "vigilance", "maker", "initial report 1", "regulatory"),
        0,
    );
    story.say(
        "2026-11-22 10:00:00",
        &step("submit-notification", "network", "maker", "notification 77", "security"),
        0,
    );
    // The hospital is late: by an hour.
    story.say(
        "2026-11-23 07:00:00",
        &step("submit-notification", "breach", "hospital-controller", "notification 5", "privacy"),
        0,
    );
    story.say(
        "2026-11-23 08:00:00",
        &step("tell-people", "breach", "hospital-controller", "letters of today", "privacy"),
        0,
    );
    story.say("2026-11-24 08:00:00", &format!("incident show {case} lung-ct"), 0);
    story.expect(
        "2026-11-24 08:00:00",
        &case,
        &[
            ("MDR-87-3 maker", "met", "2026-12-05T22:59:59Z"),
            ("MDR-89-5 maker", "running", "-"),
            ("GDPR-33-2 maker", "met", "-"),
            ("NIS2-23-4-a maker", "met", "2026-11-21T05:10:00Z"),
            ("NIS2-23-4-b maker", "met", "2026-11-23T05:10:00Z"),
            // A month after the notification was sent, not after awareness.
            ("NIS2-23-4-d maker", "running", "2026-12-22T22:59:59Z"),
            ("GDPR-33-2 cloud", "waiting", "-"),
            ("GDPR-33-1 hospital-controller", "late", "2026-11-23T06:00:00Z"),
            ("GDPR-34-1 hospital-controller", "met", "-"),
            ("GDPR-33-5 hospital-controller", "met", "-"),
        ],
    );
    story.say("2026-12-23 08:00:00", "event list lung-ct", 0);
    insta::assert_snapshot!(story.transcript);
}

#[test]
fn data_leave_by_a_back_door_without_effect_on_care() {
    let Some(mut story) = Story::begin() else { return };
    let report = "event report lung-ct --source audit --title \"Pseudonymised studies copied out through a back door\" \
        --happened 2026-10-20T22:00Z --known 2026-10-23T09:00Z --link risk.R-01";
    let case = id(&story.say("2026-10-23 09:30:00", report, 0));
    let facts = "--answer device=yes --answer causal=yes --answer harm=none --answer threat=no --answer effect=none --answer field-action=no \
        --answer personal-data=yes --answer security-failure=yes --answer compromise=confidentiality --answer persons-risk=high \
        --answer unreadable=no --answer risk-removed=no --answer persons=1200 --answer records=1500 --answer malicious=yes \
        --answer cross-border=unsure --answer disruption=no --answer damage=yes --answer rights=no";
    story.say("2026-10-23 10:00:00", &format!("incident triage {case} lung-ct {facts} --as security"), 0);
    let aware = format!(
        "incident aware {case} lung-ct --regime GDPR --party hospital-controller --since 2026-10-23T10:00Z --because \"told by the maker\" --as privacy"
    );
    story.say("2026-10-23 10:05:00", &aware, 0);
    let step = |step: &str, because: &str, role: &str| {
        format!("incident step {case} {step} lung-ct --procedure vigilance{because} --as {role}")
    };
    let because = " --because \"no effect on images or results, shown by the seals\"";
    story.say("2026-10-23 11:00:00", &step("not-reportable", because, "clinical-safety"), 0);
    // Four eyes: not by the same role, where the file names nobody.
    story.say("2026-10-23 11:05:00", &step("confirm", "", "clinical-safety"), 2);
    story.say("2026-10-23 11:10:00", &step("confirm", "", "regulatory"), 0);
    story.say("2026-10-23 11:20:00", &format!("incident show {case} lung-ct"), 0);
    // Over the end of summer time 72 hours stay 72 hours: 10:00 UTC is noon on the 23rd in Vienna and 11 o'clock on the 26th.
    story.expect(
        "2026-10-23 11:20:00",
        &case,
        &[
            ("MDR-87-3 maker", "stopped", "2026-11-07T22:59:59Z"),
            ("GDPR-33-2 maker", "running", "-"),
            ("NIS2-23-4-a maker", "running", "2026-10-24T09:00:00Z"),
            ("NIS2-23-4-b maker", "running", "2026-10-26T09:00:00Z"),
            ("NIS2-23-4-d maker", "waiting", "-"),
            ("GDPR-33-2 cloud", "waiting", "-"),
            ("GDPR-33-1 hospital-controller", "running", "2026-10-26T10:00:00Z"),
            ("GDPR-34-1 hospital-controller", "running", "-"),
            ("GDPR-33-5 hospital-controller", "running", "-"),
        ],
    );
    // New facts undo a decision that did not know of them.
    story.say(
        "2026-10-24 08:00:00",
        &format!("incident triage {case} lung-ct --answer effect=wrong-output --as security"),
        0,
    );
    let found = story.clocks("2026-10-24 08:01:00", &case);
    assert_eq!(found[0], ("MDR-87-3 maker".into(), "running".into(), "2026-11-07T22:59:59Z".into()));
    insta::assert_snapshot!(story.transcript);
}

#[test]
fn a_tampered_image_is_found_by_its_seal_before_the_reader_sees_it() {
    let Some(mut story) = Story::begin() else { return };
    let report = "event report lung-ct --source ward-alarm --title \"Seal of an image does not hold; held back before reading\" \
        --happened 2026-11-20T14:00Z --known 2026-11-20T14:00Z --link risk.R-01 --link study.P-7f3a";
    let case = id(&story.say("2026-11-20 14:05:00", report, 0));
    let facts = "--answer device=yes --answer causal=yes --answer harm=none --answer threat=no --answer effect=wrong-output \
        --answer could-harm=yes --answer barrier=yes --answer field-action=no --answer personal-data=yes --answer security-failure=yes \
        --answer compromise=integrity --answer persons-risk=unlikely --answer disruption=no --answer damage=no --answer rights=no";
    story.say(
        "2026-11-20 15:00:00",
        &format!("incident triage {case} lung-ct {facts} --as clinical-safety"),
        0,
    );
    story.say("2026-11-20 15:05:00", &format!("incident show {case} lung-ct"), 0);
    // By the facts nothing is to be reported; until two people say so, the ordinary limits run.
    story.expect(
        "2026-11-20 15:05:00",
        &case,
        &[
            ("MDR-87-3 maker", "running", "2026-12-05T22:59:59Z"),
            ("GDPR-33-2 maker", "running", "-"),
            ("NIS2-23-4-b maker", "running", "2026-11-23T14:00:00Z"),
            ("GDPR-33-2 cloud", "waiting", "-"),
            ("GDPR-33-1 hospital-controller", "waiting", "-"),
            ("GDPR-33-5 hospital-controller", "waiting", "-"),
        ],
    );
    let trend = story.say("2026-11-20 16:00:00", "pms trend lung-ct", 0);
    assert!(trend.contains("non-serious"));
    insta::assert_snapshot!(story.transcript);
}
