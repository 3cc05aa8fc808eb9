//! People, their keys and their approvals, as a user meets them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a command that cannot be run is a failed test"
)]

use std::path::Path;
use std::process::{Command, Output};

/// A device in a repository of its own, with a ledger, two people and their keys.
struct Device {
    directory: tempfile::TempDir,
}

const FILE: &str = r#"[policy]
safety_scale = ["none", "injury", "death"]

[policy.approvals]
risk = ["safety"]

[role.safety]
title = "Clinical safety"
approves = ["risk"]

[role.quality]
title = "Quality"

[risk.R-01]
title = "Read on the way"
controls = ["C-01"]

[control.C-01]
title = "Training"
state = "implemented"
"#;

impl Device {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let device = Self { directory };
        std::fs::create_dir(device.path("device")).unwrap();
        std::fs::write(device.path("pass"), "correct horse\n").unwrap();
        let sealed = ["--key", &device.path("ledger.key"), "--passphrase-file", &device.path("pass")];
        let begin = ["ledger", "init", &device.path("device"), "--name", "ledger.example/device"];
        assert_eq!(medward(&[&begin[..], &sealed].concat()).status.code(), Some(0));
        let [one, two] = ["one", "two"].map(|name| {
            let made = medward(&[
                "key",
                "create",
                &device.path(name),
                "--name",
                &format!("{name}.example"),
                "--passphrase-file",
                &device.path("pass"),
            ]);
            assert_eq!(made.status.code(), Some(0));
            text(&made).lines().next().unwrap().to_owned()
        });
        device.write(FILE);
        let people = format!(
            "[person.P-1]\nroles = [\"safety\"]\nkeys = [\"{one}\"]\ncommits_as = [\"One@maker.example\"]\n\
             [person.P-2]\nroles = [\"safety\", \"quality\"]\nkeys = [\"{two}\"]\ncommits_as = [\"two@maker.example\"]\n"
        );
        std::fs::write(device.path("device/people.toml"), people).unwrap();
        device.commit();
        device
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, file: &str) {
        std::fs::write(self.path("device/device.toml"), file).unwrap();
    }

    /// Everything as written by the first person.
    fn commit(&self) {
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=one", "-c", "user.email=one@maker.example"];
            let arguments = [&identity, arguments].concat();
            let output =
                Command::new("git").args(arguments).current_dir(self.path("device")).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        git(&["init", "-q"]);
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "File"]);
    }

    fn vouch(&self, arguments: &[&str], signer: Option<&str>) -> Output {
        let (device, ledger, pass) = (self.path("device"), self.path("ledger.key"), self.path("pass"));
        let mut all = vec![arguments[0], arguments[1], &device, "--key", &ledger, "--passphrase-file", &pass];
        all.extend(&arguments[2..]);
        let signer = signer.map(|name| self.path(name));
        if let Some(signer) = &signer {
            all.extend(["--sign", signer, "--sign-passphrase-file", &pass]);
        }
        medward(&all)
    }

    fn check(&self) -> String {
        text(&medward(&["check", &self.path("device")]))
    }
}

fn medward(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(env!("CARGO_BIN_EXE_medward")).args(arguments).current_dir(root).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output, because: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains(because), "{said}");
}

#[test]
fn an_approval_is_missing_given_suspect_and_outdated() {
    let device = Device::new();
    assert!(device.check().contains("error[R7-008]"));
    let given = device.vouch(&["approve", "R-01", "--as", "safety"], Some("two"));
    assert_eq!(text(&given), "risk.R-01: approved by P-2 as safety, entry 0\n");
    let checked = device.check();
    assert!(!checked.contains("[R7-008]") && checked.contains("1 of 1 approvals given"), "{checked}");
    device.write(&FILE.replace("Training", "Training each year"));
    assert!(device.check().contains("warning[R7-010]"));
    device.write(&FILE.replace("Read on the way", "Changed on the way"));
    assert!(device.check().contains("error[R7-009]"));
}

#[test]
fn who_may_not_approve_is_refused_before_anything_is_written() {
    let device = Device::new();
    let approve = |record, role, signer| device.vouch(&["approve", record, "--as", role], signer);
    refused(&approve("R-01", "safety", None), "--sign");
    refused(&approve("R-01", "safety", Some("one")), "wrote lines of `risk.R-01`");
    refused(&approve("R-01", "quality", Some("two")), "may not approve");
    refused(&approve("R-99", "safety", Some("two")), "no record `R-99`");
    refused(&approve("C-01", "safety", Some("two")), "may not approve records of kind `control`");
    // The ledger's own key is no person's.
    refused(&approve("R-01", "safety", Some("ledger.key")), "no person of the file has this key");
    assert_eq!(text(&medward(&["ledger", "show", &device.path("device")])), "");
}

#[test]
fn an_attestation_takes_a_person_who_holds_the_role() {
    let device = Device::new();
    let report = device.path("pass");
    let attest = |signer| {
        let arguments = ["attest", "C-01", "--evidence", &report, "--valid", "30d", "--as", "quality"];
        device.vouch(&arguments, signer)
    };
    refused(&attest(None), "nobody signed it");
    refused(&attest(Some("one")), "does not hold the role");
    assert_eq!(attest(Some("two")).status.code(), Some(0));
    assert!(device.check().contains("ledger: 1 proven"), "{}", device.check());
}

#[test]
fn another_ledger_with_its_own_key_proves_nothing_where_the_file_names_the_key() {
    let device = Device::new();
    let other = std::fs::read_to_string(device.path("device/people.toml")).unwrap();
    let other = other.split('"').find(|part| part.starts_with("one.example+")).unwrap();
    device
        .write(&FILE.replace("[policy.approvals]", &format!("ledger_key = \"{other}\"\n[policy.approvals]")));
    refused(&medward(&["check", &device.path("device")]), "is not the `ledger_key`");
}

#[test]
fn a_moment_is_a_day_or_a_time_and_nothing_else() {
    let device = Device::new();
    assert_eq!(device.vouch(&["approve", "R-01", "--as", "safety"], Some("two")).status.code(), Some(0));
    let at = |moment: &str| medward(&["check", &device.path("device"), "--at", moment]);
    for before in ["2026-01-01", "2026-01-01T00:00Z", "2026-01-01T01:00+01:00"] {
        assert!(text(&at(before)).contains("0 of 1 approvals given"), "{before}");
    }
    refused(&at("yesterday"), "neither a day");
    refused(&at("2026-02-30"), "neither a day");
}
