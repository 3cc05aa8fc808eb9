//! Storing: bytes arrive in pieces, are sealed and written as they come, and get their name at the end.

use crate::commit::{Committed, Name, Written};
use crate::error::VaultError;
use crate::get::ObjectReader;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::key::{SecretKey, fill_random};
use crate::quarantine::{Quarantined, checked_texts};
use crate::record::Stored;
use crate::segment::lock;
use crate::stream::{SALT_BYTES, Sealer, bound_to};
use crate::study_key::StudyKey;
use crate::vault::{Inner, Receipt, receipt};
use aws_lc_rs::digest::{Context, SHA256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Longest object, in bytes.
pub const OBJECT_BYTES_MAX: u64 = 64 << 30;

/// Bytes being written, not yet known by a name. Dropped, their space goes back.
pub(crate) struct Writing {
    vault: Arc<Inner>,
    /// Absent once the last chunk is sealed.
    sealer: Option<Sealer>,
    digest: Context,
    written: Written,
    is_named: bool,
}

impl Writing {
    fn new(vault: Arc<Inner>, key: &SecretKey, bound: [u8; 32]) -> Result<Self, VaultError> {
        let mut salt = [0; SALT_BYTES];
        fill_random(&mut salt)?;
        let stored =
            Stored { salt, bytes: 0, digest: [0; 32], received: vault.clock.now(), extents: Vec::new() };
        let sealer = Some(Sealer::new(key, &salt, bound, &vault.buffers)?);
        let written = Written { stored, files: HashMap::new() };
        Ok(Self { vault, sealer, digest: Context::new(&SHA256), written, is_named: false })
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let Self { vault, sealer, written, .. } = self;
        let total = written.stored.bytes.saturating_add(bytes.len() as u64);
        if total > OBJECT_BYTES_MAX {
            return Err(VaultError::TooLarge(OBJECT_BYTES_MAX));
        }
        let sealer = sealer.as_mut().ok_or(VaultError::NotDurable)?;
        let pushed = sealer.push(bytes, |sealed| append(vault, written, sealed));
        if pushed.is_err() {
            // The sealer counted chunks that are nowhere: nothing may follow them.
            self.sealer = None;
        }
        pushed?;
        self.digest.update(bytes);
        self.written.stored.bytes = total;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), VaultError> {
        let Self { vault, sealer, written, digest, .. } = self;
        let sealer = sealer.take().ok_or(VaultError::NotDurable)?;
        sealer.finish(&vault.buffers, |sealed| append(vault, written, sealed))?;
        written.stored.digest.copy_from_slice(digest.clone().finish().as_ref());
        Ok(())
    }
}

/// Writes sealed chunks; a run right behind the last one makes that longer.
fn append(vault: &Inner, written: &mut Written, sealed: &[u8]) -> Result<(), VaultError> {
    let extent = vault.segments.reserve(sealed.len() as u64)?;
    let file = match written.files.entry(extent.segment) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(vault.segments.open(extent.segment)?),
    };
    let path = || vault.directory.join(crate::segment::SEGMENTS);
    let result = file.write_at(sealed, extent.offset);
    match written.stored.extents.last_mut() {
        Some(last)
            if last.segment == extent.segment
                && last.offset.checked_add(last.bytes) == Some(extent.offset) =>
        {
            last.bytes = last.bytes.saturating_add(extent.bytes);
        }
        _ => written.stored.extents.push(extent),
    }
    result.map_err(|error| crate::error::io_error("write in", &path())(error))
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.is_named {
            self.vault.segments.release(&self.written.stored.extents);
        }
    }
}

enum Target {
    Object { study: StudyId, object: ObjectId },
    Quarantine { id: QuarantineId, reason: String, note: String },
}

/// An object being stored. Dropped before it is finished, nothing is stored.
pub struct Put {
    writing: Writing,
    key: Arc<StudyKey>,
    target: Target,
}

impl fmt::Debug for Put {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Put").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// How storing an object came out.
#[derive(Debug)]
pub enum Outcome {
    /// It is on stable storage.
    Stored(Receipt),
    /// The same bytes were there under this name, on stable storage; nothing was stored twice.
    AlreadyStored(Receipt),
    /// Other bytes are there under this name. They stay; what becomes of the new ones is to be decided.
    Conflict(Box<Conflict>),
}

/// Bytes whose name is taken by others: the same UID with other pixels, or in another study. Dropped, they are gone.
pub struct Conflict {
    held: Receipt,
    writing: Writing,
    key: Arc<StudyKey>,
    study: StudyId,
    object: ObjectId,
}

impl fmt::Debug for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Conflict").field("held", &self.held).finish_non_exhaustive()
    }
}

impl Put {
    pub(crate) fn object(vault: Arc<Inner>, study: StudyId, object: ObjectId) -> Result<Self, VaultError> {
        let key = vault.study_key_or_new(&study)?;
        let writing = Writing::new(vault, &key.secret, object_bound(&study, &object))?;
        Ok(Self { writing, key, target: Target::Object { study, object } })
    }

    pub(crate) fn quarantined(vault: Arc<Inner>, reason: &str, note: &str) -> Result<Self, VaultError> {
        let (reason, note) = checked_texts(reason, note)?;
        let mut id = [0; 16];
        fill_random(&mut id)?;
        let id = QuarantineId(id);
        let secret = SecretKey::generate()?;
        let key = Arc::new(StudyKey { fingerprint: secret.fingerprint()?, secret });
        let writing = Writing::new(vault, &key.secret, quarantine_bound(id))?;
        Ok(Self { writing, key, target: Target::Quarantine { id, reason, note } })
    }

    /// Takes the next bytes. After an error the object cannot be finished.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.writing.push(bytes)
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.writing.written.stored.bytes
    }

    /// Ends the object and waits until it is on stable storage under its name.
    pub fn finish(mut self) -> Result<Outcome, VaultError> {
        self.writing.finish()?;
        let Self { mut writing, key, target } = self;
        let Target::Object { study, object } = target else { return Err(VaultError::NotDurable) };
        let name = Name::Object { study: study.clone(), object: object.clone() };
        let vault = Arc::clone(&writing.vault);
        // From now on the journal may name the bytes, after an error too.
        writing.is_named = true;
        let committed = vault.commit(name, &writing.written);
        writing.is_named = !matches!(committed, Ok(Committed::Taken(_)) | Err(VaultError::Erased(_)));
        let stored = &writing.written.stored;
        match committed? {
            Committed::New => {
                let (bytes, digest, received) = (stored.bytes, stored.digest, stored.received);
                let key = key.fingerprint;
                Ok(Outcome::Stored(Receipt { study, object, bytes, digest, key, received }))
            }
            Committed::Taken(row) => {
                let is_same = row.study == study
                    && row.stored.bytes == stored.bytes
                    && row.stored.digest == stored.digest;
                let of = vault.index()?.study(&row.study)?;
                let held = receipt(*row, of.map_or([0; 32], |row| row.key));
                Ok(if is_same {
                    Outcome::AlreadyStored(held)
                } else {
                    Outcome::Conflict(Box::new(Conflict { held, writing, key, study, object }))
                })
            }
        }
    }

    /// Ends an object of the quarantine and waits until it is on stable storage.
    pub(crate) fn finish_quarantined(mut self) -> Result<Quarantined, VaultError> {
        self.writing.finish()?;
        let Self { mut writing, key, target } = self;
        let Target::Quarantine { id, reason, note } = target else { return Err(VaultError::NotDurable) };
        let vault = Arc::clone(&writing.vault);
        let slot = lock(&vault.keys).add(&key.secret)?;
        let (reason_kept, note_kept) = (reason.clone(), note.clone());
        let name = Name::Quarantined { id, slot, key: key.fingerprint, reason, note };
        // After an error the journal may hold the record all the same: bytes and slot stay.
        writing.is_named = true;
        vault.commit(name, &writing.written)?;
        let Stored { bytes, digest, received, .. } = writing.written.stored.clone();
        let (reason, note, key) = (reason_kept, note_kept, key.fingerprint);
        Ok(Quarantined { id, reason, note, bytes, digest, key, received })
    }
}

impl io::Write for Put {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Conflict {
    /// What stands under the name.
    pub fn held(&self) -> &Receipt {
        &self.held
    }

    /// SHA-256 of the bytes that came.
    pub fn digest(&self) -> [u8; 32] {
        self.writing.written.stored.digest
    }

    /// Holds the bytes that came back in the quarantine.
    pub fn quarantine(self, reason: &str, note: &str) -> Result<Quarantined, VaultError> {
        let vault = Arc::clone(&self.writing.vault);
        let mut put = Put::quarantined(Arc::clone(&vault), reason, note)?;
        let what = format!("object {} that came", self.object);
        let stored = &self.writing.written.stored;
        let bound = object_bound(&self.study, &self.object);
        let mut reader = ObjectReader::new(vault, &self.key.secret, stored.clone(), bound, what)?;
        while let Some(bytes) = reader.next_chunk()? {
            put.push(bytes)?;
        }
        put.finish_quarantined()
    }
}

/// What an object is bound to.
pub(crate) fn object_bound(study: &StudyId, object: &ObjectId) -> [u8; 32] {
    bound_to(&["object", study.as_str(), object.as_str()])
}

/// What a quarantined object is bound to.
pub(crate) fn quarantine_bound(id: QuarantineId) -> [u8; 32] {
    bound_to(&["quarantine", &id.to_string()])
}
