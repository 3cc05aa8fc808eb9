//! The way back: a result of the AI is held against the study that it answers, gets its patient again, and goes to the hospital.
//!
//! Who is behind a pseudonym stands nowhere: it is derived anew from the originals of the study and the key of the pseudonyms, in
//! memory, each time a result comes. Once a study is erased there is no way back to it.

use crate::configuration::Configuration;
use crate::decision::{Moment, Refusal, Returning};
use crate::facts;
use crate::keep::hex;
use crate::layers::Layers;
use crate::queue::QueueError;
use crate::reread::Reread;
use crate::signing::{Signing, unsigned_digest};
use crate::state::State;
use crate::watch::WatchError;
use medward_containment::ContainmentError;
use medward_deid::mapping::Mapping;
use medward_deid::reidentify::{NotRestored, reidentify};
use medward_deid::{Deidentifier, NotPassed};
use medward_dicom_scan::{DataSet, Limits, Scanner, WriteError};
use medward_file::kinds::WardLayer;
use medward_seal::NotSigned;
use medward_vault::{ObjectId, Outcome, Quarantined, StudyId, VaultError};
use medward_ward_ledger::{Event, SAME_UID_OTHER_CONTENT};
use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, PoisonError};

/// Why an object could not be dealt with for now: it is to be sent again.
#[derive(Debug, thiserror::Error)]
pub enum WayBackError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger: nothing goes back without an entry.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// An original, or the disk.
    #[error("an original cannot be read: {0}")]
    Read(#[from] NotPassed),
    /// The result cannot be read again.
    #[error("the result cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Nobody could read it, which says nothing about it.
    #[error(transparent)]
    Reader(#[from] ContainmentError),
    /// The result could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The result could not be signed, which says nothing about it.
    #[error("a result cannot be signed: {0}")]
    Signing(NotSigned),
}

/// A result that came, under what its sender's record is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'r> {
    pub(crate) sender: &'r str,
    pub(crate) data_set: &'r DataSet,
    /// SHA-256 of its bytes.
    pub(crate) digest: [u8; 32],
}

/// The way back.
pub struct WayBack {
    state: State,
    configuration: Arc<Configuration>,
    layers: Arc<Layers>,
    deidentifier: Deidentifier,
    signing: Option<Signing>,
    /// Studies by their pseudonymous UID, as far as they were asked for or passed by.
    studies: Mutex<HashMap<String, StudyId>>,
}

impl std::fmt::Debug for WayBack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WayBack")
    }
}

/// The study that a result answers.
struct Answered {
    study: StudyId,
    /// One of its images.
    image: ObjectId,
    mapping: Mapping,
    /// Its images that went out, by their pseudonymous UIDs.
    sent: HashSet<String>,
}

const fn refused(layer: WardLayer, reason: &'static str) -> Refusal {
    Refusal::new(layer, reason)
}

impl WayBack {
    /// Of what a ward keeps, by its pseudonyms.
    pub(crate) fn new(
        state: State,
        configuration: Arc<Configuration>,
        layers: Arc<Layers>,
        deidentifier: Deidentifier,
        signing: Option<Signing>,
    ) -> Self {
        Self { state, configuration, layers, deidentifier, signing, studies: Mutex::default() }
    }

    /// Whether what a sender sends is results.
    pub(crate) fn is_for(&self, sender: &str) -> bool {
        self.configuration.senders.iter().any(|one| one.id == sender && !one.result_classes.is_empty())
    }

    /// Brings a result back. When this is done it is on stable storage, in the ledger and queued for the hospital; what is refused is
    /// nowhere yet.
    pub(crate) fn take<S: Read + Seek>(
        &self,
        received: Received<'_>,
        source: &mut S,
    ) -> Result<Result<(), Refusal>, WayBackError> {
        let name =
            facts::uid(received.data_set, facts::SOP_INSTANCE).and_then(|uid| uid.as_str().parse().ok());
        let Some(object): Option<ObjectId> = name else {
            return Ok(Err(refused(WardLayer::Vault, "no-name")));
        };
        let Some(answered) = self.answered(received.data_set)? else {
            return Ok(Err(refused(WardLayer::Vault, "answers-no-study-that-was-sent")));
        };
        // Whatever the layers think: a result never takes the place of an image.
        if answered.mapping.uid(object.as_str()).is_some() || self.state.originals.find(&object)?.is_some() {
            return Ok(Err(refused(WardLayer::Vault, "name-of-an-image")));
        }
        source.rewind()?;
        let mut put = self.state.identified.quarantine("a result that is being made", "")?;
        match reidentify(&answered.mapping, source, &mut put) {
            Ok(_) => {}
            Err(NotRestored::Write(error)) => return Err(error.into()),
            Err(error) => return Ok(Err(refused(WardLayer::Privacy, not_restored(&error)))),
        }
        let made = put.finish()?;
        let taken = self.judged(&received, &answered, &made, &object);
        let taken = taken.and_then(|judged| match judged {
            Ok(()) => self.signed_and_kept(&received, &answered, &made, &object),
            Err(refusal) => Ok(Err(refusal)),
        });
        if !matches!(taken, Ok(Ok(()))) {
            self.state.identified.discard(made.id)?;
        }
        taken
    }

    /// What all layers think of a result with its patient put back.
    fn judged(
        &self,
        received: &Received<'_>,
        answered: &Answered,
        made: &Quarantined,
        object: &ObjectId,
    ) -> Result<Result<(), Refusal>, WayBackError> {
        let strays = self.strays(received.data_set, answered)?;
        let (originals, identified) = (&self.state.originals, &self.state.identified);
        let mut scanners = [(); 2].map(|()| Scanner::new(&Limits::default()));
        let [first, second] = &mut scanners;
        let mut original = Reread::new(|| originals.get(&answered.image))?;
        let mut result = Reread::new(|| identified.get_quarantined(made.id).map(|(_, reader)| reader))?;
        let scanned =
            first.scan(&mut original).and_then(|original| Ok((original, second.scan(&mut result)?)));
        let Ok((original, result)) = scanned else {
            return Ok(Err(refused(WardLayer::Content, "unreadable-result")));
        };
        let Received { sender, data_set, .. } = *received;
        let moment = Returning { sender, received: data_set, result, original, strays };
        if let Err(refusal) = self.layers.decide(&Moment::Return(&moment)) {
            return Ok(Err(refusal));
        }
        let known = identified.find(object)?;
        let Some(known) = known.filter(|known| known.digest != made.digest) else { return Ok(Ok(())) };
        // One that was signed is another only if it was another before.
        let is_same =
            unsigned_digest(identified, &known.object).map_err(WayBackError::Signing)? == made.digest;
        Ok(if is_same { Ok(()) } else { Err(refused(WardLayer::Vault, SAME_UID_OTHER_CONTENT)) })
    }

    /// Signs a result where the file says so, and keeps it; one that came before is kept as it was signed then.
    fn signed_and_kept(
        &self,
        received: &Received<'_>,
        answered: &Answered,
        made: &Quarantined,
        object: &ObjectId,
    ) -> Result<Result<(), Refusal>, WayBackError> {
        let identified = &self.state.identified;
        if let Some(known) = identified.find(object)? {
            identified.discard(made.id)?;
            self.returned(received, known.digest)?;
            return Ok(Ok(self.queue(object)?));
        }
        let Some(signing) = &self.signing else { return self.keep(received, answered, made, object) };
        let signed = match signing.sign(identified, made) {
            Ok(signed) => signed,
            // About the key, or the disk: it is to be sent again.
            Err(
                error @ (NotSigned::OutOfTime | NotSigned::Library | NotSigned::Io(_) | NotSigned::Write(_)),
            ) => {
                return Err(WayBackError::Signing(error));
            }
            Err(_) => return Ok(Err(refused(WardLayer::Integrity, "cannot-be-signed"))),
        };
        let kept = self.keep(received, answered, &signed, object);
        let left = if matches!(kept, Ok(Ok(()))) { made.id } else { signed.id };
        identified.discard(left)?;
        kept
    }

    fn keep(
        &self,
        received: &Received<'_>,
        answered: &Answered,
        made: &Quarantined,
        object: &ObjectId,
    ) -> Result<Result<(), Refusal>, WayBackError> {
        // First the entry: what is not in the ledger does not go back, after a crash either.
        self.returned(received, made.digest)?;
        if let Outcome::Conflict(_) = self.state.identified.release(made.id, &answered.study, object)? {
            return Ok(Err(refused(WardLayer::Vault, SAME_UID_OTHER_CONTENT)));
        }
        self.queue(object)?;
        Ok(Ok(()))
    }

    fn returned(&self, received: &Received<'_>, digest: [u8; 32]) -> Result<(), WatchError> {
        self.state.watch.record(&Event::Returned {
            received: hex(received.digest),
            object: hex(digest),
            study: facts::text(received.data_set, facts::STUDY).unwrap_or_default().into_owned(),
            sender: received.sender.to_owned(),
        })
    }

    fn queue(&self, object: &ObjectId) -> Result<(), QueueError> {
        let to: Vec<_> =
            self.configuration.results_to.iter().map(|one| (object.as_str(), one.id.as_str())).collect();
        self.state.queue.deliver(&to)
    }

    /// At the start: what a power cut took from the queue is put back, what was left half made is dropped.
    pub(crate) fn left_over(&self) -> Result<(), WayBackError> {
        for half_made in self.state.identified.quarantined()? {
            self.state.identified.discard(half_made.id)?;
        }
        for study in self.state.identified.studies()?.into_iter().filter(|study| study.erased.is_none()) {
            for receipt in self.state.identified.objects(&study.study)? {
                self.queue(&receipt.object)?;
            }
        }
        Ok(())
    }

    /// The study that a result says it answers, if that was sent and is not erased.
    fn answered(&self, result: &DataSet) -> Result<Option<Answered>, WayBackError> {
        let name = facts::uid(result, facts::STUDY);
        let Some(study) = name.map(|name| self.behind(name.as_str())).transpose()?.flatten() else {
            return Ok(None);
        };
        let mut deidentifier = self.deidentifier.clone();
        let (mut links, mut sent, mut image) = (Vec::new(), HashSet::new(), None);
        for receipt in self.state.originals.objects(&study)? {
            let name = deidentifier.uid(receipt.object.as_str());
            let result = name.parse().ok().map(|id: ObjectId| self.state.results.find(&id)).transpose()?;
            if result.flatten().is_none() {
                // Held back, or not yet dealt with: nobody outside can know it.
                continue;
            }
            let mut source = match Reread::new(|| self.state.originals.get(&receipt.object)) {
                Ok(source) => source,
                Err(VaultError::Erased(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            links.push(deidentifier.open(&mut source)?.links());
            sent.insert(name);
            image.get_or_insert(receipt.object);
        }
        Ok(image.map(|image| Answered { study, image, mapping: Mapping::of(links), sent }))
    }

    /// The study behind a pseudonymous UID.
    pub(crate) fn behind(&self, name: &str) -> Result<Option<StudyId>, VaultError> {
        let mut known = self.studies.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) {
            let studies = self.state.originals.studies()?.into_iter().map(|study| study.study);
            *known = studies.map(|study| (self.deidentifier.uid(study.as_str()), study)).collect();
        }
        Ok(known.get(name).cloned())
    }

    /// How many of the UIDs that place a result are not of the study: neither of an image that was sent nor of an earlier result.
    fn strays(&self, result: &DataSet, answered: &Answered) -> Result<usize, VaultError> {
        let mut wanted: HashMap<_, HashSet<String>> = HashMap::new();
        let own_series = facts::uid(result, facts::SERIES);
        for element in result.elements() {
            let is_own = element.depth == 0 && element.tag == facts::SERIES;
            let places = [
                facts::STUDY,
                facts::SERIES,
                facts::REFERENCED_SOP_INSTANCE,
                facts::FRAME_OF_REFERENCE,
                facts::REFERENCED_FRAME_OF_REFERENCE,
            ];
            let Some(value) = result.value(element).filter(|_| places.contains(&element.tag) && !is_own)
            else {
                continue;
            };
            let uid = String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned();
            if !uid.is_empty() {
                wanted.entry(element.tag).or_default().insert(uid);
            }
        }
        let mut series: HashSet<_> = own_series.map(|uid| uid.as_str().to_owned()).into_iter().collect();
        let mut strays = 0_usize;
        for instance in wanted.remove(&facts::REFERENCED_SOP_INSTANCE).unwrap_or_default() {
            if answered.sent.contains(&instance) {
                continue;
            }
            match self.series_of_earlier(&instance, &answered.study)? {
                Some(of_earlier) => drop(series.insert(of_earlier)),
                None => strays = strays.saturating_add(1),
            }
        }
        let own = facts::uid(result, facts::STUDY);
        for (tag, uids) in wanted {
            let is_known = |uid: &String| match tag {
                facts::STUDY => own.as_ref().is_some_and(|own| own.as_str() == uid),
                facts::SERIES => series.contains(uid) || answered.mapping.uid(uid).is_some(),
                _ => answered.mapping.uid(uid).is_some(),
            };
            strays = strays.saturating_add(uids.iter().filter(|uid| !is_known(uid)).count());
        }
        Ok(strays)
    }

    /// The series of an earlier result for the same study; `None` where there is no such result.
    fn series_of_earlier(&self, instance: &str, study: &StudyId) -> Result<Option<String>, VaultError> {
        let Ok(id) = instance.parse::<ObjectId>() else { return Ok(None) };
        let identified = &self.state.identified;
        if identified.find(&id)?.is_none_or(|receipt| receipt.study != *study) {
            return Ok(None);
        }
        let mut source = Reread::new(|| identified.get(&id))?;
        let mut scanner = Scanner::new(&Limits::default());
        let series = scanner.scan(&mut source).ok().and_then(|result| facts::uid(result, facts::SERIES));
        Ok(series.map(|uid| uid.as_str().to_owned()))
    }
}

/// The closed list of words for what the library says in a sentence.
const fn not_restored(error: &NotRestored) -> &'static str {
    match error {
        NotRestored::UnknownPatient => "patient-is-no-pseudonym-of-this-study",
        NotRestored::UnknownStudy => "answers-no-study-that-was-sent",
        NotRestored::CharacterSet => "name-does-not-fit-its-character-set",
        NotRestored::Refused(_) | NotRestored::Write(_) => "unreadable",
    }
}
