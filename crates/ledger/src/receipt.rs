//! Proofs that stand alone (C2SP tlog-proof): an entry's place, its inclusion proof and the signed head, in one text that anyone can
//! check with the log's public key.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::merkle::{Hash, leaf_hash};
use crate::note::{Note, NoteError, VerifierKey};
use crate::proof::{ProofError, check_inclusion};
use std::fmt;

/// First line.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// Most hashes in a proof, which a tree of 2^64 entries needs.
const HASHES_MAX: usize = 64;
/// Largest proof read, in bytes: that of a note and of its hashes.
pub const BYTES_MAX: usize = crate::note::BYTES_MAX + 8_192;

/// Why a proof does not show what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// Not a proof.
    #[error("this is no proof of an entry: {0}")]
    Form(&'static str),
    /// The head in it cannot be read or is not signed by the key.
    #[error(transparent)]
    Head(#[from] NoteError),
    /// The head in it is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The head is of another log.
    #[error("the proof is of the log `{0}`")]
    Origin(String),
    /// The entry is not where the proof says.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// An entry's place under a signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Position of the entry, from 0.
    pub index: u64,
    /// Hashes from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The signed head.
    pub head: Note,
}

impl Inclusion {
    /// Reads a proof; further data in it is passed over, since nothing vouches for it.
    pub fn parse(bytes: &[u8]) -> Result<Self, InclusionError> {
        let form = InclusionError::Form;
        if bytes.len() > BYTES_MAX {
            return Err(form("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
        let (above, head) = text.split_once("\n\n").ok_or(form("no empty line parts proof and head"))?;
        let mut lines = above.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(form("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        lines.next_if(|line| line.starts_with("extra "));
        let index =
            lines.next().and_then(|line| line.strip_prefix("index ")).and_then(crate::checkpoint::decimal);
        let index = index.ok_or(form("it names no index"))?;
        let hashes: Option<Vec<Hash>> = lines.take(HASHES_MAX.saturating_add(1)).map(Hash::parse).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX);
        let hashes = hashes.ok_or(form("a line of it is no hash, or there are too many"))?;
        Ok(Self { index, hashes, head: Note::parse(head.as_bytes())? })
    }

    /// Checks that the entry stands where the proof says, under a head signed by the key. Gives that head.
    pub fn check(&self, entry: &[u8], key: &VerifierKey) -> Result<Checkpoint, InclusionError> {
        self.head.verify(key)?;
        let head = Checkpoint::parse(self.head.text())?;
        if head.origin != key.name() {
            return Err(InclusionError::Origin(head.origin.escape_debug().to_string()));
        }
        check_inclusion(&leaf_hash(entry), self.index, head.size, &self.hashes, &head.root)?;
        Ok(head)
    }
}

impl fmt::Display for Inclusion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{FIRST_LINE}\nindex {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(formatter, "{hash}"))?;
        write!(formatter, "\n{}", self.head)
    }
}
