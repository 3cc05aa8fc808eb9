//! Keeping what came: scanned, decided on, sealed, on stable storage, in the ledger; then it may be acknowledged.
//!
//! What cannot be read or is refused goes into the quarantine with the reason, and nothing is lost. A ledger that cannot be written
//! does not keep an image out: the entry is owed.

use crate::decision::{Moment, Object, Refusal};
use crate::facts;
use crate::layers::Layers;
use crate::queue::QueueError;
use crate::reading::{NotRead, Readers};
use crate::reread::Reread;
use crate::state::State;
use crate::tell::tell;
use crate::traces::{Context, Name, Span};
use crate::way_back::{Received, WayBack, WayBackError};
use medward_dicom_scan::DataSet;
use medward_file::kinds::WardLayer;
use medward_ledger::Digest;
use medward_sabotage::{Broken, is};
use medward_upper_layer::Uid;
use medward_vault::{ObjectId, Outcome, QuarantineId, Receipt, StudyId, VaultError};
use medward_ward_ledger::{Event, SAME_UID_OTHER_CONTENT};
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// An object on its way to the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its study.
    pub study: StudyId,
    /// Its UID.
    pub object: ObjectId,
    /// The span in which it came.
    pub trace: Option<Context>,
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
    /// An object that could not be read, or a result that could not be brought back, for now: it should be sent again.
    NotBack(WayBackError),
}

impl Answer {
    /// The status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Stored => 0x0000,
            Self::Held(_) => 0xC000,
            Self::Failed(VaultError::Full) => 0xA700,
            Self::Failed(_) | Self::NotBack(_) => 0x0110,
        }
    }

    /// A comment for the sender, without anything of the object.
    pub fn comment(&self) -> Option<String> {
        match self {
            Self::Stored => None,
            Self::Held(refusal) => Some(format!("held back, {refusal}")),
            Self::Failed(VaultError::Full) => Some("out of room, send it again later".to_owned()),
            Self::Failed(VaultError::Erased(_)) => Some("the study was erased".to_owned()),
            Self::Failed(_) | Self::NotBack(_) => Some("it could not be stored, send it again".to_owned()),
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
    /// The way back.
    #[error(transparent)]
    WayBack(#[from] WayBackError),
}

/// What an object is that no layer refuses.
enum Judged {
    /// An original, with its names.
    Image(StudyId, ObjectId),
    /// A result, which is done with.
    WentBack,
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
    /// The study that it was sent into, where the request named one.
    pub study: Option<Uid>,
    /// The span in which it came.
    pub trace: Option<Context>,
}

/// Keeps objects; its calls wait for the disk.
#[derive(Debug)]
pub struct Keep {
    state: State,
    layers: Arc<Layers>,
    way_back: WayBack,
    readers: Readers,
    next: Sender<Kept>,
}

impl Keep {
    /// Keeps into a state, and hands on to the release.
    pub(crate) fn new(
        state: State,
        layers: Arc<Layers>,
        way_back: WayBack,
        readers: Readers,
        next: Sender<Kept>,
    ) -> Self {
        Self { state, layers, way_back, readers, next }
    }

    /// Begins a span; nothing where nobody traces.
    pub(crate) fn span(&self, name: Name, parent: Option<Context>) -> Span {
        self.state.watch.span(name, parent)
    }

    /// The study behind a pseudonymous UID, for whom all layers and people let know it.
    pub(crate) fn behind(&self, study: &str) -> Result<Option<StudyId>, VaultError> {
        self.way_back.behind(study)
    }

    /// Keeps an object that is in memory as a file.
    pub fn whole(&self, claim: &Claim, bytes: &[u8]) -> Answer {
        let mut source = Cursor::new(bytes);
        let dealt = self.read(&claim.sender, claim.trace, &mut source).and_then(|read| match read {
            Ok(data_set) => {
                let digest = || Sha256::digest(bytes).into();
                self.deal(claim, &data_set, &mut source, bytes.len() as u64, digest)
            }
            Err(refusal) => Ok(Err(refusal)),
        });
        match dealt {
            Ok(Ok(Judged::Image(study, object))) => {
                let stored = self.state.originals.put(&study, &object).and_then(|mut put| {
                    put.push(bytes)?;
                    put.finish()
                });
                self.stored(claim, stored)
            }
            Ok(Ok(Judged::WentBack)) => Answer::Stored,
            Ok(Err(refusal)) => {
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
            Err(error) => not_now(error),
        }
    }

    /// Has an object of a sender read, contained.
    fn read<S: Read + Seek>(
        &self,
        sender: &str,
        trace: Option<Context>,
        source: &mut S,
    ) -> Result<Result<DataSet, Refusal>, WayBackError> {
        let mut span = self.span(Name::Read, trace);
        let scanned = self.readers.scan(sender, source);
        match &scanned {
            Ok(_) => span.outcome("read", true),
            Err(NotRead::Harmful(refusal)) => span.refused(refusal),
            Err(NotRead::NotNow(_)) => span.outcome("failed", false),
        }
        match scanned {
            Ok(data_set) => Ok(Ok(data_set)),
            Err(NotRead::Harmful(refusal)) => Ok(Err(refusal)),
            Err(NotRead::NotNow(error)) => Err(error.into()),
        }
    }

    /// Begins a large object: it is sealed into the quarantine as it comes, and leaves it once it was looked at.
    pub fn begin_large(&self, claim: &Claim) -> Result<medward_vault::QuarantinePut, VaultError> {
        self.state.originals.quarantine("large, not yet looked at", &note(claim))
    }

    /// Keeps a large object that is in the quarantine whole.
    pub fn large(&self, claim: &Claim, put: medward_vault::QuarantinePut) -> Answer {
        let dealt = put.finish().map_err(WayBackError::from).and_then(|held| {
            let open = || self.state.originals.get_quarantined(held.id).map(|(_, reader)| reader);
            let mut source = Reread::new(open)?;
            let length = source.length();
            let dealt = match self.read(&claim.sender, claim.trace, &mut source)? {
                Ok(data_set) => self.deal(claim, &data_set, &mut source, length, || held.digest)?,
                Err(refusal) => Err(refusal),
            };
            Ok((held, dealt))
        });
        let (held, dealt) = match dealt {
            Ok(dealt) => dealt,
            Err(error) => return not_now(error),
        };
        let answer = match dealt {
            Ok(Judged::Image(study, object)) => {
                self.stored(claim, self.state.originals.release(held.id, &study, &object))
            }
            Ok(Judged::WentBack) => Answer::Stored,
            Err(refusal) => {
                let again = self.hold_again(claim, held.id, &refusal);
                again.map_or_else(Answer::Failed, |digest| self.held(claim, refusal, digest))
            }
        };
        self.leave(held.id);
        answer
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
    pub fn again(&self, id: QuarantineId) -> Result<Result<(), Refusal>, KeepError> {
        let open = || self.state.originals.get_quarantined(id);
        let sender = sender_of(&open()?.0.note);
        let mut source = Reread::new(|| open().map(|(_, reader)| reader))?;
        let (length, digest) = (source.length(), source.digest());
        let dealt = match self.read(&sender, None, &mut source)? {
            Err(refusal) => Err(refusal),
            Ok(data_set) => {
                let own = |tag| facts::uid(&data_set, tag).ok_or(Refusal::new(WardLayer::Vault, "no-name"));
                let names = own(facts::SOP_CLASS).and_then(|class| Ok((class, own(facts::SOP_INSTANCE)?)));
                match names {
                    Ok((sop_class, sop_instance)) => {
                        let claim = Claim { sender, sop_class, sop_instance, study: None, trace: None };
                        self.deal(&claim, &data_set, &mut source, length, || digest)?
                    }
                    Err(refusal) => Err(refusal),
                }
            }
        };
        let (study, object) = match dealt {
            Ok(Judged::Image(study, object)) => (study, object),
            Ok(Judged::WentBack) => {
                self.state.originals.close_quarantined(id)?;
                return Ok(Ok(()));
            }
            Err(refusal) => return Ok(Err(refusal)),
        };
        let outcome = self.state.originals.find(&object)?;
        if outcome.is_some_and(|held| held.digest != digest) {
            return Ok(Err(Refusal::new(WardLayer::Vault, SAME_UID_OTHER_CONTENT)));
        }
        self.state.queue.open_again(object.as_str())?;
        self.state.originals.release(id, &study, &object)?;
        let _ = self.next.send(Kept { study, object, trace: None });
        Ok(Ok(()))
    }

    /// The first place of a large object; where it left by itself there is nothing to do.
    fn leave(&self, id: QuarantineId) {
        let _ = self.state.originals.discard(id);
    }

    /// Judges an object; a result goes its whole way back here, so that it is acknowledged only then.
    fn deal<S: Read + Seek>(
        &self,
        claim: &Claim,
        data_set: &DataSet,
        source: &mut S,
        bytes: u64,
        digest: impl FnOnce() -> [u8; 32],
    ) -> Result<Result<Judged, Refusal>, WayBackError> {
        let (study, object) = match self.judge(claim, data_set, bytes) {
            Ok(names) => names,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !self.way_back.is_for(&claim.sender) {
            return Ok(Ok(Judged::Image(study, object)));
        }
        let received = Received { sender: &claim.sender, data_set, digest: digest() };
        let mut span = self.span(Name::WayBack, claim.trace);
        let taken = self.way_back.take(received, source).inspect_err(|_| span.outcome("failed", false))?;
        match &taken {
            Ok(()) => span.outcome("returned", true),
            Err(refusal) => span.refused(refusal),
        }
        Ok(taken.map(|()| Judged::WentBack))
    }

    fn judge(&self, claim: &Claim, data_set: &DataSet, bytes: u64) -> Result<(StudyId, ObjectId), Refusal> {
        let Claim { sop_class, sop_instance, .. } = claim;
        self.layers.decide(&Moment::Object(&Object { sop_class, sop_instance, bytes, data_set }))?;
        // Whatever the layers think: nothing is kept without a name, or under another than the one it came with.
        if facts::uid(data_set, facts::SOP_INSTANCE).as_ref() != Some(sop_instance) {
            return Err(Refusal::new(WardLayer::Vault, "another-name-than-said"));
        }
        if claim.study.is_some() && facts::uid(data_set, facts::STUDY) != claim.study {
            return Err(Refusal::new(WardLayer::Vault, "another-study-than-said"));
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
                let refusal = Refusal::new(WardLayer::Vault, SAME_UID_OTHER_CONTENT);
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
        let _ = self.next.send(Kept { study, object, trace: claim.trace });
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
        if is(Broken::ReceiptNotWritten) {
            return;
        }
        if self.state.watch.record(event).is_err()
            && let Ok(entry) = serde_json::to_string(event)
        {
            // With neither ledger nor queue the image still is in the vault, which is what matters to its sender.
            let _ = self.state.queue.owe(&entry);
        }
    }
}

fn not_now(error: WayBackError) -> Answer {
    match error {
        WayBackError::Vault(error) => Answer::Failed(error),
        other => {
            tell(&format!("an object is not taken for now: {other}"));
            Answer::NotBack(other)
        }
    }
}

/// What is known of a quarantined object: it is sealed with it.
fn note(claim: &Claim) -> String {
    format!("from {}, said to be {} of class {}", claim.sender, claim.sop_instance, claim.sop_class)
}

/// The sender in a note; none in one of another kind.
fn sender_of(note: &str) -> String {
    let sender = note.strip_prefix("from ").and_then(|rest| rest.split_once(", said to be "));
    sender.map(|(sender, _)| sender.to_owned()).unwrap_or_default()
}

/// A digest in hexadecimal digits.
pub(crate) fn hex(digest: [u8; 32]) -> String {
    Digest::of(digest).as_str().to_owned()
}
