//! Keeping what came: scanned, decided on, sealed, on stable storage, in the ledger; then it may be acknowledged.
//!
//! What cannot be read or is refused goes into the quarantine with the reason, and nothing is lost. A ledger that cannot be written
//! does not keep an image out: the entry is owed.

use crate::decision::{Moment, Object, Refusal};
use crate::facts;
use crate::layers::Layers;
use crate::queue::QueueError;
use crate::reread::Reread;
use crate::state::State;
use crate::watch::Event;
use medward_dicom_scan::{DataSet, Limits, Refused, Scanner};
use medward_file::kinds::WardLayer;
use medward_ledger::Digest;
use medward_upper_layer::Uid;
use medward_vault::{ObjectId, Outcome, QuarantineId, Receipt, StudyId, VaultError};
use std::cell::RefCell;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// An object on its way to the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its study.
    pub study: StudyId,
    /// Its UID.
    pub object: ObjectId,
}

/// How keeping came out, as the status of a C-STORE (PS3.4 section B.2.3).
#[derive(Debug)]
pub enum Answer {
    /// It is on stable storage.
    Stored,
    /// It is in the quarantine, and not taken.
    Held(Refusal),
    /// There is no room, or the disk failed: it should be sent again.
    Failed(VaultError),
}

impl Answer {
    /// The status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Stored => 0x0000,
            Self::Held(_) => 0xC000,
            Self::Failed(VaultError::Full) => 0xA700,
            Self::Failed(_) => 0x0110,
        }
    }

    /// A comment for the sender, without anything of the object.
    pub fn comment(&self) -> Option<String> {
        match self {
            Self::Stored => None,
            Self::Held(refusal) => Some(format!("held back, {refusal}")),
            Self::Failed(VaultError::Full) => Some("out of room, send it again later".to_owned()),
            Self::Failed(VaultError::Erased(_)) => Some("the study was erased".to_owned()),
            Self::Failed(_) => Some("it could not be stored, send it again".to_owned()),
        }
    }
}

/// Why an object cannot be judged again.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Who sent what, as the command said.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Record of the sender.
    pub sender: String,
    /// SOP class.
    pub sop_class: Uid,
    /// SOP instance.
    pub sop_instance: Uid,
}

/// Keeps objects; its calls wait for the disk.
#[derive(Debug)]
pub struct Keep {
    state: State,
    layers: Arc<Layers>,
    next: Sender<Kept>,
}

thread_local! {
    /// Buffers for scanning, one set a thread.
    static SCANNER: RefCell<Scanner> = RefCell::new(Scanner::new(&Limits::default()));
}

impl Keep {
    /// Keeps into a state, and hands on to the release.
    pub fn new(state: State, layers: Arc<Layers>, next: Sender<Kept>) -> Self {
        Self { state, layers, next }
    }

    /// Keeps an object that is in memory as a file.
    pub fn whole(&self, claim: &Claim, bytes: &[u8]) -> Answer {
        SCANNER.with_borrow_mut(|scanner| {
            let study = match scanner.scan(&mut Cursor::new(bytes)) {
                Ok(data_set) => self.judge(claim, data_set, bytes.len() as u64),
                Err(refused) => Err(unreadable(&refused)),
            };
            match study {
                Ok((study, object)) => {
                    let stored = self.state.originals.put(&study, &object).and_then(|mut put| {
                        put.push(bytes)?;
                        put.finish()
                    });
                    self.stored(claim, stored)
                }
                Err(refusal) => {
                    let held = self.state.originals.quarantine(&refusal.to_string(), &note(claim));
                    let held = held.and_then(|mut put| {
                        put.push(bytes)?;
                        put.finish()
                    });
                    match held {
                        Ok(held) => self.held(claim, refusal, held.digest),
                        Err(error) => Answer::Failed(error),
                    }
                }
            }
        })
    }

    /// Begins a large object: it is sealed into the quarantine as it comes, and leaves it once it was looked at.
    pub fn begin_large(&self, claim: &Claim) -> Result<medward_vault::QuarantinePut, VaultError> {
        self.state.originals.quarantine("large, not yet looked at", &note(claim))
    }

    /// Keeps a large object that is in the quarantine whole.
    pub fn large(&self, claim: &Claim, put: medward_vault::QuarantinePut) -> Answer {
        let kept = put.finish().and_then(|held| {
            let open = || self.state.originals.get_quarantined(held.id).map(|(_, reader)| reader);
            let mut source = Reread::new(open)?;
            let length = source.length();
            // Of its own: what a large object needs is given back.
            let mut scanner = Scanner::new(&Limits::default());
            let study = match scanner.scan(&mut source) {
                Ok(data_set) => self.judge(claim, data_set, length),
                Err(refused) => Err(unreadable(&refused)),
            };
            Ok((held, study))
        });
        match kept {
            Err(error) => Answer::Failed(error),
            Ok((held, Ok((study, object)))) => {
                let answer = self.stored(claim, self.state.originals.release(held.id, &study, &object));
                self.leave(held.id);
                answer
            }
            Ok((held, Err(refusal))) => {
                let answer = self.hold_again(claim, held.id, &refusal);
                self.leave(held.id);
                answer.map_or_else(Answer::Failed, |digest| self.held(claim, refusal, digest))
            }
        }
    }

    /// Copies an object of the quarantine under its reason.
    fn hold_again(&self, claim: &Claim, id: QuarantineId, refusal: &Refusal) -> Result<[u8; 32], VaultError> {
        let (_, mut reader) = self.state.originals.get_quarantined(id)?;
        let mut put = self.state.originals.quarantine(&refusal.to_string(), &note(claim))?;
        while let Some(bytes) = reader.next_chunk()? {
            put.push(bytes)?;
        }
        Ok(put.finish()?.digest)
    }

    /// Judges a quarantined object again, by what the file says today. What passes is kept and goes its way; the rest stays.
    pub fn again(&self, id: QuarantineId) -> Result<Result<Kept, Refusal>, KeepError> {
        let open = || self.state.originals.get_quarantined(id).map(|(_, reader)| reader);
        let mut source = Reread::new(open)?;
        let (length, digest) = (source.length(), source.digest());
        let mut scanner = Scanner::new(&Limits::default());
        let judged = match scanner.scan(&mut source) {
            Err(refused) => Err(unreadable(&refused)),
            Ok(data_set) => {
                let own = |tag| facts::uid(data_set, tag).ok_or(Refusal::new(WardLayer::Vault, "no-name"));
                own(facts::SOP_CLASS).and_then(|sop_class| {
                    let sop_instance = own(facts::SOP_INSTANCE)?;
                    let claim = Claim { sender: String::new(), sop_class, sop_instance };
                    self.judge(&claim, data_set, length)
                })
            }
        };
        let (study, object) = match judged {
            Ok(names) => names,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let outcome = self.state.originals.find(&object)?;
        if outcome.is_some_and(|held| held.digest != digest) {
            return Ok(Err(Refusal::new(WardLayer::Vault, "same-uid-other-content")));
        }
        self.state.queue.open_again(object.as_str())?;
        self.state.originals.release(id, &study, &object)?;
        let kept = Kept { study, object };
        let _ = self.next.send(kept.clone());
        Ok(Ok(kept))
    }

    /// The first place of a large object; where it left by itself there is nothing to do.
    fn leave(&self, id: QuarantineId) {
        let _ = self.state.originals.discard(id);
    }

    fn judge(&self, claim: &Claim, data_set: &DataSet, bytes: u64) -> Result<(StudyId, ObjectId), Refusal> {
        let Claim { sop_class, sop_instance, .. } = claim;
        self.layers.decide(&Moment::Object(&Object { sop_class, sop_instance, bytes, data_set }))?;
        // Whatever the layers think: nothing is kept without a name, or under another than the one it came with.
        if facts::uid(data_set, facts::SOP_INSTANCE).as_ref() != Some(sop_instance) {
            return Err(Refusal::new(WardLayer::Vault, "another-name-than-said"));
        }
        let name = |tag| facts::uid(data_set, tag).map(|uid| uid.as_str().to_owned());
        let study = name(facts::STUDY).and_then(|uid| uid.parse().ok());
        let object = name(facts::SOP_INSTANCE).and_then(|uid| uid.parse().ok());
        study.zip(object).ok_or(Refusal::new(WardLayer::Vault, "no-name"))
    }

    fn stored(&self, claim: &Claim, outcome: Result<Outcome, VaultError>) -> Answer {
        let (receipt, again) = match outcome {
            Ok(Outcome::Stored(receipt)) => (receipt, false),
            Ok(Outcome::AlreadyStored(receipt)) => (receipt, true),
            Ok(Outcome::Conflict(conflict)) => {
                let refusal = Refusal::new(WardLayer::Vault, "same-uid-other-content");
                return match conflict.quarantine(&refusal.to_string(), &note(claim)) {
                    Ok(held) => self.held(claim, refusal, held.digest),
                    Err(error) => Answer::Failed(error),
                };
            }
            Err(error) => return Answer::Failed(error),
        };
        self.write(&Event::Received {
            object: hex(receipt.digest),
            study_key: hex(receipt.key),
            bytes: receipt.bytes,
            sender: claim.sender.clone(),
            again,
        });
        let Receipt { study, object, .. } = receipt;
        // Nobody releases in a ward that is closing; the next start finds it.
        let _ = self.next.send(Kept { study, object });
        Answer::Stored
    }

    fn held(&self, claim: &Claim, refusal: Refusal, digest: [u8; 32]) -> Answer {
        self.state.watch.count(&refusal);
        self.write(&Event::Quarantined {
            object: hex(digest),
            layer: refusal.layer.word().to_owned(),
            reason: refusal.reason.to_owned(),
            sender: claim.sender.clone(),
        });
        Answer::Held(refusal)
    }

    fn write(&self, event: &Event) {
        if self.state.watch.record(event).is_err()
            && let Ok(entry) = serde_json::to_string(event)
        {
            // With neither ledger nor queue the image still is in the vault, which is what matters to its sender.
            let _ = self.state.queue.owe(&entry);
        }
    }
}

fn unreadable(_: &Refused) -> Refusal {
    Refusal::new(WardLayer::Content, "unreadable")
}

/// What is known of a quarantined object: it is sealed with it.
fn note(claim: &Claim) -> String {
    format!("from {}, said to be {} of class {}", claim.sender, claim.sop_instance, claim.sop_class)
}

/// A digest in hexadecimal digits.
pub(crate) fn hex(digest: [u8; 32]) -> String {
    Digest::of(digest).as_str().to_owned()
}
