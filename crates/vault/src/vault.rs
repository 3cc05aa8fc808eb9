//! The vault: opening and recovery, the keys of studies, what is asked of it.

use crate::clock::{Clock, SystemClock};
use crate::commit::Waiting;
use crate::error::{VaultError, io_error};
use crate::get::ObjectReader;
use crate::id::{ObjectId, StudyId};
use crate::index::{INDEX, Index, ObjectRow};
use crate::journal::{JOURNAL, Journal, Place, Step};
use crate::key::SecretKey;
use crate::keyring::{KEYRING, Keyring, OWN_SLOT};
use crate::provider::KeyProvider;
use crate::put::Put;
use crate::record::{Record, RecordCipher};
use crate::segment::{SEGMENTS, Segments, lock};
use crate::storage::{Disk, Storage, StoredFile};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

const LOCK: &str = "lock";
/// Most keys of studies kept unwrapped.
const KEYS_MAX: usize = 256;
/// Records taken over into the index at a time.
const RECORDS_AT_ONCE: usize = 4_096;

/// How a vault is opened; the defaults are for use, the rest for tests.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files.
    pub storage: Arc<dyn Storage>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Size of a segment, in bytes; at least 4 MiB.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { storage: Arc::new(Disk), clock: Arc::new(SystemClock), segment_bytes: 64 << 20 }
    }
}

/// What opening found and mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records that the index took over from the journal.
    pub taken_over: u64,
    /// Why the index was made anew, if it was.
    pub index_made_anew: Option<String>,
    /// Records of the journal that are damaged, by number; what they said may be lost and was acknowledged.
    pub damaged_records: Vec<u64>,
    /// Bytes behind the end of the journal that a crash left, set aside in a file beside it; nothing of it was acknowledged unless the
    /// journal is damaged.
    pub set_aside_bytes: u64,
    /// Keys whose destruction a crash had cut short, and that are destroyed now.
    pub keys_destroyed: usize,
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

/// An unwrapped key of a study.
#[derive(Debug)]
pub(crate) struct StudyKey {
    pub secret: SecretKey,
    pub fingerprint: [u8; 32],
}

/// The keyring and which of its slots are taken.
#[derive(Debug)]
pub(crate) struct Keys {
    pub keyring: Keyring,
    pub taken: BTreeSet<u32>,
}

impl Keys {
    /// Puts a key into the first free slot.
    pub fn add(&mut self, key: &SecretKey) -> Result<u32, VaultError> {
        let slot = (0..).zip(&self.taken).find(|(free, taken)| free != *taken).map(|(free, _)| free);
        let slot = slot.unwrap_or(u32::try_from(self.taken.len()).unwrap_or(u32::MAX));
        self.keyring.put(slot, key)?;
        self.taken.insert(slot);
        Ok(slot)
    }

    /// The key in a slot, if it is the one with the fingerprint.
    pub fn unwrapped(
        &self,
        slot: u32,
        fingerprint: [u8; 32],
        damaged: impl Fn(&'static str) -> VaultError,
    ) -> Result<StudyKey, VaultError> {
        let secret = self.keyring.get(slot)?.ok_or_else(|| damaged("it does not unwrap"))?;
        if secret.fingerprint()? != fingerprint {
            return Err(damaged("it is another one than that of the journal"));
        }
        Ok(StudyKey { secret, fingerprint })
    }

    /// Destroys the key in a slot.
    pub fn destroy(&mut self, slot: u32) -> Result<(), VaultError> {
        self.keyring.destroy(slot)?;
        self.taken.remove(&slot);
        Ok(())
    }
}

/// What all handles of a vault share. Locks are taken in the order keys, journal, index.
#[derive(Debug)]
pub(crate) struct Inner {
    pub directory: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub segments: Segments,
    pub keys: Mutex<Keys>,
    pub journal: Mutex<Journal>,
    index: Mutex<Index>,
    /// The journal holds records that the index could not take over.
    is_behind: AtomicBool,
    pub queue: Mutex<Vec<Waiting>>,
    unwrapped: Mutex<HashMap<StudyId, Arc<StudyKey>>>,
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
        let open_index = || Index::open(directory, keyring.vault(), &own, Arc::clone(&cipher));
        let caught_up = open_index().and_then(|mut index| {
            check_mark(&index, &journal, directory, &mut recovery)?;
            caught_up(&mut index, &journal, &mut recovery)?;
            Ok(index)
        });
        let index = match caught_up {
            Err(VaultError::Index(reason)) => {
                recovery = Recovery { index_made_anew: Some(reason), ..Recovery::default() };
                remove_index(directory)?;
                let mut index = open_index()?;
                self::caught_up(&mut index, &journal, &mut recovery)?;
                index
            }
            other => other?,
        };
        recovery.set_aside_bytes = journal.go_on_at(index.mark()?.0, &*storage)?;
        storage.sync_directory(directory).map_err(io_error("write", directory))?;
        let mut taken_slots: BTreeSet<u32> = index.slots()?.into_iter().collect();
        taken_slots.insert(OWN_SLOT);
        let mut keys = Keys { keyring, taken: taken_slots };
        for slot in index.leaving()? {
            keys.destroy(slot)?;
            index.left(slot)?;
            recovery.keys_destroyed = recovery.keys_destroyed.saturating_add(1);
        }
        let segment_bytes = segment_bytes.max(4 << 20);
        let segments = Segments::new(storage, directory, segment_bytes, index.last_segment()?);
        let inner = Inner {
            directory: directory.to_path_buf(),
            clock,
            segments,
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

/// Opens the keyring, or makes that of a new vault.
fn keyring_of(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    provider: Arc<dyn KeyProvider>,
) -> Result<Keyring, VaultError> {
    let names = storage.names(directory).map_err(io_error("read", directory))?;
    let has = |name: &str| names.iter().any(|other| other == name);
    if has(KEYRING) {
        return Keyring::open(storage, directory, provider);
    }
    if has(JOURNAL) {
        // New keys would bury what the old ones open.
        let reason = format!("it has a journal and no `{KEYRING}`; restore that from a copy");
        return Err(VaultError::Form { path: directory.to_path_buf(), reason });
    }
    Keyring::create(storage, directory, provider)
}

fn remove_index(directory: &Path) -> Result<(), VaultError> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let path = directory.join(format!("{INDEX}{end}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks that the journal still has the last record that the index knows.
fn check_mark(
    index: &Index,
    journal: &Journal,
    directory: &Path,
    recovery: &mut Recovery,
) -> Result<(), VaultError> {
    let (mark, last) = index.mark()?;
    let Some(count) = mark.count.checked_sub(1) else { return Ok(()) };
    match journal.step(Place { count, offset: last })? {
        Step::Record { next, .. } if next == mark.offset => {}
        Step::End => {
            let reason =
                format!("the journal lacks records up to {count} that the index has; restore it from a copy");
            return Err(VaultError::Form { path: directory.join(JOURNAL), reason });
        }
        Step::Record { .. } | Step::Damaged { .. } => recovery.damaged_records.push(count),
    }
    Ok(())
}

/// Takes over into the index what the journal has beyond it.
fn caught_up(index: &mut Index, journal: &Journal, recovery: &mut Recovery) -> Result<(), VaultError> {
    let (mut from, _) = index.mark()?;
    loop {
        let (mut end, mut records) = (from, Vec::new());
        let mut skipped = None;
        while records.len() < RECORDS_AT_ONCE {
            match journal.step(end)? {
                Step::Record { record, sealed, next } => {
                    records.push((*record, sealed));
                    end = Place { count: end.count.saturating_add(1), offset: next };
                }
                Step::Damaged { next: Some(next) } => {
                    let after = Place { count: end.count.saturating_add(1), offset: next };
                    // Torn at the end by a crash, unless a record follows: then it was acknowledged.
                    skipped = matches!(journal.step(after)?, Step::Record { .. }).then_some(after);
                    break;
                }
                Step::End | Step::Damaged { next: None } => break,
            }
        }
        index.apply(from, &records, end)?;
        recovery.taken_over = recovery.taken_over.saturating_add(records.len() as u64);
        match skipped {
            Some(after) => {
                recovery.damaged_records.push(end.count);
                from = after;
            }
            None if records.is_empty() => return Ok(()),
            None => from = end,
        }
    }
}

impl Inner {
    /// The index, brought up to the journal if it is behind.
    pub fn index(&self) -> Result<MutexGuard<'_, Index>, VaultError> {
        if self.is_behind.load(Ordering::Acquire) {
            let journal = lock(&self.journal);
            return self.index_under(&journal);
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

    /// The key of a study that exists.
    pub fn study_key(&self, study: &StudyId) -> Result<Arc<StudyKey>, VaultError> {
        if let Some(key) = lock(&self.unwrapped).get(study) {
            return Ok(Arc::clone(key));
        }
        let keys = lock(&self.keys);
        let row = self.index()?.study(study)?.ok_or_else(|| VaultError::NoStudy(study.clone()))?;
        let slot = match row.slot {
            Some(slot) if row.erased.is_none() => slot,
            _ => return Err(VaultError::Erased(study.clone())),
        };
        let damaged = |reason| VaultError::KeyDamaged { what: format!("study {study}"), reason };
        let key = Arc::new(keys.unwrapped(slot, row.key, damaged)?);
        self.remember(study, &key);
        Ok(key)
    }

    /// The key of a study, made if the study is new.
    pub fn study_key_or_new(&self, study: &StudyId) -> Result<Arc<StudyKey>, VaultError> {
        match self.study_key(study) {
            Err(VaultError::NoStudy(_)) => {}
            other => return other,
        }
        let mut keys = lock(&self.keys);
        // Another one may have been faster.
        if let Some(key) = lock(&self.unwrapped).get(study) {
            return Ok(Arc::clone(key));
        }
        let secret = SecretKey::generate()?;
        let fingerprint = secret.fingerprint()?;
        let mut journal = lock(&self.journal);
        if self.index_under(&journal)?.study(study)?.is_some() {
            drop((journal, keys));
            return self.study_key(study);
        }
        let slot = keys.add(&secret)?;
        let (study_id, opened) = (study.clone(), self.clock.now());
        let record = Record::Study { study: study_id, slot, key: fingerprint, opened };
        self.record(&mut journal, vec![record], false).inspect_err(|_| {
            if !self.is_behind.load(Ordering::Acquire) {
                keys.taken.remove(&slot);
            }
        })?;
        let key = Arc::new(StudyKey { secret, fingerprint });
        self.remember(study, &key);
        Ok(key)
    }

    fn remember(&self, study: &StudyId, key: &Arc<StudyKey>) {
        let mut unwrapped = lock(&self.unwrapped);
        if unwrapped.len() >= KEYS_MAX {
            unwrapped.clear();
        }
        unwrapped.insert(study.clone(), Arc::clone(key));
    }

    /// Forgets the unwrapped key of a study.
    pub fn forget(&self, study: &StudyId) {
        lock(&self.unwrapped).remove(study);
    }
}
