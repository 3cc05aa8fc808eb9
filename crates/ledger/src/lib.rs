//! The ledger: an append-only log in the public C2SP formats, signed, and verifiable by anyone with its public key.
//!
//! The lowest floor; it knows nothing of security files and takes entries as bytes. An append is on stable storage before it is
//! acknowledged ([`log`]); [`verify()`] finds every changed bit, truncation, rollback, fork and reordering. No bytes from
//! anyone make it panic, and none make it allocate more than a small multiple of their length.

pub mod checkpoint;
pub mod log;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod segment;
pub mod tile;
mod verify;

pub use checkpoint::Checkpoint;
pub use log::{Log, LogError, Receipt};
pub use merkle::{Frontier, Hash, leaf_hash, node_hash};
pub use note::{Note, Signer, VerifierKey};
pub use verify::{Finding, Verified, verify};
