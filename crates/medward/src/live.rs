//! What the ledger beside a security file says of it at a moment: called by the commands that judge, before they judge.

use crate::command::{DIRECTORY, public_key};
use crate::output::{Error, visible};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_evidence::{History, People, Standings, States, asked, read, required};
use medward_file::SecurityFile;
use medward_ledger::{Checkpoint, Note, VerifierKey, verify, witness};
use medward_response::Cases;
use medward_rules::Live;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Directory inside the ledger's for the heads that witnesses cosigned, a file for each witness by its id.
pub(crate) const WITNESSED: &str = "witnessed";
/// Largest cosigned head read, in bytes.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// Heads that witnesses cosigned: the witness, the head, and when.
type Cosigned = Vec<(String, Checkpoint, Timestamp)>;

/// A moment that a user asks for: a day, which means its end, or a point in time; both in UTC where no zone is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(Timestamp);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let end = |day: Date| TimeZone::UTC.to_timestamp(day.at(23, 59, 59, 0));
        let day = || text.parse::<Date>().and_then(end);
        // A point in time is tried first: its text begins with a day.
        let found =
            text.parse::<Timestamp>().or_else(|error| if text.contains('T') { Err(error) } else { day() });
        found.map(Self).map_err(|_| {
            format!("`{text}` is neither a day such as 2026-10-01 nor a time such as 2026-10-01T14:30Z")
        })
    }
}

impl Moment {
    /// The point in time.
    pub(crate) fn timestamp(self) -> Timestamp {
        self.0
    }

    /// In seconds since 1970-01-01.
    pub(crate) fn second(self) -> i64 {
        self.0.as_second()
    }

    /// The day, in UTC.
    pub(crate) fn day(self) -> Date {
        TimeZone::UTC.to_datetime(self.0).date()
    }
}

/// What the ledger says at a moment, now where none is given; nothing where there is no ledger. A ledger that does not verify
/// proves nothing, so that no command can judge by it.
pub(crate) fn live(file: &SecurityFile, directory: &Path, at: Option<Moment>) -> Result<Option<Live>, Error> {
    let moment = |_: &History| at.map_or_else(Timestamp::now, |at| at.0);
    // A time ahead of the clock is a question about the future, not a wrong entry.
    Ok(asked_at(file, directory, moment, at.is_none())?.map(|(live, _)| live))
}

/// The same without a clock: at the moment given, else when the newest entry was received, else when `otherwise` says; with the
/// verified head.
pub(crate) fn live_by_ledger(
    file: &SecurityFile,
    directory: &Path,
    at: Option<Moment>,
    otherwise: Timestamp,
) -> Result<Option<(Live, Checkpoint)>, Error> {
    let moment = |history: &History| at.map_or_else(|| history.newest.unwrap_or(otherwise), |at| at.0);
    asked_at(file, directory, moment, false)
}

fn asked_at(
    file: &SecurityFile,
    directory: &Path,
    moment: impl FnOnce(&History) -> Timestamp,
    is_now: bool,
) -> Result<Option<(Live, Checkpoint)>, Error> {
    let ledger = directory.join(DIRECTORY);
    if !ledger.is_dir() {
        return Ok(None);
    }
    let (heads, verified) = verified_heads(file, &ledger)?;
    let history = read(&ledger, &People::of(file))?;
    let moment = moment(&history);
    let records: Vec<_> = asked(file).into_iter().map(|asked| asked.record).collect();
    let authors = medward_authorship::authors(file, &records).unwrap_or_else(|error| {
        if !file.people.is_empty() && !records.is_empty() {
            eprintln!(
                "medward: whether authors approved their own records was not looked for: {}",
                visible(&error.to_string())
            );
        }
        HashMap::default()
    });
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
    };
    Ok(Some((live, verified)))
}

/// What the ledger of a device holds, once it is found to be sound.
pub(crate) fn history(file: &SecurityFile, directory: &Path) -> Result<History, Error> {
    let ledger = directory.join(DIRECTORY);
    verified_heads(file, &ledger)?;
    Ok(read(&ledger, &People::of(file))?)
}

/// Verifies a ledger against its key and against the heads that witnesses cosigned; gives those, and its own head.
fn verified_heads(file: &SecurityFile, ledger: &Path) -> Result<(Cosigned, Checkpoint), Error> {
    let key = trusted_key(file, ledger)?;
    let heads = cosigned_heads(file, ledger, &key)?;
    let seen: Vec<_> = heads.iter().map(|(_, head, _)| head.clone()).collect();
    let verified = verify(ledger, &key, &seen).map_err(|findings| {
        let reasons: Vec<_> = findings.iter().map(ToString::to_string).collect();
        Error::Usage(format!("the ledger proves nothing: {}", reasons.join("; ")))
    })?;
    Ok((heads, verified.head))
}

/// The same for commands that may also take controls as the file declares them.
pub(crate) fn live_unless(
    declared: bool,
    file: &SecurityFile,
    directory: &Path,
    at: Option<Moment>,
) -> Result<Option<Live>, Error> {
    if declared { Ok(None) } else { live(file, directory, at) }
}

/// The key that the ledger's head must be signed with: the file's, where it names one, else the one beside the ledger.
fn trusted_key(file: &SecurityFile, ledger: &Path) -> Result<VerifierKey, Error> {
    let beside = public_key(ledger, None)?;
    let Some(named) = file.policy.as_ref().and_then(|(_, policy)| policy.ledger_key.as_ref()) else {
        return Ok(beside);
    };
    let named = VerifierKey::parse(named)
        .map_err(|error| Error::Usage(format!("`ledger_key` of the policy cannot be read: {error}")))?;
    if named == beside {
        return Ok(named);
    }
    let (beside, named) = (beside.name(), named.name());
    Err(Error::Usage(format!(
        "the ledger proves nothing: the key beside it (`{beside}`) is not the `ledger_key` of the policy (`{named}`)"
    )))
}

/// The heads that the witnesses of the file cosigned, with when.
fn cosigned_heads(file: &SecurityFile, ledger: &Path, key: &VerifierKey) -> Result<Cosigned, Error> {
    let mut heads = Vec::new();
    for one in &file.witnesses {
        let path = witnessed(ledger, one.id());
        let Some(bytes) = read_if_there(&path)? else { continue };
        let unusable =
            |reason: String| Error::Usage(format!("`{}` proves nothing: {reason}", path.display()));
        let witness = VerifierKey::parse(&one.key).map_err(|error| {
            Error::Usage(format!("the key of `witness.{}` cannot be read: {error}", one.id()))
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
pub(crate) fn witnessed(ledger: &Path, witness: &str) -> PathBuf {
    ledger.join(WITNESSED).join(witness)
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::io("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(HEAD_BYTES_MAX).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(Some(bytes))
}
