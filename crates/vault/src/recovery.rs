//! Opening: the keyring, and the index brought up to the journal, whatever a crash left.

use crate::error::{VaultError, io_error};
use crate::index::{INDEX, Index};
use crate::journal::{JOURNAL, Journal, Place, Step};
use crate::keyring::{KEYRING, Keyring};
use crate::provider::KeyProvider;
use crate::storage::Storage;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Records taken over into the index at a time.
const RECORDS_AT_ONCE: usize = 4_096;

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

/// Opens the keyring, or makes that of a new vault.
pub(crate) fn keyring_of(
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

pub(crate) fn remove_index(directory: &Path) -> Result<(), VaultError> {
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
pub(crate) fn check_mark(
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
pub(crate) fn caught_up(
    index: &mut Index,
    journal: &Journal,
    recovery: &mut Recovery,
) -> Result<(), VaultError> {
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
