//! What the ledger beside a security file says of it at a moment: called by commands and pages that judge, before they judge, so that
//! they cannot come to different ends. A ledger that does not verify proves nothing, and nobody can judge by it.
//!
//! Reads no clock: the caller names the moment.

use jiff::Timestamp;
use medward_evidence::{History, People, Standings, States, asked, read, required, unreviewed};
use medward_file::kinds::Ward;
use medward_file::{Record, SecurityFile};
use medward_ledger::{Checkpoint, Note, VerifierKey, verify, witness};
use medward_response::Cases;
use medward_rules::{Live, WardLive};
use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Name of the ledger's directory inside that of the device.
pub const DIRECTORY: &str = "ledger";
/// Name of the file that holds the public half of the ledger's key.
pub const PUBLIC_KEY: &str = "key.pub";
/// Directory inside the ledger's for the heads that witnesses cosigned, a file for each witness by its id.
const WITNESSED: &str = "witnessed";
/// Largest cosigned head read, in bytes.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// Heads that witnesses cosigned: the witness, the head, and when.
type Cosigned = Vec<(String, Checkpoint, Timestamp)>;

/// Why nothing can be said by a ledger.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A public key has no form of one.
    #[error("`{path}`: {reason}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It does not hold what its key signed, or not with the key of the file, or not what witnesses saw.
    #[error("{0}")]
    Unsound(String),
    /// Entries could not be read.
    #[error(transparent)]
    Evidence(#[from] medward_evidence::ReadError),
    /// The ledger of a ward.
    #[error(transparent)]
    Ward(#[from] medward_ward_ledger::HistoryError),
    /// Built-in data of response are broken.
    #[error(transparent)]
    Data(#[from] medward_response::DataError),
}

/// What a sound ledger says at a moment.
#[derive(Debug)]
pub struct Read {
    /// What it says.
    pub live: Live,
    /// Its head, verified.
    pub head: Checkpoint,
    /// Why nobody knows who wrote the records, where approvals depend on it.
    pub authors_unknown: Option<String>,
}

/// What the ledger beside a file says at a moment; nothing where there is no ledger. `is_now` where the moment is that of the clock.
pub fn live(
    file: &SecurityFile,
    directory: &Path,
    moment: impl FnOnce(&History) -> Timestamp,
    is_now: bool,
) -> Result<Option<Read>, LiveError> {
    let ledger = directory.join(DIRECTORY);
    if !ledger.is_dir() {
        return Ok(None);
    }
    let (heads, head) = verified_heads(file, &ledger)?;
    let history = read(&ledger, &People::of(file))?;
    let moment = moment(&history);
    let records: Vec<_> = asked(file).into_iter().map(|asked| asked.record).collect();
    let (authors, authors_unknown) = match medward_authorship::authors(file, &records) {
        Ok(authors) => (authors, None),
        Err(_) if file.people.is_empty() || records.is_empty() => (HashMap::default(), None),
        Err(error) => (HashMap::default(), Some(error.to_string())),
    };
    let live = Live {
        at: moment,
        is_now,
        states: States::at(&required(file), &history.evidence, moment),
        standings: Standings::at(file, &history.approvals, moment),
        cases: Cases::at(&history, moment)?,
        history,
        authors,
        cosigned: heads
            .into_iter()
            .map(|(id, _, time)| (id, time))
            .filter(|(_, time)| *time <= moment)
            .collect(),
        // Only whoever asks for them pays for reading them ([`ward`]).
        wards: BTreeMap::new(),
    };
    Ok(Some(Read { live, head, authors_unknown }))
}

/// What the ledger of a ward holds, in the directory of its state, once it is found to be sound: by the key of the file, where it names
/// one.
pub fn ward(ward: &Record<Ward>, state: &Path) -> Result<medward_ward_ledger::History, LiveError> {
    let key = ward.ledger_key.as_ref().map(|key| VerifierKey::parse(&key.value)).transpose();
    let key = key.map_err(|error| {
        let id = ward.id();
        LiveError::Unsound(format!("`ledger_key` of `[ward.{id}]` cannot be read: {error}"))
    })?;
    Ok(medward_ward_ledger::History::read(state, key.as_ref())?)
}

/// What rules ask of the ledger of a ward, as it stood at a moment.
pub fn ward_live(file: &SecurityFile, history: medward_ward_ledger::History, moment: Timestamp) -> WardLive {
    let (people, mut history) = (People::of(file), history);
    history.alarms.retain(|alarm| alarm.at <= moment);
    history.emergencies.retain(|emergency| emergency.at <= moment);
    let looked = |emergency| (unreviewed(&emergency, &people), emergency);
    let emergencies = history.emergencies.into_iter().map(looked).map(|(why, one)| (one, why));
    let layers_off = history.run.filter(|run| run.at <= moment).map(|run| run.layers_off);
    WardLive {
        alarms: history.alarms,
        emergencies: emergencies.collect(),
        layers_off: layers_off.unwrap_or_default(),
    }
}

/// What the ledger of a device holds, once it is found to be sound.
pub fn history(file: &SecurityFile, directory: &Path) -> Result<History, LiveError> {
    let ledger = directory.join(DIRECTORY);
    verified_heads(file, &ledger)?;
    Ok(read(&ledger, &People::of(file))?)
}

/// Verifies the ledger of a device against its key and against the heads that witnesses cosigned; gives its head.
pub fn verified(file: &SecurityFile, directory: &Path) -> Result<Checkpoint, LiveError> {
    Ok(verified_heads(file, &directory.join(DIRECTORY))?.1)
}

fn verified_heads(file: &SecurityFile, ledger: &Path) -> Result<(Cosigned, Checkpoint), LiveError> {
    let key = trusted_key(file, ledger)?;
    let heads = cosigned_heads(file, ledger, &key)?;
    let seen: Vec<_> = heads.iter().map(|(_, head, _)| head.clone()).collect();
    let verified = verify(ledger, &key, &seen).map_err(|findings| {
        let reasons: Vec<_> = findings.iter().map(ToString::to_string).collect();
        LiveError::Unsound(format!("the ledger proves nothing: {}", reasons.join("; ")))
    })?;
    Ok((heads, verified.head))
}

/// The public key beside a ledger, or one kept apart.
pub fn public_key(ledger: &Path, apart: Option<&Path>) -> Result<VerifierKey, LiveError> {
    let path = apart.map_or_else(|| ledger.join(PUBLIC_KEY), Path::to_path_buf);
    let text =
        std::fs::read_to_string(&path).map_err(|source| LiveError::Io { path: path.clone(), source })?;
    VerifierKey::parse(&text).map_err(|error| LiveError::Key { path, reason: error.to_string() })
}

/// The key that the ledger's head must be signed with: the file's, where it names one, else the one beside the ledger.
fn trusted_key(file: &SecurityFile, ledger: &Path) -> Result<VerifierKey, LiveError> {
    let beside = public_key(ledger, None)?;
    let Some(named) = file.policy.as_ref().and_then(|(_, policy)| policy.ledger_key.as_ref()) else {
        return Ok(beside);
    };
    let named = VerifierKey::parse(named)
        .map_err(|error| LiveError::Unsound(format!("`ledger_key` of the policy cannot be read: {error}")))?;
    if named == beside {
        return Ok(named);
    }
    let (beside, named) = (beside.name(), named.name());
    Err(LiveError::Unsound(format!(
        "the ledger proves nothing: the key beside it (`{beside}`) is not the `ledger_key` of the policy (`{named}`)"
    )))
}

/// The heads that the witnesses of the file cosigned, with when.
fn cosigned_heads(file: &SecurityFile, ledger: &Path, key: &VerifierKey) -> Result<Cosigned, LiveError> {
    let mut heads = Vec::new();
    for one in &file.witnesses {
        let path = witnessed(ledger, one.id());
        let Some(bytes) = read_if_there(&path)? else { continue };
        let unusable =
            |reason: String| LiveError::Unsound(format!("`{}` proves nothing: {reason}", path.display()));
        let witness = VerifierKey::parse(&one.key).map_err(|error| {
            LiveError::Unsound(format!("the key of `witness.{}` cannot be read: {error}", one.id()))
        })?;
        let note = Note::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
        let (head, seconds) =
            witness::cosigned(&note, key, &witness).map_err(|error| unusable(error.to_string()))?;
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        heads.push((one.id().to_owned(), head, Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)));
    }
    Ok(heads)
}

/// Where the head that a witness cosigned last is kept.
pub fn witnessed(ledger: &Path, witness: &str) -> PathBuf {
    ledger.join(WITNESSED).join(witness)
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, LiveError> {
    let failed = |source| LiveError::Io { path: path.to_owned(), source };
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let mut bytes = Vec::new();
    file.take(HEAD_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}
