//! `watch`: what happened, into the ledger of the ward. Entries hold digests, words of closed lists and ids of the file; no patient.
//!
//! If an entry cannot be written, nothing is released any more; images are still taken in and kept, and what is owed to the ledger
//! is written once it can be ([`crate::release`]). Refusals of strangers are counted and written at most once in a while for each
//! reason, so that a flood of them cannot fill the disk.

use crate::decision::Refusal;
use jiff::Timestamp;
use medward_ledger::note::{KeyKind, NoteError};
use medward_ledger::{Log, LogError, Signer};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Refusals of one kind are written at most this often.
const REFUSALS_EVERY: Duration = Duration::from_secs(10);
/// How long another process may have the ledger.
const PATIENCE: Duration = Duration::from_secs(10);

/// An entry. Moments are seconds since 1970-01-01 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The ward began to run.
    Started {
        /// Fingerprint of what the file says of it.
        configuration: String,
        /// Layers that are off.
        layers_off: Vec<String>,
    },
    /// A layer refused.
    Refused {
        /// Which.
        layer: String,
        /// Why.
        reason: String,
        /// Record of the sender, where one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender: Option<String>,
        /// How often since the last such entry.
        times: u64,
    },
    /// An object was taken and is on stable storage.
    Received {
        /// SHA-256 of its bytes.
        object: String,
        /// Public fingerprint of the key of its study.
        study_key: String,
        /// Its length.
        bytes: u64,
        /// Record of the sender.
        sender: String,
        /// The same object had come before.
        again: bool,
    },
    /// An object is held back.
    Quarantined {
        /// SHA-256 of its bytes.
        object: String,
        /// Which layer.
        layer: String,
        /// Why.
        reason: String,
        /// Record of the sender.
        sender: String,
    },
    /// A pseudonymised object was made and may leave.
    Released {
        /// SHA-256 of the original.
        original: String,
        /// SHA-256 of the result.
        object: String,
        /// Pseudonymous UID of its study.
        study: String,
    },
    /// A result of the AI carries its patient again and may go to the hospital.
    Returned {
        /// SHA-256 of what the AI sent.
        received: String,
        /// SHA-256 of what goes to the hospital.
        object: String,
        /// Pseudonymous UID of the study that it answers.
        study: String,
        /// Record of the sender.
        sender: String,
    },
    /// Pseudonymised objects were asked about.
    Queried {
        /// Record of who asked.
        sender: String,
        /// Level of the query.
        level: String,
        /// Answers.
        answers: u64,
    },
    /// A pseudonymised object is handed to who asked for it.
    HandedOut {
        /// SHA-256 of its bytes.
        object: String,
        /// Record of who asked.
        sender: String,
        /// Record of the destination that it goes to, where it does not stay on the association.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
    },
    /// An object was taken by a destination.
    Sent {
        /// SHA-256 of its bytes.
        object: String,
        /// Record of the destination.
        destination: String,
    },
    /// An object at rest is not what was stored.
    Damaged {
        /// SHA-256 of what was stored, as the ledger had it.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// A study was erased by its key.
    Erased {
        /// Public fingerprint of the key.
        study_key: String,
        /// How many objects.
        objects: u64,
        /// Why, in the words of who asked.
        because: String,
    },
    /// Somebody decided on a quarantined object.
    Decided {
        /// SHA-256 of its bytes.
        object: String,
        /// `released` or `discarded`.
        decision: String,
        /// Why, in the words of who decided.
        because: String,
    },
    /// Originals of a study were handed out in an emergency; somebody must look at why.
    Emergency {
        /// Public fingerprint of the key of the study.
        study_key: String,
        /// How many objects.
        objects: u64,
        /// Why, in the words of who asked.
        because: String,
    },
    /// A bearer token was made.
    TokenIssued {
        /// Its name.
        token: String,
        /// Record of the sender that it is of.
        sender: String,
        /// When it ends, in seconds since 1970-01-01.
        expires: i64,
    },
    /// A bearer token was revoked.
    TokenRevoked {
        /// Its name.
        token: String,
    },
    /// The keys of the studies were wrapped anew.
    KeysRotated {
        /// How many.
        keys: usize,
    },
}

#[derive(Serialize)]
struct Entry<'e> {
    at: i64,
    #[serde(flatten)]
    event: &'e Event,
}

#[derive(Debug)]
struct Counted {
    times: u64,
    written: Option<Instant>,
}

/// The ledger of a ward, opened again after an error of the disk.
pub struct Watch {
    directory: PathBuf,
    name: String,
    secret: Zeroizing<[u8; 32]>,
    log: RwLock<Option<Log>>,
    refusals: Mutex<HashMap<(Refusal, Option<String>), Counted>>,
    totals: Mutex<HashMap<Refusal, u64>>,
    /// Entries known to be on stable storage: as many as the last acknowledged one has before it, and itself.
    durable: AtomicU64,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Watch({})", self.name)
    }
}

/// Why nothing could be written.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The ledger.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The name of the ward is no name of a key.
    #[error("the ledger's key: {0}")]
    Key(#[from] NoteError),
    /// The entry.
    #[error("an entry cannot be made: {0}")]
    Form(#[from] serde_json::Error),
}

impl Watch {
    /// Opens the ledger in a directory. The key is kept, to open it again after an error; where the disk does not let it be opened, it is
    /// tried again with the first entry, so that a full disk keeps nobody from the images. A damaged ledger is an error.
    pub fn open(directory: &Path, name: &str, secret: Zeroizing<[u8; 32]>) -> Result<Self, WatchError> {
        let watch = Self {
            directory: directory.to_path_buf(),
            name: name.to_owned(),
            secret,
            log: RwLock::new(None),
            refusals: Mutex::default(),
            totals: Mutex::default(),
            durable: AtomicU64::new(0),
        };
        match watch.open_again(PATIENCE) {
            Ok(()) | Err(WatchError::Log(LogError::Io { .. } | LogError::Stopped)) => Ok(watch),
            Err(error) => Err(error),
        }
    }

    fn signer(&self) -> Result<Signer, NoteError> {
        Signer::new(&self.name, KeyKind::Log, &self.secret)
    }

    /// The public key that the ledger is verified with.
    pub fn verifier(&self) -> Result<String, WatchError> {
        Ok(self.signer()?.verifier().to_string())
    }

    fn open_again(&self, patience: Duration) -> Result<(), WatchError> {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        // The old one gives its lock back first.
        *log = None;
        *log = Some(Log::open_within(&self.directory, self.signer()?, patience)?);
        Ok(())
    }

    /// Writes an entry and waits until it is on stable storage. After an error of the disk the ledger is opened anew, once.
    pub fn record(&self, event: &Event) -> Result<(), WatchError> {
        let entry = Entry { at: Timestamp::now().as_second(), event };
        let bytes = serde_json::to_vec(&serde_json::to_value(&entry)?)?;
        let append = || {
            let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
            log.as_ref().ok_or(LogError::Stopped)?.append(&bytes)
        };
        let receipt = match append() {
            Err(LogError::Stopped) => {
                self.open_again(Duration::ZERO)?;
                append()?
            }
            other => other?,
        };
        self.durable.fetch_max(receipt.index.saturating_add(1), Ordering::Release);
        Ok(())
    }

    /// How many entries are known to be on stable storage; 0 before the first is written.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Refusals since the ward began to run, by layer and reason.
    pub fn totals(&self) -> HashMap<Refusal, u64> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a refusal that is written down elsewhere, or not at all.
    pub(crate) fn count(&self, refusal: &Refusal) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let total = totals.entry(refusal.clone()).or_default();
        *total = total.saturating_add(1);
    }

    /// Counts a refusal, and writes it where none of its kind was written lately.
    pub fn refused(&self, refusal: &Refusal, sender: Option<&str>) -> Result<(), WatchError> {
        self.count(refusal);
        let times = {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (refusal.clone(), sender.map(str::to_owned));
            let counted = refusals.entry(key).or_insert(Counted { times: 0, written: None });
            counted.times = counted.times.saturating_add(1);
            if counted.written.is_some_and(|written| written.elapsed() < REFUSALS_EVERY) {
                return Ok(());
            }
            counted.written = Some(Instant::now());
            std::mem::take(&mut counted.times)
        };
        self.record(&Event::Refused {
            layer: refusal.layer.word().to_owned(),
            reason: refusal.reason.to_owned(),
            sender: sender.map(str::to_owned),
            times,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medward_file::kinds::WardLayer;
    use medward_ledger::VerifierKey;

    fn entries(directory: &Path) -> Vec<serde_json::Value> {
        let mut reader = medward_ledger::segment::Reader::open(&directory.join("segment")).unwrap();
        let mut found = Vec::new();
        while let medward_ledger::segment::Step::Entry(bytes) = reader.step().unwrap() {
            found.push(serde_json::from_slice(&bytes).unwrap());
        }
        found
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_the_ledger_verifies() {
        let directory = tempfile::tempdir().unwrap();
        let watch = Watch::open(directory.path(), "W-1", Zeroizing::new([7; 32])).unwrap();
        let refusal = Refusal::new(WardLayer::Perimeter, "unknown-network");
        for _ in 0..10_000 {
            watch.refused(&refusal, None).unwrap();
        }
        watch.refused(&Refusal::new(WardLayer::Identity, "no-certificate"), Some("CT-1")).unwrap();
        let verifier = VerifierKey::parse(&watch.verifier().unwrap()).unwrap();
        drop(watch);
        let found = entries(directory.path());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((&found[0]["layer"], &found[0]["times"]), (&"perimeter".into(), &1.into()));
        assert!(medward_ledger::verify(directory.path(), &verifier, &[]).is_ok());
    }
}
