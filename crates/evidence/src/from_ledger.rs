//! Evidence out of a ledger.

use crate::{Evidence, Outcome};
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

/// All evidence in the ledger of a directory, in the order received. Whether the ledger is sound is for verification to say.
pub fn read(ledger: &Path) -> Result<Vec<Evidence>, ReadError> {
    let failed = |source| ReadError::Io { path: ledger.to_path_buf(), source };
    let mut reader = Reader::open(&ledger.join("segment")).map_err(failed)?;
    let mut found = Vec::new();
    loop {
        let index = reader.count;
        let Step::Entry(bytes) = reader.step().map_err(failed)? else { return Ok(found) };
        let entry = Entry::parse(&bytes).map_err(|reason| ReadError::Entry { index, reason })?;
        found.extend(evidence(entry));
    }
}

/// A moment of an entry; one past what a calendar holds is as late as can be said.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn evidence(entry: Entry) -> Option<Evidence> {
    let Entry::Evidence {
        control, probe, outcome, observed_until, received, valid_until, fingerprint, ..
    } = entry
    else {
        return None;
    };
    Some(Evidence {
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
    })
}
