//! Verification of everything at rest: keys, journal, index, and every chunk of every object.

use crate::error::VaultError;
use crate::get::ObjectReader;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::index::StudyRow;
use crate::journal::{Journal, Place, Step};
use crate::record::Record;
use crate::segment::lock;
use crate::vault::{Inner, Vault};
use aws_lc_rs::digest::{Context, SHA256};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Something at rest that is not as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An object cannot be read whole.
    Object {
        /// Its study.
        study: StudyId,
        /// Which.
        object: ObjectId,
        /// What is wrong.
        reason: String,
    },
    /// A quarantined object cannot be read whole.
    Quarantined {
        /// Which.
        id: QuarantineId,
        /// What is wrong.
        reason: String,
    },
    /// The key of a study is damaged or gone: nothing of the study can be read.
    Key {
        /// Which study.
        study: StudyId,
        /// What is wrong.
        reason: String,
    },
    /// The keyring of the vault is damaged.
    Keyring(String),
    /// A record of the journal is damaged; the index may still have it.
    Journal {
        /// Number of the record.
        record: u64,
    },
    /// The index does not say what the journal says. [`Vault::make_index_anew`] mends it.
    Index(String),
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Objects read.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Vault {
    /// Reads everything. Storing waits while the journal is compared with the index, not while objects are read. `progress` gets the
    /// bytes read so far.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Verified, VaultError> {
        let mut verified = Verified::default();
        let vault = &self.0;
        {
            let keys = lock(&vault.keys);
            if let Err(reason) = keys.keyring.check() {
                verified.findings.push(Finding::Keyring(reason));
            }
            let journal = lock(&vault.journal);
            if let Err(VaultError::Index(reason)) = compare(vault, &journal, &mut verified.findings) {
                verified.findings.push(Finding::Index(reason));
            }
        }
        let studies = vault.index().and_then(|index| index.studies());
        for row in named(studies, &mut verified)?.unwrap_or_default() {
            if row.erased.is_none() {
                self.verify_study(&row, &mut verified, &mut progress)?;
            }
        }
        let quarantined = vault.index().and_then(|index| index.quarantined(None));
        for row in named(quarantined, &mut verified)?.unwrap_or_default() {
            let read = vault.quarantined_reader(&row).and_then(|reader| read_all(reader, &mut progress));
            if let Some(reason) = reason_of(read, &mut verified)? {
                verified.findings.push(Finding::Quarantined { id: row.id, reason });
            }
        }
        Ok(verified)
    }

    fn verify_study(
        &self,
        row: &StudyRow,
        verified: &mut Verified,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), VaultError> {
        // Anew from the keyring: the one in memory says nothing of what is at rest.
        self.0.forget(&row.study);
        let key = match self.0.study_key(&row.study) {
            Err(VaultError::KeyDamaged { reason, .. }) => {
                let (study, reason) = (row.study.clone(), reason.to_owned());
                verified.findings.push(Finding::Key { study, reason });
                return Ok(());
            }
            Err(VaultError::Erased(_)) => return Ok(()),
            other => match named(other, verified)? {
                Some(key) => key,
                None => return Ok(()),
            },
        };
        let objects = self.0.index().and_then(|index| index.objects(row.number));
        let objects = named(objects, verified)?.unwrap_or_default();
        for object in objects {
            let mut done = verified.bytes;
            let reader = ObjectReader::object(Arc::clone(&self.0), &key, &object);
            let read = reader.and_then(|reader| {
                read_all(reader, &mut |bytes| {
                    done = done.saturating_add(bytes);
                    progress(done);
                })
            });
            // Erased while it was read: nothing is wrong.
            if matches!(read, Err(VaultError::Erased(_))) {
                return Ok(());
            }
            if let Some(reason) = reason_of(read, verified)? {
                let (study, object) = (object.study, object.object);
                verified.findings.push(Finding::Object { study, object, reason });
            }
        }
        Ok(())
    }

    /// Makes the index anew from the journal.
    pub fn make_index_anew(&self) -> Result<(), VaultError> {
        self.0.make_index_anew()
    }
}

/// What the index gave; a damaged one is a finding.
fn named<T>(result: Result<T, VaultError>, verified: &mut Verified) -> Result<Option<T>, VaultError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(VaultError::Index(reason)) => {
            verified.findings.push(Finding::Index(reason));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Counts an object that was read; the reason if it is damaged.
fn reason_of(read: Result<u64, VaultError>, verified: &mut Verified) -> Result<Option<String>, VaultError> {
    match read {
        Ok(bytes) => {
            verified.objects = verified.objects.saturating_add(1);
            verified.bytes = verified.bytes.saturating_add(bytes);
            Ok(None)
        }
        Err(VaultError::Damaged { chunk, reason, .. }) => Ok(Some(format!("chunk {chunk}: {reason}"))),
        Err(VaultError::KeyDamaged { reason, .. }) => Ok(Some(format!("its key: {reason}"))),
        Err(error) => Err(error),
    }
}

fn read_all(mut reader: ObjectReader, progress: &mut impl FnMut(u64)) -> Result<u64, VaultError> {
    let mut digest = Context::new(&SHA256);
    while let Some(bytes) = reader.next_chunk()? {
        digest.update(bytes);
        progress(bytes.len() as u64);
    }
    if digest.finish().as_ref() != reader.digest() {
        return Err(VaultError::Damaged {
            what: String::new(),
            chunk: 0,
            reason: "its digest is not that of the journal",
        });
    }
    Ok(reader.bytes())
}

/// Reads the whole journal and holds the index against it.
fn compare(vault: &Inner, journal: &Journal, findings: &mut Vec<Finding>) -> Result<(), VaultError> {
    let index = vault.index_under(journal)?;
    for reason in index.check()? {
        findings.push(Finding::Index(reason));
    }
    let mut rows = BTreeMap::new();
    index.for_each_record(|position, sealed| drop(rows.insert(position, sealed.to_vec())))?;
    drop(index);
    // First what is gone, then what should be there.
    let (mut erased, mut left) = (HashSet::new(), HashSet::new());
    each_record(journal, |_, step| match step {
        Some((Record::Erased { study, .. }, _)) => drop(erased.insert(study)),
        Some((Record::Left { id, .. }, _)) => drop(left.insert(id)),
        _ => {}
    })?;
    each_record(journal, |position, step| {
        let Some((record, sealed)) = step else {
            findings.push(Finding::Journal { record: position });
            // The copy in the index is all there is of it.
            rows.remove(&position);
            return;
        };
        let is_expected = match &record {
            Record::Study { .. } => true,
            Record::Object { study, .. } => !erased.contains(study),
            Record::Quarantined { id, .. } => !left.contains(id),
            Record::Left { .. } | Record::Erased { .. } | Record::Rotated { .. } => false,
        };
        let row = rows.remove(&position);
        if is_expected != row.is_some() || row.is_some_and(|row| row != sealed) {
            findings.push(Finding::Index(format!("record {position} of the journal")));
        }
    })?;
    for position in rows.keys() {
        findings.push(Finding::Index(format!("a row of record {position}, which the journal does not have")));
    }
    Ok(())
}

/// Every record of the journal up to its end, with its number; `None` for a damaged one.
fn each_record(
    journal: &Journal,
    mut seen: impl FnMut(u64, Option<(Record, Vec<u8>)>),
) -> Result<(), VaultError> {
    let (mut place, end) = (Place::default(), journal.end());
    while place.count < end.count {
        let next = match journal.step(place)? {
            Step::Record { record, sealed, next } => {
                seen(place.count, Some((*record, sealed)));
                next
            }
            Step::Damaged { next: Some(next) } if next <= end.offset => {
                seen(place.count, None);
                next
            }
            // Where the next one begins is not known.
            Step::Damaged { .. } | Step::End => {
                (place.count..end.count).for_each(|position| seen(position, None));
                return Ok(());
            }
        };
        place = Place { count: place.count.saturating_add(1), offset: next };
    }
    Ok(())
}
