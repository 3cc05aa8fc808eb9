//! Power cuts on a real file system: what was acknowledged is there, and what was erased stays erased.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

// The same disk as the ledger's test has: one file, since tests of one crate cannot use those of another.
#[path = "../../ledger/tests/served_disk/mod.rs"]
mod served_disk;
mod vaults;

use medward_vault::{Options, Outcome, Vault, VaultError};
use std::io::Write as _;
use std::path::Path;
use vaults::{bytes, key, object, put, read, study};

/// Set in the child that stores.
const CHILD: &str = "MEDWARD_VAULT_POWERCUT";
const DISK_BYTES: u64 = 48 << 20;
const IMAGES: usize = 100;
const LINES: usize = 150;

fn opened(directory: &Path) -> Vault {
    let options = Options { segment_bytes: 2 << 20, ..Options::default() };
    Vault::open(directory, key(1), options).unwrap_or_else(|error| panic!("{error}")).0
}

fn content(number: usize) -> Vec<u8> {
    bytes(number, [3_000, 40_000, 100_000][number % 3])
}

#[test]
fn child_that_stores() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let vault = opened(Path::new(&directory));
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let vault = &vault;
            scope.spawn(move || {
                for round in 0.. {
                    let number = round * 3 + writer;
                    // Every tenth one in a study of its own, which is erased at once.
                    let is_erased = number % 10 == 9;
                    let in_study = if is_erased { 1_000 + number } else { writer };
                    let Ok(Outcome::Stored(_)) = put(vault, in_study, number, &content(number)) else {
                        return;
                    };
                    let line = if is_erased && vault.erase(&study(in_study)).is_ok() {
                        format!("\nacknowledged erased {number}\n")
                    } else {
                        format!("\nacknowledged stored {number}\n")
                    };
                    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let Some(recorded) = served_disk::recorded(DISK_BYTES, "child_that_stores", CHILD, LINES) else { return };
    recorded.for_each_crash(IMAGES, |crashed| {
        let what = &crashed.what;
        let vault = opened(&crashed.directory);
        for line in &crashed.acknowledged {
            let (how, number) = line.split_once(' ').unwrap();
            let number: usize = number.parse().unwrap();
            if how == "stored" {
                let found = read(&vault, number).unwrap_or_else(|error| panic!("{what}: {line}: {error}"));
                assert!(found == content(number), "{what}: {line} and changed");
            } else {
                let refused = vault.put(&study(1_000 + number), &object(9_999));
                assert!(matches!(refused, Err(VaultError::Erased(_))), "{what}: {line}: {refused:?}");
            }
        }
        assert!(matches!(put(&vault, 7, 77_777, b"after the cut"), Ok(Outcome::Stored(_))), "{what}");
        let findings = vault.verify(|_| {}).unwrap().findings;
        assert!(findings.is_empty(), "{what}: {findings:?}");
    });
}
