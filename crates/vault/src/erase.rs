//! Erasing a study by its key, and wrapping all keys anew.

use crate::error::VaultError;
use crate::id::StudyId;
use crate::keyring::OWN_SLOT;
use crate::provider::KeyProvider;
use crate::record::{Extent, Record};
use crate::segment::lock;
use crate::vault::Vault;
use medward_sabotage::{Broken, is};
use std::sync::Arc;

/// Proof that a study was erased, for the ledger: the fingerprint is the one that each receipt of the study names, and says
/// nothing of the key or the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Public fingerprint of the key that was destroyed.
    pub key: [u8; 32],
    /// Objects that cannot be read any more.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When, in seconds since 1970-01-01.
    pub at: i64,
}

impl Vault {
    /// Erases a study: its key is overwritten where it lies and looked for again before this returns. Called again, it finishes what
    /// an error or a crash cut short. Copies of the keyring that lie elsewhere open the study until the key-encryption key is
    /// rotated and its predecessor destroyed.
    pub fn erase(&self, study: &StudyId) -> Result<Erasure, VaultError> {
        let vault = &self.0;
        let mut keys = lock(&vault.keys);
        let mut journal = lock(&vault.journal);
        let index = vault.index_under(&journal)?;
        let row = index.study(study)?.ok_or_else(|| VaultError::NoStudy(study.clone()))?;
        // Space that cannot be given back must not keep the study from being erased.
        let objects = index.objects(row.number).unwrap_or_default();
        drop(index);
        let at = row.erased.unwrap_or_else(|| vault.clock.now());
        if row.erased.is_none() {
            vault.record(&mut journal, vec![Record::Erased { study: study.clone(), at }], true)?;
        }
        vault.forget(study);
        let leaving = vault.index_under(&journal)?.leaving()?;
        for slot in leaving {
            if !is(Broken::KeyKept) {
                keys.destroy(slot)?;
            }
            vault.index_under(&journal)?.left(slot)?;
        }
        drop((journal, keys));
        let extents: Vec<Extent> = objects.into_iter().flat_map(|object| object.stored.extents).collect();
        vault.segments.release(&extents);
        Ok(Erasure { key: row.key, objects: row.objects, bytes: row.bytes, at })
    }

    /// Wraps the keys of all studies by another key-encryption key; the objects stay as they are. Before it returns the old key
    /// opens the vault, after that the new one alone; destroy the old one then. Gives how many keys were wrapped.
    pub fn rotate(&self, provider: Arc<dyn KeyProvider>) -> Result<usize, VaultError> {
        let vault = &self.0;
        let mut keys = lock(&vault.keys);
        let mut journal = lock(&vault.journal);
        // A record that may be there or not may name a slot that the index does not: it would be left behind.
        journal.is_known()?;
        let mut slots = vault.index_under(&journal)?.slots()?;
        slots.retain(|slot| *slot != OWN_SLOT);
        slots.insert(0, OWN_SLOT);
        let key = provider.id().to_owned();
        keys.keyring.rotate(provider, &slots)?;
        vault.record(&mut journal, vec![Record::Rotated { key, at: vault.clock.now() }], true)?;
        Ok(slots.len())
    }
}
