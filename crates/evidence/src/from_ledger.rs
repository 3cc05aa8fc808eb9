//! Evidence, approvals and acts out of a ledger.

use crate::{Acted, Approval, Evidence, Outcome, People, Voucher};
use jiff::Timestamp;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Entry, EntryError};
use std::io;
use std::path::{Path, PathBuf};

/// Why evidence cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system failed.
    #[error("cannot read the ledger at `{path}`: {source}")]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An entry is not of a kind known here; a newer version wrote it, or it is none.
    #[error("entry {index} of the ledger cannot be read: {reason}")]
    Entry {
        /// Its position.
        index: u64,
        /// What is wrong.
        reason: EntryError,
    },
}

/// What a ledger holds of evidence, approvals and acts, in the order received.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Evidence, also such that counts for nothing.
    pub evidence: Vec<Evidence>,
    /// Approvals, also such that count for nothing.
    pub approvals: Vec<Approval>,
    /// What was done about events, complaints and corrective actions, also what counts for nothing.
    pub acts: Vec<Acted>,
    /// When the newest entry was received.
    pub newest: Option<Timestamp>,
}

/// All evidence, approvals and acts in the ledger of a directory. Whether the ledger is sound is for verification to say; who vouches
/// for an entry is found out here, with the keys of the people of the file.
pub fn read(ledger: &Path, people: &People<'_>) -> Result<History, ReadError> {
    let failed = |source| ReadError::Io { path: ledger.to_path_buf(), source };
    let mut reader = Reader::open(&ledger.join("segment")).map_err(failed)?;
    let mut history = History::default();
    loop {
        let index = reader.count;
        let Step::Entry(bytes) = reader.step().map_err(failed)? else { return Ok(history) };
        let entry = Entry::parse(&bytes).map_err(|reason| ReadError::Entry { index, reason })?;
        history.newest = history.newest.max(Some(moment(entry.received())));
        add(&mut history, entry, index, people);
    }
}

/// A moment of an entry; one past what a calendar holds is as late as can be said.
pub fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn add(history: &mut History, entry: Entry, index: u64, people: &People<'_>) {
    let role = match &entry {
        Entry::Evidence { role, .. } | Entry::Response { role, .. } => role.as_ref(),
        Entry::Approval { role, .. } | Entry::Erasure { role, .. } => Some(role),
        Entry::Access { .. } | Entry::ImageSeal { .. } | Entry::SeriesSeal { .. } => None,
    };
    let voucher = role.map_or(Voucher::Probe, |role| people.voucher(&entry, role.as_str()));
    match entry {
        Entry::Evidence {
            control,
            probe,
            outcome,
            observed_until,
            received,
            valid_until,
            fingerprint,
            ..
        } => history.evidence.push(Evidence {
            control: control.into(),
            probe: probe.into(),
            outcome: match outcome {
                medward_ledger::Outcome::Passed => Outcome::Passed,
                medward_ledger::Outcome::Failed => Outcome::Failed,
                medward_ledger::Outcome::Error => Outcome::Error,
            },
            observed_until: moment(observed_until),
            received: moment(received),
            valid_until: moment(valid_until),
            fingerprint: fingerprint.into(),
            voucher,
            index,
        }),
        Entry::Approval { record_kind, record, fingerprint, leans_on, role, received, .. } => {
            history.approvals.push(Approval {
                record: format!("{record_kind}.{record}"),
                fingerprint: fingerprint.into(),
                leans_on: leans_on.into(),
                role: role.into(),
                received: moment(received),
                // Without people in the file nobody can be held to an approval.
                voucher: if voucher == Voucher::Role { Voucher::Nobody("nobody signed it") } else { voucher },
                index,
            });
        }
        Entry::Response { case, act, exercise, role, received, .. } => history.acts.push(Acted {
            case: case.into(),
            act,
            exercise,
            received: moment(received),
            role: role.map(Into::into),
            voucher,
            index,
        }),
        Entry::Erasure { .. } | Entry::Access { .. } | Entry::ImageSeal { .. } | Entry::SeriesSeal { .. } => {
        }
    }
}
