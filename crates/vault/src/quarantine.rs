//! The quarantine: objects that are held back with the reason, each under a key of its own, until somebody decides.

use crate::error::VaultError;
use crate::get::ObjectReader;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::index::QuarantinedRow;
use crate::put::{Outcome, Put, quarantine_bound};
use crate::record::{Leaving, Record};
use crate::segment::lock;
use crate::vault::{Inner, Vault};
use std::io;
use std::sync::Arc;

/// Longest reason, in characters.
const REASON_CHARACTERS_MAX: usize = 500;
/// Longest note, in characters.
const NOTE_CHARACTERS_MAX: usize = 2_000;

/// An object in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its number.
    pub id: QuarantineId,
    /// Why it is held back.
    pub reason: String,
    /// What is known of it: sender, the UIDs it claims. Sealed like the object; it may name people.
    pub note: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Public fingerprint of its key.
    pub key: [u8; 32],
    /// When it was received, in seconds since 1970-01-01.
    pub received: i64,
}

impl From<QuarantinedRow> for Quarantined {
    fn from(row: QuarantinedRow) -> Self {
        let QuarantinedRow { id, key, reason, note, stored, .. } = row;
        Self { id, reason, note, bytes: stored.bytes, digest: stored.digest, key, received: stored.received }
    }
}

/// Bytes on their way to the quarantine. Dropped before they are finished, nothing is kept.
#[derive(Debug)]
pub struct QuarantinePut(Put);

impl QuarantinePut {
    /// Takes the next bytes. After an error the object cannot be finished.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.0.push(bytes)
    }

    /// Ends the object and waits until it is on stable storage.
    pub fn finish(self) -> Result<Quarantined, VaultError> {
        self.0.finish_quarantined()
    }
}

impl io::Write for QuarantinePut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Looks at the texts of a quarantined object.
pub(crate) fn checked_texts(reason: &str, note: &str) -> Result<(String, String), VaultError> {
    let texts = [("a reason", reason, REASON_CHARACTERS_MAX), ("a note", note, NOTE_CHARACTERS_MAX)];
    for (what, text, most) in texts {
        if text.chars().count() > most || text.chars().any(char::is_control) {
            return Err(VaultError::Text { what, most });
        }
    }
    Ok((reason.to_owned(), note.to_owned()))
}

impl Vault {
    /// Begins to hold an object back; its bytes follow. The reason has up to 500 characters, the note up to 2,000.
    pub fn quarantine(&self, reason: &str, note: &str) -> Result<QuarantinePut, VaultError> {
        Put::quarantined(Arc::clone(&self.0), reason, note).map(QuarantinePut)
    }

    /// All objects in the quarantine, in the order in which they came.
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, VaultError> {
        Ok(self.0.index()?.quarantined(None)?.into_iter().map(Quarantined::from).collect())
    }

    /// Opens an object of the quarantine for reading.
    pub fn get_quarantined(&self, id: QuarantineId) -> Result<(Quarantined, ObjectReader), VaultError> {
        let row = self.0.quarantined_row(id)?;
        let reader = self.0.quarantined_reader(&row)?;
        Ok((row.into(), reader))
    }

    /// Stores an object of the quarantine under a name; it leaves the quarantine unless the name is taken by other bytes.
    pub fn release(
        &self,
        id: QuarantineId,
        study: &StudyId,
        object: &ObjectId,
    ) -> Result<Outcome, VaultError> {
        let mut reader = self.0.quarantined_reader(&self.0.quarantined_row(id)?)?;
        let mut put = self.put(study, object)?;
        while let Some(bytes) = reader.next_chunk()? {
            put.push(bytes)?;
        }
        let outcome = put.finish()?;
        if !matches!(outcome, Outcome::Conflict(_)) {
            self.0.leave(id, Leaving::Released)?;
        }
        Ok(outcome)
    }

    /// Destroys an object of the quarantine, by its key; gives what it was.
    pub fn discard(&self, id: QuarantineId) -> Result<Quarantined, VaultError> {
        self.0.leave(id, Leaving::Discarded)
    }

    /// Lets an object leave the quarantine that was read and stored by other ways; gives what it was.
    pub fn close_quarantined(&self, id: QuarantineId) -> Result<Quarantined, VaultError> {
        self.0.leave(id, Leaving::Released)
    }
}

impl Inner {
    fn quarantined_row(&self, id: QuarantineId) -> Result<QuarantinedRow, VaultError> {
        self.index()?.quarantined(Some(id))?.pop().ok_or(VaultError::NoQuarantined(id))
    }

    pub(crate) fn quarantined_reader(
        self: &Arc<Self>,
        row: &QuarantinedRow,
    ) -> Result<ObjectReader, VaultError> {
        let what = format!("quarantined object {}", row.id);
        let damaged = |reason| VaultError::KeyDamaged { what: what.clone(), reason };
        let key = lock(&self.keys).unwrapped(row.slot, row.key, damaged)?;
        let bound = quarantine_bound(row.id);
        ObjectReader::new(Arc::clone(self), &key.secret, row.stored.clone(), bound, what.clone())
    }

    fn leave(&self, id: QuarantineId, how: Leaving) -> Result<Quarantined, VaultError> {
        let mut keys = lock(&self.keys);
        let mut journal = lock(&self.journal);
        let row = self.index_under(&journal)?.quarantined(Some(id))?.pop();
        let row = row.ok_or(VaultError::NoQuarantined(id))?;
        self.record(&mut journal, vec![Record::Left { id, how, at: self.clock.now() }], true)?;
        keys.destroy(row.slot)?;
        self.index_under(&journal)?.left(row.slot)?;
        drop((journal, keys));
        self.segments.release(&row.stored.extents);
        Ok(row.into())
    }
}
