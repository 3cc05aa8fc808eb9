//! The vault: opening and recovery, the keys of studies, what is asked of it.

use crate::clock::{Clock, SystemClock};
use crate::commit::Waiting;
use crate::error::{VaultError, io_error};
use crate::get::ObjectReader;
use crate::id::{ObjectId, StudyId};
use crate::index::{Index, ObjectRow};
use crate::journal::Journal;
use crate::keyring::OWN_SLOT;
use crate::provider::KeyProvider;
use crate::put::Put;
use crate::record::{Record, RecordCipher};
use crate::recovery::{Recovery, caught_up, check_mark, keyring_of, remove_index};
use crate::segment::{SEGMENTS, Segments, lock};
use crate::storage::{Disk, Storage, StoredFile};
use crate::stream::Buffers;
use crate::study_key::{Keys, StudyKey};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

const LOCK: &str = "lock";

/// How a vault is opened; the defaults are for use, the rest for tests.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files.
    pub storage: Arc<dyn Storage>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Size of a segment, in bytes; at least 2 MiB.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { storage: Arc::new(Disk), clock: Arc::new(SystemClock), segment_bytes: 64 << 20 }
    }
}

/// A study in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    /// Its UID.
    pub study: StudyId,
    /// Objects in it; when it was erased, those it had.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Public fingerprint of its key.
    pub key: [u8; 32],
    /// When it got its key, in seconds since 1970-01-01.
    pub opened: i64,
    /// When it was erased.
    pub erased: Option<i64>,
}

/// An object that is on stable storage. Digests and the fingerprint say nothing of the patient and may stand in a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its study.
    pub study: StudyId,
    /// Its UID.
    pub object: ObjectId,
    /// Its length, in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Public fingerprint of the key it is sealed under: erasing names the same.
    pub key: [u8; 32],
    /// When it was received, in seconds since 1970-01-01.
    pub received: i64,
}

/// What all handles of a vault share. Locks are taken in the order keys, journal, index.
#[derive(Debug)]
pub(crate) struct Inner {
    pub directory: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub segments: Segments,
    pub buffers: Buffers,
    pub keys: Mutex<Keys>,
    pub journal: Mutex<Journal>,
    index: Mutex<Index>,
    /// The journal holds records that the index could not take over.
    pub is_behind: AtomicBool,
    pub queue: Mutex<Vec<Waiting>>,
    pub unwrapped: Mutex<HashMap<StudyId, Arc<StudyKey>>>,
    /// Held until the vault is closed.
    _lock: Arc<dyn StoredFile>,
}

/// A vault, open. Handles are cheap to clone and can be used by many threads at once; calls wait for the disk.
#[derive(Debug, Clone)]
pub struct Vault(pub(crate) Arc<Inner>);

impl Vault {
    /// Opens the vault in a directory, or begins one where the directory holds none; says what it had to mend.
    pub fn open(
        directory: &Path,
        provider: Arc<dyn KeyProvider>,
        options: Options,
    ) -> Result<(Self, Recovery), VaultError> {
        let Options { storage, clock, segment_bytes } = options;
        for made in [directory, &directory.join(SEGMENTS)] {
            storage.create_directory(made).map_err(io_error("create", made))?;
        }
        let path = directory.join(LOCK);
        let taken = storage.create(&path).map_err(io_error("open", &path))?;
        if !taken.try_lock().map_err(io_error("lock", &path))? {
            return Err(VaultError::InUse(directory.to_path_buf()));
        }
        let keyring = keyring_of(&storage, directory, provider)?;
        let own = keyring.own()?;
        let cipher = Arc::new(RecordCipher::new(&own, keyring.vault())?);
        let mut journal = Journal::open(&*storage, directory, Arc::clone(&cipher))?;
        let mut recovery = Recovery::default();
        let open_index = |recovery: &mut Recovery| {
            let mut index = Index::open(directory, keyring.vault(), &own, Arc::clone(&cipher))?;
            check_mark(&index, &journal, directory, recovery)?;
            caught_up(&mut index, &journal, recovery)?;
            let found = (index.mark()?.0, index.slots()?, index.leaving()?, index.last_segment()?);
            Ok((index, found))
        };
        let opened = match open_index(&mut recovery) {
            Err(VaultError::Index(reason)) => {
                recovery = Recovery { index_made_anew: Some(reason), ..Recovery::default() };
                remove_index(directory)?;
                open_index(&mut recovery)?
            }
            other => other?,
        };
        let (index, (end, slots, leaving, last_segment)) = opened;
        recovery.set_aside_bytes = journal.go_on_at(end, &*storage)?;
        storage.sync_directory(directory).map_err(io_error("write", directory))?;
        let mut keys = Keys { keyring, taken: slots.into_iter().chain([OWN_SLOT]).collect() };
        for slot in leaving {
            keys.destroy(slot)?;
            index.left(slot)?;
            recovery.keys_destroyed = recovery.keys_destroyed.saturating_add(1);
        }
        let segment_bytes = segment_bytes.max(2 << 20);
        let segments = Segments::new(storage, directory, segment_bytes, last_segment);
        let inner = Inner {
            directory: directory.to_path_buf(),
            clock,
            segments,
            buffers: Buffers::default(),
            keys: Mutex::new(keys),
            journal: Mutex::new(journal),
            index: Mutex::new(index),
            is_behind: AtomicBool::new(false),
            queue: Mutex::default(),
            unwrapped: Mutex::default(),
            _lock: taken,
        };
        Ok((Self(Arc::new(inner)), recovery))
    }

    /// Begins to store an object; its bytes follow. A study that is new gets its key now.
    pub fn put(&self, study: &StudyId, object: &ObjectId) -> Result<Put, VaultError> {
        Put::object(Arc::clone(&self.0), study.clone(), object.clone())
    }

    /// Opens an object for reading.
    pub fn get(&self, object: &ObjectId) -> Result<ObjectReader, VaultError> {
        let row = self.0.index()?.object(object)?.ok_or_else(|| VaultError::NoObject(object.clone()))?;
        let key = self.0.study_key(&row.study)?;
        ObjectReader::object(Arc::clone(&self.0), &key, &row)
    }

    /// Looks an object up.
    pub fn find(&self, object: &ObjectId) -> Result<Option<Receipt>, VaultError> {
        let index = self.0.index()?;
        let Some(row) = index.object(object)? else { return Ok(None) };
        let study = index.study(&row.study)?.ok_or_else(|| VaultError::NoStudy(row.study.clone()))?;
        Ok(Some(receipt(row, study.key)))
    }

    /// All studies, erased ones too, in the order in which they came.
    pub fn studies(&self) -> Result<Vec<Study>, VaultError> {
        let rows = self.0.index()?.studies()?;
        let study = |row: crate::index::StudyRow| Study {
            study: row.study,
            objects: row.objects,
            bytes: row.bytes,
            key: row.key,
            opened: row.opened,
            erased: row.erased,
        };
        Ok(rows.into_iter().map(study).collect())
    }

    /// Objects of a study, in the order in which they came.
    pub fn objects(&self, study: &StudyId) -> Result<Vec<Receipt>, VaultError> {
        let index = self.0.index()?;
        let row = index.study(study)?.ok_or_else(|| VaultError::NoStudy(study.clone()))?;
        Ok(index.objects(row.number)?.into_iter().map(|object| receipt(object, row.key)).collect())
    }
}

/// A receipt of an object that the index has.
pub(crate) fn receipt(row: ObjectRow, key: [u8; 32]) -> Receipt {
    let ObjectRow { study, object, stored, .. } = row;
    Receipt { study, object, bytes: stored.bytes, digest: stored.digest, key, received: stored.received }
}

impl Inner {
    /// The index, brought up to the journal if it is behind.
    pub fn index(&self) -> Result<MutexGuard<'_, Index>, VaultError> {
        if self.is_behind.load(Ordering::Acquire) {
            let journal = lock(&self.journal);
            match self.index_under(&journal) {
                // What it lacks was not acknowledged; what was must be found on a full disk too, in an emergency above all.
                Err(VaultError::Full) => {}
                other => return other,
            }
        }
        Ok(lock(&self.index))
    }

    /// The index, for who has the journal.
    pub fn index_under(&self, journal: &Journal) -> Result<MutexGuard<'_, Index>, VaultError> {
        let mut index = lock(&self.index);
        if self.is_behind.load(Ordering::Acquire) {
            caught_up(&mut index, journal, &mut Recovery::default())?;
            self.is_behind.store(false, Ordering::Release);
        }
        Ok(index)
    }

    /// Makes the index anew from the journal.
    pub fn make_index_anew(&self) -> Result<(), VaultError> {
        let keys = lock(&self.keys);
        let journal = lock(&self.journal);
        let own = keys.keyring.own()?;
        let mut index = lock(&self.index);
        // The old file stays open until the new index takes its place.
        remove_index(&self.directory)?;
        *index = Index::open(&self.directory, keys.keyring.vault(), &own, journal.cipher())?;
        self.is_behind.store(true, Ordering::Release);
        caught_up(&mut index, &journal, &mut Recovery::default())?;
        self.is_behind.store(false, Ordering::Release);
        Ok(())
    }

    /// Makes records durable, then known to the index.
    pub fn record(
        &self,
        journal: &mut Journal,
        records: Vec<Record>,
        makes_room: bool,
    ) -> Result<(), VaultError> {
        let from = journal.end();
        let sealed = journal.append(&records, makes_room)?;
        let records: Vec<_> = records.into_iter().zip(sealed).collect();
        let mut index = lock(&self.index);
        index.apply(from, &records, journal.end()).inspect_err(|_| {
            // The journal has them: they are taken over later, and acknowledged only then.
            self.is_behind.store(true, Ordering::Release);
        })
    }
}
