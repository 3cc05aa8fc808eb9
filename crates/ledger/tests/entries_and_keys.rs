//! Entries have one spelling and no room for persons; keys open with their passphrase and nothing else.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made is a failed test")]

use medward_ledger::key::{self, KeyError};
use medward_ledger::{Digest, Entry, Fingerprint, Outcome, Reason, RecordId};
use proptest::prelude::*;

fn evidence() -> Entry {
    Entry::Evidence {
        control: "C-01".try_into().unwrap(),
        probe: "tls".try_into().unwrap(),
        outcome: Outcome::Passed,
        observed_from: 1_763_900_000,
        observed_until: 1_763_900_010,
        received: 1_763_900_011,
        valid_until: 1_763_990_000,
        fingerprint: "0123456789abcdef".try_into().unwrap(),
        observation: "a".repeat(64).try_into().unwrap(),
        role: None,
        remark: None,
        signed: None,
    }
}

#[test]
fn an_entry_is_logged_in_one_spelling() {
    let bytes = evidence().canonical().unwrap();
    let expected = format!(
        "{{\"control\":\"C-01\",\"fingerprint\":\"0123456789abcdef\",\"kind\":\"evidence\",\"observation\":\"{}\",\
         \"observed_from\":1763900000,\"observed_until\":1763900010,\"outcome\":\"passed\",\"probe\":\"tls\",\
         \"received\":1763900011,\"valid_until\":1763990000}}",
        "a".repeat(64)
    );
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(Entry::parse(&bytes), Ok(evidence()));
    for other in [
        expected.replace(',', ", "),
        expected.replace("passed", "p\\u0061ssed"),
        expected.replace('}', ",\"x\":1}"),
    ] {
        assert!(Entry::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn what_could_name_a_person_finds_no_room() {
    for text in ["Doe^Jane", "Jane Doe", "jane@example.org", "1970-01-01T00:00 F", ""] {
        assert!(RecordId::try_from(text).is_err(), "{text}");
        assert!(Digest::try_from(text).is_err(), "{text}");
    }
    for text in ["4711002233", "1.2.840.113619.2.55", "2.25.329800735698586629295641978511506172918"] {
        assert!(RecordId::try_from(text).is_err(), "{text}");
    }
    assert!(Reason::try_from("seen in 1.2.840.113619.2.55 again").is_err());
    for text in ["Doe^Jane", "jane@example.org"] {
        assert!(Reason::try_from(text).is_err(), "{text}");
    }
    for text in ["CVE-2026-1234567", "risk-12", "17.2", "1200000", "192.0.2.53"] {
        assert!(RecordId::try_from(text).is_ok() && Reason::try_from(text).is_ok(), "{text}");
    }
    assert!(Fingerprint::try_from("Doe").is_err() && Fingerprint::try_from("0123456789ABCDEF").is_err());
    assert!(Reason::try_from("x".repeat(501).as_str()).is_err());
    assert!(Reason::try_from("line\nfeed").is_err());
    let smuggled = String::from_utf8(evidence().canonical().unwrap()).unwrap().replace("C-01", "Doe^Jane");
    assert!(Entry::parse(smuggled.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,100}") {
        let _ = Entry::parse(&bytes);
        let _ = Entry::parse(text.as_bytes());
    }
}

#[test]
fn a_key_opens_with_its_passphrase_only_and_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.key");
    let made = key::create(&path, "ledger.example/lung-ct", "correct horse").unwrap();
    let opened = key::open(&path, "correct horse").unwrap();
    assert_eq!(opened.verifier(), made.verifier());
    assert!(matches!(key::open(&path, "wrong horse"), Err(KeyError::Sealed)));
    assert!(matches!(key::open(&path, ""), Err(KeyError::NoPassphrase)));
    assert!(matches!(key::create(&path, "other", "x"), Err(KeyError::Io { .. })));
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [("lung-ct", "lung-mr"), ("\"passes\":3", "\"passes\":4")] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(key::open(&path, "correct horse").is_err(), "{from} was changed unseen");
    }
    std::fs::write(&path, text.replace("65536", "4000000000")).unwrap();
    assert!(matches!(key::open(&path, "correct horse"), Err(KeyError::Form(_))));
}

#[cfg(unix)]
#[test]
fn a_key_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.key");
    key::create(&path, "ledger.example", "correct horse").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn acts_are_written_in_one_way_and_hold_nothing_but_words_of_their_kind() {
    let opened = r#"{"act":{"act":"opened","from":1,"known":2,"links":["risk.R-01"],"source":"ward-alarm","subject":"event","title":"Seal broken"},"case":"E-1","kind":"response","received":3}"#;
    let entry = Entry::parse(opened.as_bytes()).unwrap();
    assert_eq!(entry.canonical().unwrap(), opened.as_bytes());
    assert_eq!(entry.received(), 3);
    // A field more, an exercise that is none, a source that is none, a name with an address in an id: none of them is an entry.
    for (old, new) in [
        ("\"title\"", "\"patient\":\"x\",\"title\""),
        ("\"kind\"", "\"exercise\":false,\"kind\""),
        ("ward-alarm", "rumour"),
        ("risk.R-01", "jane@ward.example"),
        ("Seal broken", "Seal\\nbroken"),
    ] {
        let other = opened.replace(old, new);
        assert_ne!(other, opened);
        assert!(Entry::parse(other.as_bytes()).is_err(), "{other}");
    }
    let drill = opened.replace("\"kind\"", "\"exercise\":true,\"kind\"");
    assert!(matches!(Entry::parse(drill.as_bytes()), Ok(Entry::Response { exercise: true, .. })));
}

#[test]
fn seals_are_digests_alone_and_read_back() {
    let digest = |letter: &str| Digest::try_from(letter.repeat(64)).unwrap();
    let image = Entry::ImageSeal {
        instance: digest("a"),
        pixels: digest("b"),
        header: digest("c"),
        made_from: None,
        received: 1_763_900_000,
        signed: None,
    };
    let series = Entry::SeriesSeal {
        series: digest("a"),
        manifest: digest("b"),
        images: 300,
        made_from: Some(digest("c")),
        received: 1_763_900_001,
        signed: None,
    };
    for entry in [image, series] {
        let bytes = entry.canonical().unwrap();
        assert_eq!(Entry::parse(&bytes), Ok(entry));
        let smuggled = String::from_utf8(bytes).unwrap().replace(&"b".repeat(64), "1.2.840.4711");
        assert!(Entry::parse(smuggled.as_bytes()).is_err(), "a UID finds no room");
    }
}

#[test]
fn an_access_names_a_record_of_the_file_and_has_no_room_for_more() {
    let text = r#"{"came":"refused","count":3,"kind":"access","person":"P-2","received":5,"what":"studies"}"#;
    let entry = Entry::parse(text.as_bytes()).unwrap();
    assert_eq!(entry.canonical().unwrap(), text.as_bytes());
    for (old, new) in [
        ("P-2", "p.smith@ward.example"),
        ("refused", "guessed"),
        ("studies", "1.2.840.113619.2.55.3 Smith"),
        ("\"count\"", "\"address\":\"192.0.2.7\",\"count\""),
    ] {
        let other = text.replace(old, new);
        assert!(other != text && Entry::parse(other.as_bytes()).is_err(), "{other}");
    }
}
