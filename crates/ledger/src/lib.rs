//! The ledger: an append-only log in the public C2SP formats, signed, and verifiable by anyone with its public key.
//!
//! The lowest floor; it knows nothing of security files and logs entries as bytes ([`entry`] gives them form). An append is on stable storage before it is
//! acknowledged ([`log`]); [`verify()`] finds every changed bit, truncation, rollback, fork and reordering. No bytes from
//! anyone make it panic, and none make it allocate more than a small multiple of their length.

mod access;
pub mod act;
pub mod checkpoint;
mod edge;
pub mod entry;
mod head;
pub mod key;
pub mod log;
pub mod merkle;
pub mod note;
pub mod proof;
mod published;
pub mod receipt;
pub mod segment;
pub mod tile;
mod tree;
mod verify;
pub mod witness;

pub use access::Came;
pub use act::{Act, Source, Subject};
pub use checkpoint::Checkpoint;
pub use entry::{Digest, Entry, EntryError, Fingerprint, Outcome, Reason, RecordId, Signed};
pub use log::{Log, LogError, Receipt};
pub use merkle::{Frontier, Hash, leaf_hash, node_hash};
pub use note::{Note, Signer, VerifierKey};
pub use published::read as read_tile;
pub use tree::{Tree, TreeError};
pub use verify::{Finding, Verified, verify};
