//! Keys of studies: made once, kept unwrapped for a while, found in their slots.

use crate::error::VaultError;
use crate::id::StudyId;
use crate::key::SecretKey;
use crate::keyring::Keyring;
use crate::record::Record;
use crate::segment::lock;
use crate::vault::Inner;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most keys of studies kept unwrapped.
const KEYS_MAX: usize = 256;

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

impl Inner {
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
        // After an error the journal may hold the record all the same: the slot stays taken.
        self.record(&mut journal, vec![record], false)?;
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
