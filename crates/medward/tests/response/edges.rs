//! What comes in from other systems and what goes out: imports, forms, warnings.

use crate::device::{Device, FILE, text};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

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
