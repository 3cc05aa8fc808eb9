//! Records of the journal: what happened to studies and objects, sealed, each bound to its place.
//!
//! They hold UIDs, which identify people where the vault keeps originals: so they are sealed like the objects, under a key of the
//! vault's own, and a stolen disk tells nothing but sizes.

use crate::error::VaultError;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::key::{self, SecretKey};
use crate::stream::SALT_BYTES;
use aws_lc_rs::aead::LessSafeKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A run of sealed chunks in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    pub segment: u32,
    /// In bytes.
    pub offset: u64,
    pub bytes: u64,
}

/// The bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub salt: [u8; SALT_BYTES],
    /// Before sealing.
    pub bytes: u64,
    /// SHA-256 before sealing.
    pub digest: [u8; 32],
    /// Seconds since 1970-01-01.
    pub received: i64,
    pub extents: Vec<Extent>,
}

/// What left the quarantine, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Leaving {
    Released,
    Discarded,
}

/// A record. New kinds go to the end: the number of a kind is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record {
    /// A study got its key.
    Study { study: StudyId, slot: u32, key: [u8; 32], opened: i64 },
    /// An object is there.
    Object { study: StudyId, object: ObjectId, stored: Stored },
    /// An object is held back, under a key of its own.
    Quarantined { id: QuarantineId, slot: u32, key: [u8; 32], reason: String, note: String, stored: Stored },
    /// An object left the quarantine.
    Left { id: QuarantineId, how: Leaving, at: i64 },
    /// The key of a study is to be destroyed.
    Erased { study: StudyId, at: i64 },
    /// The keys are wrapped by another key-encryption key.
    Rotated { key: String, at: i64 },
}

/// Seals and opens records of one vault.
pub(crate) struct RecordCipher {
    cipher: LessSafeKey,
    vault: [u8; 16],
}

impl fmt::Debug for RecordCipher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecordCipher(..)")
    }
}

impl RecordCipher {
    pub fn new(secret: &SecretKey, vault: [u8; 16]) -> Result<Self, VaultError> {
        Ok(Self { cipher: secret.subkey("medward vault journal 1")?.cipher()?, vault })
    }

    fn bound(&self, position: u64) -> [u8; 24] {
        let mut bound = [0; 24];
        let (vault, place) = bound.split_at_mut(16);
        vault.copy_from_slice(&self.vault);
        place.copy_from_slice(&position.to_be_bytes());
        bound
    }

    /// Seals a record for its place in the journal.
    pub fn seal(&self, position: u64, record: &Record) -> Result<Vec<u8>, VaultError> {
        let plain = postcard::to_allocvec(record).map_err(|_| VaultError::System)?;
        key::seal(&self.cipher, &self.bound(position), &plain)
    }

    /// Opens a record; `None` when it is not the one that was sealed for this place.
    pub fn open(&self, position: u64, sealed: &[u8]) -> Option<Record> {
        let plain = key::open(&self.cipher, &self.bound(position), sealed)?;
        postcard::from_bytes(&plain).ok()
    }
}
