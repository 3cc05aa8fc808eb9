//! From original to result: de-identified, looked at again by every layer, sealed, in the ledger, queued for its destinations.
//!
//! Nothing is released while the ledger cannot be written. Whatever was not dealt with when the ward stopped is found again at its
//! start; doing it twice gives the same result.

use crate::configuration::Configuration;
use crate::decision::{Leaving, Moment, Refusal};
use crate::facts;
use crate::keep::{Kept, hex};
use crate::layers::Layers;
use crate::queue::{QueueError, State as Done};
use crate::reread::Reread;
use crate::state::State;
use crate::tell::tell;
use crate::traces::Name;
use crate::watch::WatchError;
use aws_lc_rs::digest::{SHA256, digest};
use medward_deid::{Deidentifier, NotPassed};
use medward_dicom_scan::{DataSet, Limits, Scanner, WriteError};
use medward_file::kinds::WardLayer;
use medward_vault::{ObjectId, ObjectReader, Outcome, QuarantineId, StudyId, VaultError};
use medward_ward_ledger::Event;
use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long to wait for the next original before looking whether to end.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long to wait after something failed that is not the object's fault.
const PAUSE: Duration = Duration::from_secs(2);

/// Why nothing became of an original for now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReleaseError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Watch(#[from] WatchError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the disk: {0}")]
    Io(#[from] io::Error),
}

/// One releasing thread's means.
pub(crate) struct Release {
    pub(crate) state: State,
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) layers: Arc<Layers>,
    pub(crate) deidentifier: Deidentifier,
    pub(crate) scanners: [Scanner; 2],
    /// Room for an original and its result, used again for the next: new memory costs as much as de-identifying does.
    pub(crate) room: [Vec<u8>; 2],
}

/// Why an original is held back.
enum Held {
    Refused(Refusal),
    /// By de-identification; the text says which element, and of no value.
    Private(String),
}

impl Release {
    pub(crate) fn new(
        state: State,
        configuration: Arc<Configuration>,
        layers: Arc<Layers>,
        deidentifier: Deidentifier,
    ) -> Self {
        let scanner = || Scanner::new(&Limits::default());
        // The vault digests what it keeps.
        let deidentifier = deidentifier.without_digests();
        let (scanners, room) = ([scanner(), scanner()], Default::default());
        Self { state, configuration, layers, deidentifier, scanners, room }
    }

    /// Deals with what comes until it is told to end; what waits then is found again at the next start.
    pub(crate) fn run(&mut self, incoming: &Mutex<Receiver<Kept>>, ends: &AtomicBool) {
        let mut waiting: Vec<Kept> = Vec::new();
        while !ends.load(Ordering::Relaxed) {
            let next = if waiting.is_empty() {
                let incoming = incoming.lock().unwrap_or_else(PoisonError::into_inner);
                match incoming.recv_timeout(LOOK_EVERY) {
                    Ok(kept) => Some(kept),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                waiting.pop()
            };
            if self.pay().is_err() {
                waiting.extend(next);
                std::thread::sleep(PAUSE);
                continue;
            }
            let Some(kept) = next else { continue };
            let mut span = self.state.watch.span(Name::Release, kept.trace);
            let dealt = self.one(&kept);
            span.outcome(if dealt.is_ok() { "dealt-with" } else { "failed" }, dealt.is_ok());
            match dealt {
                Ok(()) | Err(ReleaseError::Vault(VaultError::Erased(_) | VaultError::NoObject(_))) => {}
                Err(error) => {
                    tell(&format!("nothing is released: {error}"));
                    waiting.push(kept);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Writes what is owed to the ledger; nothing is released before.
    fn pay(&self) -> Result<(), ReleaseError> {
        if self.state.watch.is_held() {
            return Err(WatchError::Held.into());
        }
        while let Some((number, entry)) = self.state.queue.owed()? {
            if let Ok(event) = serde_json::from_str::<Event>(&entry) {
                self.state.watch.record(&event)?;
            }
            self.state.queue.paid(number)?;
        }
        Ok(())
    }

    /// Deals with one original.
    pub(crate) fn one(&mut self, kept: &Kept) -> Result<(), ReleaseError> {
        if !self.state.queue.is_open(kept.object.as_str())? {
            return Ok(());
        }
        let vault = self.state.originals.clone();
        let source = Reread::new(|| vault.get(&kept.object))?;
        let original = source.digest();
        let made = match self.make(source)? {
            Ok(made) => made,
            Err(held) => return self.hold(kept, original, &held),
        };
        let released = self.release(kept, original, &made);
        if let Made::Whole { original, result } = made {
            self.room = [original, result];
        }
        released
    }

    /// The result in memory, or sealed where it is large: a place in the quarantine that it leaves again.
    fn make<O>(&mut self, mut source: Reread<O>) -> Result<Result<Made, Held>, ReleaseError>
    where
        O: Fn() -> Result<ObjectReader, VaultError>,
    {
        let is_private = self.configuration.is_on(WardLayer::Privacy);
        let length = source.length();
        if length <= crate::intake::WHOLE_BYTES_MAX as u64 {
            let [mut original, mut result] = std::mem::take(&mut self.room);
            original.clear();
            result.clear();
            original.reserve_exact(usize::try_from(length).unwrap_or_default());
            if let Err(error) = source.read_to_end(&mut original) {
                return unreadable(error).map(Err);
            }
            result.reserve_exact(original.len());
            if !is_private {
                result.extend_from_slice(&original);
            } else if let Err(error) = self.deidentifier.in_memory(&original, &mut result) {
                return not_passed(error).map(Err);
            }
            return Ok(Ok(Made::Whole { original, result }));
        }
        let mut put = self.state.results.quarantine("a result that is being made", "")?;
        let made = if is_private {
            self.deidentifier.object(&mut source, &mut put).map(|_| ())
        } else {
            io::copy(&mut source, &mut put).map(|_| ()).map_err(NotPassed::from)
        };
        match made {
            Ok(()) => Ok(Ok(Made::Large(put.finish()?.id))),
            Err(error) => not_passed(error).map(Err),
        }
    }

    fn release(&mut self, kept: &Kept, original: [u8; 32], made: &Made) -> Result<(), ReleaseError> {
        let [first, second] = &mut self.scanners;
        let results = self.state.results.clone();
        let originals = self.state.originals.clone();
        let scanned = match made {
            Made::Whole { result, original } => {
                first.scan_bytes(original).and_then(|original| Ok((original, second.scan_bytes(result)?)))
            }
            Made::Large(id) => {
                let mut source = Reread::new(|| originals.get(&kept.object))?;
                let mut result = Reread::new(|| results.get_quarantined(*id).map(|(_, reader)| reader))?;
                first.scan(&mut source).and_then(|source| Ok((source, second.scan(&mut result)?)))
            }
        };
        let decided = match scanned {
            Ok((original, result)) => {
                let moment = Moment::Release(&Leaving { original, result });
                self.layers.decide(&moment).and_then(|()| names(result))
            }
            Err(_) => Err(Refusal::new(WardLayer::Content, "unreadable-result")),
        };
        let decided = decided.and_then(|names| self.same_as_acknowledged(original, made).map(|()| names));
        let (study, object) = match decided {
            Ok(names) => names,
            Err(refusal) => {
                if let Made::Large(id) = made {
                    results.discard(*id)?;
                }
                return self.hold(kept, original, &Held::Refused(refusal));
            }
        };
        let outcome = match made {
            Made::Whole { result, .. } => {
                let mut put = results.put(&study, &object)?;
                put.push(result)?;
                put.finish()?
            }
            Made::Large(id) => results.release(*id, &study, &object)?,
        };
        let receipt = match outcome {
            Outcome::Stored(receipt) | Outcome::AlreadyStored(receipt) => receipt,
            Outcome::Conflict(_) => {
                let refusal = Refusal::new(WardLayer::Integrity, "another-result-under-this-name");
                return self.hold(kept, original, &Held::Refused(refusal));
            }
        };
        self.state.watch.record(&Event::Released {
            original: hex(original),
            object: hex(receipt.digest),
            study: study.to_string(),
        })?;
        let deliver: Vec<_> =
            self.configuration.destinations.iter().map(|one| (object.as_str(), one.id.as_str())).collect();
        self.state.queue.settle(kept.object.as_str(), Done::Released, &deliver)?;
        Ok(())
    }

    /// The integrity layer's own look at what was read: it leans neither on the vault nor on who read it.
    fn same_as_acknowledged(&self, acknowledged: [u8; 32], made: &Made) -> Result<(), Refusal> {
        match made {
            Made::Whole { original, .. } if self.configuration.is_on(WardLayer::Integrity) => {
                if digest(&SHA256, original).as_ref() == acknowledged {
                    Ok(())
                } else {
                    Err(Refusal::new(WardLayer::Integrity, "not-what-was-acknowledged"))
                }
            }
            // Large ones were read chunk by chunk, each under its tag, and are looked at by the scrub.
            _ => Ok(()),
        }
    }

    /// Holds an original back: a copy with the reason goes into the quarantine, where somebody decides.
    fn hold(&mut self, kept: &Kept, original: [u8; 32], held: &Held) -> Result<(), ReleaseError> {
        let (layer, reason, text) = match held {
            Held::Refused(refusal) => (refusal.layer, refusal.reason, refusal.to_string()),
            Held::Private(text) => (WardLayer::Privacy, "not-deidentified", text.clone()),
        };
        self.state.watch.count(&Refusal::new(layer, reason));
        self.state.watch.record(&Event::Quarantined {
            object: hex(original),
            layer: layer.word().to_owned(),
            reason: reason.to_owned(),
            sender: String::new(),
        })?;
        let text: String = text.chars().filter(|one| !one.is_control()).take(500).collect();
        let note = format!("original {} of study {}", kept.object, kept.study);
        if let Ok(mut reader) = self.state.originals.get(&kept.object) {
            let mut put = self.state.originals.quarantine(&text, &note)?;
            while let Ok(Some(bytes)) = reader.next_chunk() {
                put.push(bytes)?;
            }
            put.finish()?;
        }
        self.state.queue.settle(kept.object.as_str(), Done::Held, &[])?;
        Ok(())
    }
}

/// What does not pass is held; trouble of the disk is none of its.
fn not_passed(error: NotPassed) -> Result<Held, ReleaseError> {
    match error {
        NotPassed::Write(WriteError::Io(error)) => unreadable(error),
        error => Ok(Held::Private(error.to_string())),
    }
}

/// Bytes at rest that are not what was stored never leave; any other trouble of the disk passes.
fn unreadable(error: io::Error) -> Result<Held, ReleaseError> {
    let of_vault = error.get_ref().and_then(|inner| inner.downcast_ref::<VaultError>());
    match of_vault {
        Some(VaultError::Damaged { .. } | VaultError::KeyDamaged { .. }) => {
            Ok(Held::Refused(Refusal::new(WardLayer::Vault, "damaged-at-rest")))
        }
        Some(VaultError::Erased(study)) => Err(VaultError::Erased(study.clone()).into()),
        _ => Err(error.into()),
    }
}

/// Names of a result.
fn names(result: &DataSet) -> Result<(StudyId, ObjectId), Refusal> {
    let name = |tag| facts::uid(result, tag).map(|uid| uid.as_str().to_owned());
    let study = name(facts::STUDY).and_then(|uid| uid.parse().ok());
    let object = name(facts::SOP_INSTANCE).and_then(|uid| uid.parse().ok());
    study.zip(object).ok_or(Refusal::new(WardLayer::Vault, "no-name"))
}

/// A result, before it has a name.
enum Made {
    Whole { original: Vec<u8>, result: Vec<u8> },
    Large(QuarantineId),
}
