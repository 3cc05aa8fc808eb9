//! What happened in a ward, as the commands of the device see it: alarms become events once, emergencies ask for a review.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use medward_ward::{Event, Watch};
use std::path::Path;
use std::process::{Command, Output};
use zeroize::Zeroizing;

const FILE: &str = r#"
[policy]
reassess_days = 365

[ward.W-1]
title = "Edge gateway"
listen = "127.0.0.1:2762"
ae_title = "WARD"
certificate = "pki/ward.pem"
key = "pki/ward.key"
trust = "pki/ca.pem"
revocation = "pki/crl.pem"
state = "state"
vault_key = "vault.key"
policies = "policies.cedar"
deidentification = "deidentification.policy"
pseudonym_key = "pseudonyms.key"
sop_classes = ["1.2.840.10008.5.1.4.1.1.2"]

[sender.S-AI]
title = "AI"
ward = "W-1"
ae_title = "AI"
certificates = ["8f0e1d2c3b4a5968778695a4b3c2d1e0f0e1d2c3b4a5968778695a4b3c2d1e0f"]
networks = ["127.0.0.1/32"]
"#;

fn medward(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.args(arguments).current_dir(place);
    command.env("MEDWARD_LEDGER_KEY", place.join("ledger.key"));
    command.env("MEDWARD_LEDGER_PASSPHRASE_FILE", place.join("passphrase"));
    command.output().unwrap()
}

fn said(place: &Path, arguments: &[&str]) -> String {
    let output = medward(place, arguments);
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The ledger of a ward, with what happened.
fn ward(state: &Path, events: &[Event]) {
    let watch = Watch::open(&state.join("ledger"), "W-1", Zeroizing::new([7; 32])).unwrap();
    for event in events {
        watch.record(event).unwrap();
    }
    std::fs::write(state.join("ledger/key.pub"), watch.verifier().unwrap()).unwrap();
}

fn alarm(detector: &str, about: &str) -> Event {
    let title = format!("W-1: `{about}` did something");
    Event::Alarmed { detector: detector.to_owned(), about: about.to_owned(), title }
}

#[test]
fn alarms_become_events_once_and_emergencies_ask_for_a_review() {
    let place = tempfile::tempdir().unwrap();
    let (place, device) = (place.path(), place.path().join("device"));
    std::fs::create_dir(&device).unwrap();
    std::fs::write(device.join("device.toml"), FILE).unwrap();
    std::fs::write(place.join("passphrase"), "a passphrase of a test\n").unwrap();
    assert!(medward(place, &["ledger", "init", "device", "--name", "ledger.example/test"]).status.success());
    // Its state is elsewhere: nothing is known, and nothing is made up.
    assert!(!said(place, &["check", "device"]).contains("R8-016"));
    let (study_key, because) = ("1".repeat(64), "the reading could not wait".to_owned());
    let emergency = Event::Emergency { study_key, objects: 3, because, by: None };
    let state = device.join("state");
    ward(&state, &[alarm("bulk-export", "S-AI"), emergency, alarm("guessing", "abcdefghijkl")]);
    let text = said(place, &["check", "device"]);
    assert!(text.contains("R8-016") && text.contains("3 originals were handed out of `W-1`"), "{text}");
    assert!(text.contains("R8-017") && text.contains("2 alarms of `W-1` are no events"), "{text}");
    let text = said(place, &["event", "collect", "device"]);
    assert!(text.contains("W-1: 2 alarms, 2 new events"), "{text}");
    let text = said(place, &["event", "collect", "device"]);
    assert!(text.contains("W-1: 2 alarms, 0 new events"), "{text}");
    let text = said(place, &["event", "list", "device"]);
    assert!(text.contains("`S-AI` did something") && text.contains("ward-alarm"), "{text}");
    assert!(!said(place, &["check", "device"]).contains("R8-017"));

    // A copy of the state somewhere else says the same; a changed one says nothing.
    let elsewhere = place.join("copy");
    std::fs::rename(&state, &elsewhere).unwrap();
    ward(
        &elsewhere,
        &[Event::Reviewed {
            emergency: 1,
            finding: "justified".to_owned(),
            because: "nobody else could read".to_owned(),
            by: None,
        }],
    );
    let text = said(place, &["check", "device", "--ward", "W-1=copy"]);
    assert!(!text.contains("R8-016") && !text.contains("R8-017"), "{text}");
    assert!(said(place, &["check", "device", "--ward", "W-2=copy"]).contains("no `[ward.W-2]`"));
    let segment = elsewhere.join("ledger/segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    *bytes.get_mut(60).unwrap() ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let output = medward(place, &["check", "device", "--ward", "W-1=copy"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("proves nothing"), "{output:?}");
}
