//! Events, actions, complaints, imports and warnings as a user meets them, and what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a command that cannot be run is a failed test"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};

/// A small device with a ledger.
struct Device {
    directory: tempfile::TempDir,
}

const FILE: &str = r#"[device]
name = "Reader"
manufacturer = "maker"

[party.maker]
name = "Maker"
role = "manufacturer"
other_roles = ["controller"]
time_zone = "Europe/Berlin"

[policy.surveillance]
observation_days = 30
baseline_days = 300

[policy.surveillance.thresholds]
security = 1

[role.safety]
title = "Clinical safety"
safety = true
mail = "safety@maker.example"

[role.quality]
title = "Quality"

[risk.R-01]
title = "Reading stops"

[control.C-01]
title = "Backups are restored"
state = "implemented"
"#;

impl Device {
    fn new(more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let device = Self { directory };
        std::fs::create_dir(device.path("device")).unwrap();
        std::fs::write(device.path("pass"), "correct horse\n").unwrap();
        std::fs::write(device.path("device/device.toml"), format!("{FILE}{more}")).unwrap();
        device.ok(&[
            "ledger",
            "init",
            "device",
            "--name",
            "ledger.example/device",
            "--key",
            "ledger.key",
            "--passphrase-file",
            "pass",
        ]);
        device
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_medward"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// With the key of the ledger.
    fn write(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--key", "ledger.key", "--passphrase-file", "pass"]].concat())
    }

    fn written(&self, arguments: &[&str]) -> String {
        let output = self.write(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn refused(&self, arguments: &[&str], because: &str) {
        let output = self.write(arguments);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(because), "{arguments:?}: {said}");
    }

    fn report(&self, title: &str, more: &[&str]) -> String {
        let start = ["event", "report", "device", "--title", title, "--happened", "2026-01-05T10:00Z"];
        let said = self.written(&[&start, more].concat());
        said.trim_start_matches("EXERCISE ").split(':').next().unwrap().to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

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
    aware("DORA", "maker", "2026-01-06", "does not bind");
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
fn issues_of_other_systems_come_in_once_and_their_people_stay_out_of_the_ledger() {
    let device = Device::new("");
    let issues = r#"{"issues": [
        {"key": "SUP-1", "fields": {"summary": "Jane Doe cannot log in", "created": "2026-01-05T10:11:12.000+0100", "labels": ["security"]}},
        {"key": "SUP-2", "fields": {"summary": "Coffee machine", "created": "2026-01-06T10:11:12.000+0100", "labels": []}}]}"#;
    std::fs::write(device.path("jira.json"), issues).unwrap();
    let mapping = "format = \"jira\"\nsubject = \"complaint\"\nsource = \"complaint\"\nsystem = \"JIRA\"\nreference = \"key\"\n\
        happened = \"fields.created\"\ndetails = [\"fields.summary\"]\nonly = { \"fields.labels\" = \"security\" }\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    let import = ["event", "import", "jira.json", "device", "--mapping", "mapping.toml"];
    assert!(device.written(&import).contains("1 imported, 0 already there"));
    assert!(device.written(&import).contains("0 imported, 1 already there"));
    assert!(device.ok(&["complaint", "list", "device"]).contains("JIRA-SUP-1"));
    assert!(!text(&std::fs::read(device.path("device/ledger/segment")).unwrap()).contains("Jane"));
    let csv =
        "Number,Date,Text\n1,2026-01-05,Scans slow\n2,yesterday,Scans slow\n3,2026-01-05,call 12345678\n";
    std::fs::write(device.path("list.csv"), csv).unwrap();
    let mapping = "format = \"csv\"\nsubject = \"event\"\nsource = \"user\"\nsystem = \"QMS\"\nreference = \"Number\"\nhappened = \"Date\"\ntitle = \"Text\"\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    let import = ["event", "import", "list.csv", "device", "--mapping", "mapping.toml"];
    device.refused(&import, "record 2: `yesterday`");
    std::fs::write(device.path("list.csv"), csv.replace("yesterday", "2026-01-05")).unwrap();
    device.refused(&import, "QMS-3: the title holds a long number");
    std::fs::write(device.path("list.csv"), "Number,Date,Text\n1,2026-01-05,Scans slow\n").unwrap();
    assert!(device.written(&import).contains("1 imported"));
    let github = r#"[{"number": 4, "title": "Screen is blank", "created_at": "2026-01-05T10:00:00Z", "labels": [{"name": "incident"}]}]"#;
    std::fs::write(device.path("issues.json"), github).unwrap();
    let mapping = "format = \"github\"\nsubject = \"event\"\nsource = \"user\"\nsystem = \"GH\"\nreference = \"number\"\nhappened = \"created_at\"\n\
        title = \"title\"\nonly = { labels = \"incident\" }\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    assert!(
        device
            .written(&["event", "import", "issues.json", "device", "--mapping", "mapping.toml"])
            .contains("1 imported")
    );
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

/// A mail server of a few words: takes one message and gives it back.
fn mail_server() -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut message, mut is_data) = (String::new(), false);
        stream.write_all(b"220 here\r\n").unwrap();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return message;
            }
            message.push_str(&line);
            let answer: &[u8] = match line.trim_end() {
                "DATA" => {
                    is_data = true;
                    b"354 go on\r\n"
                }
                "." if is_data => {
                    is_data = false;
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").unwrap();
                    return message;
                }
                _ if is_data => continue,
                _ => b"250 yes\r\n",
            };
            stream.write_all(answer).unwrap();
        }
    });
    (port, taken)
}

#[test]
fn owners_are_warned_once_by_mail_and_a_failure_is_tried_again() {
    let (port, taken) = mail_server();
    let policy = format!(
        "[policy.escalation]\nhours_before = [24]\nsmtp = \"smtp://127.0.0.1:{port}\"\nfrom = \"medward@maker.example\"\n"
    );
    let device = Device::new(&policy);
    // Only the manufacturer's duty: one mail.
    let file = format!("{FILE}{policy}").replace("other_roles = [\"controller\"]\n", "");
    std::fs::write(device.path("device/device.toml"), &file).unwrap();
    let case = device.report("Files of the ward encrypted", &["--known", "2026-01-05T12:00Z"]);
    let answers = ["device=yes", "causal=yes", "harm=serious", "anticipated=yes", "threat=no"];
    for answer in answers {
        device.written(&["incident", "triage", &case, "device", "--answer", answer, "--as", "safety"]);
    }
    let first = device.write(&["incident", "escalate", "device"]);
    assert_eq!(first.status.code(), Some(1), "{}", text(&first.stderr));
    let message = taken.join().unwrap();
    assert!(message.contains("RCPT TO:<safety@maker.example>") && message.contains(&case), "{message}");
    assert!(!message.contains("Files of the ward"), "a title travels no further than the ledger");
    let again = device.write(&["incident", "escalate", "device"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    // Nobody listens any more: it is said, not noted, and tried again.
    let other = device.report("Another thing", &["--known", "2026-01-06T10:00Z"]);
    let silent = device.write(&["incident", "escalate", "device"]);
    assert_eq!(silent.status.code(), Some(2));
    let due = device.run(&["incident", "escalate", "device", "--dry-run"]);
    assert!(text(&due.stdout).contains(&other));
}

#[test]
fn forms_take_what_is_known_and_ask_for_the_rest_by_name() {
    let device = Device::new("");
    let case = device.report("Reading stopped", &[]);
    let forms =
        ["incident", "forms", &case, "device", "--form", "mir", "--type", "initial", "--format", "xml"];
    let asked = device.run(&forms);
    assert_eq!(asked.status.code(), Some(1));
    let said = text(&asked.stderr);
    assert!(
        said.contains("`ncaName` is missing: name of the competent authority") && asked.stdout.is_empty(),
        "{said}"
    );
    let values = "ncaName = \"Agency\"\nadverseEventDateTo = 2026-01-05\nreportNextDate = 2026-02-05\n\
        eventClassification = \"All other reportable incidents\"\nreporterContactPersonFirstName = \"A\"\nreporterContactPersonSecondName = \"B\"\n\
        reporterOrgCity = \"C\"\nreporterOrgCountry = \"DE\"\nreporterOrgPostcode = \"1\"\nreporterOrgPhone = \"1\"\nreporterOrgEmailAddress = \"d\"\n\
        mfrContactPersonFirstName = \"A\"\nmfrContactPersonSecondName = \"B\"\nmfrCity = \"C\"\nmfrCountry = \"DE\"\nmfrPostcode = \"1\"\nmfrPhone = \"1\"\n\
        mfrEmailAddress = \"d\"\ndeviceDescription = \"Reads\"\nimdrfCodeChoice1 = \"A27\"\ncurrentDeviceLocation = \"Healthcare facility/carer\"\n\
        manufacturersPrelimAnalysis = \"Ransomware\"\n";
    std::fs::write(device.path("values.toml"), values).unwrap();
    let whole = device.ok(&[&forms[..], &["--values", "values.toml"]].concat());
    assert!(
        whole.contains("<mfrAwarenessDate>")
            && whole.contains("<eventDescription>Reading stopped</eventDescription>"),
        "{whole}"
    );
    let html = device.run(&["incident", "forms", &case, "device", "--form", "gdpr34", "--format", "html"]);
    assert!(text(&html.stdout).contains("MISSING") && html.status.code() == Some(1));
    let unknown = device.run(&["incident", "forms", &case, "device", "--form", "tax"]);
    assert!(text(&unknown.stderr).contains("there is no form `tax`"));
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
