//! The index finds what the log holds, goes on where it ended, and is made anew when it is not of this log.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made is a failed test")]

use medward_ledger::note::KeyKind;
use medward_ledger::{Digest, Entry, Fingerprint, Log, Outcome, Reason, RecordId, Signer};
use medward_ledger_index::{FILE, Index, Query};
use std::path::Path;

fn evidence(control: &str, received: i64) -> Entry {
    Entry::Evidence {
        control: RecordId::try_from(control).unwrap(),
        probe: RecordId::try_from("tls").unwrap(),
        outcome: Outcome::Passed,
        observed_from: received,
        observed_until: received,
        received,
        valid_until: received + 60,
        fingerprint: Fingerprint::try_from("0123456789abcdef").unwrap(),
        observation: Digest::of([0; 32]),
        role: None,
        remark: None,
        signed: None,
    }
}

fn erasure(received: i64) -> Entry {
    Entry::Erasure {
        payload: Digest::of([1; 32]),
        role: RecordId::try_from("privacy").unwrap(),
        reason: Reason::try_from("asked for").unwrap(),
        received,
        signed: None,
    }
}

fn append(ledger: &Path, entries: &[Entry]) {
    let log =
        Log::open(ledger, Signer::new("ledger.example/index", KeyKind::Log, &[7; 32]).unwrap()).unwrap();
    for entry in entries {
        log.append(&entry.canonical().unwrap()).unwrap();
    }
}

fn of(subject: &str) -> Query {
    Query { subject: Some(subject.to_owned()), ..Query::default() }
}

#[test]
fn entries_are_found_and_new_ones_join() {
    let place = tempfile::tempdir().unwrap();
    let ledger = place.path();
    append(ledger, &[evidence("C-01", 10), evidence("C-02", 20), erasure(30)]);
    let index = Index::open(ledger).unwrap();
    assert_eq!(index.find(&of("C-02")).unwrap(), [1]);
    assert_eq!(index.find(&Query { kind: Some("erasure".to_owned()), ..Query::default() }).unwrap(), [2]);
    assert_eq!(index.find(&Query { since: Some(20), ..Query::default() }).unwrap(), [1, 2]);
    drop(index);
    append(ledger, &[evidence("C-02", 40)]);
    let index = Index::open(ledger).unwrap();
    assert_eq!((index.size(), index.find(&of("C-02")).unwrap()), (4, vec![1, 3]));
    assert_eq!(index.find(&of("C-02' OR '1'='1")).unwrap(), [0; 0]);
}

#[test]
fn an_index_that_is_lost_broken_or_of_another_log_is_made_anew() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (place.path().join("one"), place.path().join("other"));
    append(&one, &[evidence("C-01", 10), evidence("C-02", 20)]);
    append(&other, &[evidence("C-03", 10), evidence("C-02", 20), evidence("C-02", 30)]);
    drop(Index::open(&one).unwrap());
    drop(Index::open(&other).unwrap());
    // The log was rolled back, or another came in its place.
    std::fs::copy(other.join(FILE), one.join(FILE)).unwrap();
    let index = Index::open(&one).unwrap();
    assert_eq!((index.size(), index.find(&of("C-02")).unwrap()), (2, vec![1]));
    drop(index);
    std::fs::write(one.join(FILE), b"this is no database, and long enough to be looked at as one by SQLite")
        .unwrap();
    assert_eq!(Index::open(&one).unwrap().find(&of("C-01")).unwrap(), [0]);
    std::fs::remove_file(one.join(FILE)).unwrap();
    assert_eq!(Index::open(&one).unwrap().find(&of("C-01")).unwrap(), [0]);
}
