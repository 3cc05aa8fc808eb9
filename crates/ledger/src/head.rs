//! The signed head in a log's directory: put in place, and read back.
//!
//! The head of every batch is put in place without a sync, which would cost more than the batch: the entries are durable, and the
//! next opening signs them. A power cut can leave that file empty. So opening and closing a log keep a second, synced head, and an
//! empty one gives way to it.

use crate::checkpoint::Checkpoint;
use crate::note::{Note, VerifierKey};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// The head that public tools read.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The head of the last opening or closing, on stable storage.
const SYNCED: &str = "checkpoint.synced";

/// Why a head cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Form(String),
}

/// A head as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) checkpoint: Checkpoint,
    /// It is the synced one: a power cut took the newer one.
    pub(crate) is_older: bool,
}

/// Puts a head in place, whole or not at all as long as the power stays.
pub(crate) fn write(directory: &Path, head: &Note) -> io::Result<()> {
    let beside = directory.join("checkpoint.new");
    std::fs::write(&beside, head.to_string())?;
    std::fs::rename(&beside, directory.join(CHECKPOINT))
}

/// Puts a head on stable storage, and the entries of the directory with it.
pub(crate) fn write_synced(directory: &Path, head: &Note) -> io::Result<()> {
    let beside = directory.join("checkpoint.synced.new");
    let mut file = File::create(&beside)?;
    file.write_all(head.to_string().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, directory.join(SYNCED))?;
    sync_directory(directory)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The head of a directory; none where there is none yet.
pub(crate) fn read(directory: &Path, key: &VerifierKey) -> Result<Option<Found>, HeadError> {
    let at = |name: &str| match std::fs::read(directory.join(name)) {
        // What a power cut leaves of a file that was not synced: nothing, or zeros.
        Ok(bytes) if bytes.iter().all(|byte| *byte == 0) => Ok(None),
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let (bytes, is_older) = match at(CHECKPOINT)? {
        Some(bytes) => (bytes, false),
        None => match at(SYNCED)? {
            Some(bytes) => (bytes, true),
            None => return Ok(None),
        },
    };
    let form = |error: &dyn std::fmt::Display| HeadError::Form(error.to_string());
    let note = Note::parse(&bytes).map_err(|error| form(&error))?;
    note.verify(key).map_err(|error| form(&error))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| form(&error))?;
    if checkpoint.origin != key.name() {
        return Err(HeadError::Form(format!("it is of the log `{}`", checkpoint.origin.escape_debug())));
    }
    Ok(Some(Found { checkpoint, is_older }))
}
