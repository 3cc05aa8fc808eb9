//! Fingerprints of records: what a link remembers of the text it was reviewed against.
//!
//! A fingerprint covers every key and value of a record except `reviewed` itself, independent of layout, comments
//! and key order: a reviewer's decision depends on what a record says, not on how it is laid out.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// SHA-256 over the content of a record; shown and stored as the first 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// All 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Collects the content of a record; every part is length-prefixed so that no two contents collide by joining.
#[doc(hidden)]
#[derive(Default)]
pub struct Collector(Sha256);

impl Collector {
    /// Adds one part with a tag for its type.
    pub fn part(&mut self, tag: u8, bytes: &[u8]) {
        self.0.update([tag]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// The fingerprint of all parts.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}
