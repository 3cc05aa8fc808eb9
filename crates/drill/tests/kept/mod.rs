//! What a ward kept that did not end well, opened anew: shared by the kills and the power cuts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_drill::{Ct, PASSPHRASE};
use medward_ledger::VerifierKey;
use medward_ledger::segment::{Reader, Step};
use medward_vault::VaultError;
use medward_ward::{Configuration, Event, State};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

/// The ward that a directory describes.
pub fn configuration(directory: &Path) -> Configuration {
    let (file, problems) = medward_file::load(directory, medward_file::Limits::default());
    assert!(problems.is_empty(), "{problems:?}");
    Configuration::of(&file, None, "2026-01-01".parse().unwrap()).unwrap()
}

/// How often an object was received, as the ledger has it.
#[derive(Default)]
struct Receipts {
    first: u32,
    /// Sent again: the same bytes were there.
    again: u32,
}

/// The state of a ward, and what its ledger says of each digest.
pub struct Kept {
    state: State,
    receipts: HashMap<String, Receipts>,
}

impl Kept {
    /// Opens it as the next start would, without a hand; the ledger must verify.
    pub fn open(configuration: &Configuration) -> Self {
        let state = State::open(configuration, PASSPHRASE).unwrap_or_else(|error| panic!("{error}"));
        // What is owed to the ledger is written before anything is released.
        while let Some((number, entry)) = state.queue.owed().unwrap() {
            state.watch.record(&serde_json::from_str::<Event>(&entry).unwrap()).unwrap();
            state.queue.paid(number).unwrap();
        }
        let ledger = configuration.state.join("ledger");
        let mut reader = Reader::open(&ledger.join("segment")).unwrap();
        let mut receipts = HashMap::new();
        while let Step::Entry(bytes) = reader.step().unwrap() {
            let entry: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            if entry["kind"] == "received" {
                let object = entry["object"].as_str().unwrap().to_owned();
                let receipts: &mut Receipts = receipts.entry(object).or_default();
                let counted = if entry["again"] == true { &mut receipts.again } else { &mut receipts.first };
                *counted += 1;
            }
        }
        let key = std::fs::read_to_string(ledger.join("key.pub")).unwrap();
        let verified = medward_ledger::verify(&ledger, &VerifierKey::parse(key.trim()).unwrap(), &[]);
        assert!(verified.is_ok(), "{verified:?}");
        Self { state, receipts }
    }

    /// An acknowledged image is readable, its digest is right, and it is in the ledger, as new once at most.
    pub fn has(&self, ct: &Ct, what: &str) {
        let mut bytes = Vec::new();
        let mut read = || {
            let mut reader = self.state.originals.get(&ct.instance.parse().unwrap())?;
            while let Some(chunk) = reader.next_chunk()? {
                bytes.extend_from_slice(chunk);
            }
            Ok(reader)
        };
        let reader = read().unwrap_or_else(|error: VaultError| {
            panic!("{what}: {} was acknowledged and is lost: {error}", ct.instance)
        });
        assert!(bytes.ends_with(&ct.data_set()), "{what}: {} is not what was sent", ct.instance);
        let digest = Sha256::digest(&bytes);
        assert_eq!(digest.as_slice(), reader.digest(), "{what}: {}", ct.instance);
        let mut name = String::new();
        digest.iter().for_each(|byte| write!(name, "{byte:02x}").unwrap());
        // Of one that was refused for want of room and sent again there may be the second entry alone.
        let is_written = |receipts: &Receipts| receipts.first <= 1 && receipts.first + receipts.again >= 1;
        assert!(self.receipts.get(&name).is_some_and(is_written), "{what}: entries of {}", ct.instance);
    }
}
