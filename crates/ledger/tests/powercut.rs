//! Power cuts: the disk keeps what was flushed and any part of what was not; every acknowledged entry is there all the same.
//!
//! Crash images are rebuilt from the log of a served disk: everything up to some flush, and a random part of what came after it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

mod served_disk;

use medward_ledger::note::KeyKind;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Log, Signer};
use std::io::Write as _;
use std::path::Path;

/// Set in the child that appends.
const CHILD: &str = "MEDWARD_LEDGER_POWERCUT";
const DISK_BYTES: u64 = 24 << 20;
const IMAGES: usize = 100;
const ACKNOWLEDGED: usize = 300;

fn signer() -> Signer {
    Signer::new("ledger.example/powercut", KeyKind::Log, &[7; 32]).unwrap()
}

#[test]
fn child_that_appends() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let log = Log::open(Path::new(&directory), signer()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let log = &log;
            scope.spawn(move || {
                for number in 0.. {
                    let text = format!("{writer}/{number}");
                    let Ok(receipt) = log.append(text.as_bytes()) else { return };
                    let line = format!("\nacknowledged {} {text}\n", receipt.index);
                    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn entries(directory: &Path) -> Vec<String> {
    let Ok(mut reader) = Reader::open(&directory.join("segment")) else { return Vec::new() };
    let mut entries = Vec::new();
    while let Step::Entry(entry) = reader.step().unwrap() {
        entries.push(String::from_utf8(entry).unwrap());
    }
    entries
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let Some(recorded) = served_disk::recorded(DISK_BYTES, "child_that_appends", CHILD, ACKNOWLEDGED) else {
        return;
    };
    recorded.for_each_crash(IMAGES, |crashed| {
        let what = &crashed.what;
        let opened = Log::open(&crashed.directory, signer());
        let log = opened.unwrap_or_else(|error| unreachable!("{what}: {error}"));
        log.append(b"after the cut").unwrap();
        drop(log);
        let verified = medward_ledger::verify(&crashed.directory, signer().verifier(), &[]);
        assert!(verified.is_ok(), "{what}: {verified:?}");
        let entries = entries(&crashed.directory);
        for line in &crashed.acknowledged {
            let (index, entry) = line.split_once(' ').unwrap();
            let found = entries.get(index.parse::<usize>().unwrap());
            assert_eq!(found.map(String::as_str), Some(entry), "{what}");
        }
    });
}
