//! A vault to test with.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses its part; what cannot be made is a failed test"
)]

pub mod simulated;

use medward_vault::{
    KeyProvider, ObjectId, Options, Outcome, SecretKey, SoftwareKey, StudyId, Vault, VaultError,
};
use std::path::Path;
use std::sync::Arc;

/// A key-encryption key by its number.
pub fn key(number: u8) -> Arc<dyn KeyProvider> {
    let key = SecretKey::from_slice(&[number; 32]).unwrap();
    Arc::new(SoftwareKey::new("test", &key).unwrap())
}

/// A vault under key 1.
pub fn opened(directory: &Path) -> Vault {
    Vault::open(directory, key(1), Options { segment_bytes: 4 << 20, ..Options::default() }).unwrap().0
}

pub fn study(number: usize) -> StudyId {
    format!("1.2.{number}").parse().unwrap()
}

pub fn object(number: usize) -> ObjectId {
    format!("1.2.3.{number}").parse().unwrap()
}

/// Bytes that are the same for the same seed, and do not repeat.
pub fn bytes(seed: usize, count: usize) -> Vec<u8> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next).take(count.div_ceil(8)).flatten().collect();
    bytes.truncate(count);
    bytes
}

/// Stores bytes whole.
pub fn put(vault: &Vault, in_study: usize, number: usize, content: &[u8]) -> Result<Outcome, VaultError> {
    let mut writing = vault.put(&study(in_study), &object(number))?;
    writing.push(content)?;
    writing.finish()
}

/// Reads an object whole.
pub fn read(vault: &Vault, number: usize) -> Result<Vec<u8>, VaultError> {
    let mut reader = vault.get(&object(number))?;
    let mut content = Vec::new();
    while let Some(chunk) = reader.next_chunk()? {
        content.extend_from_slice(chunk);
    }
    Ok(content)
}
