//! What verifies a ledger: Merkle proofs, signed notes, checkpoints and tiles in the public C2SP formats.
//!
//! The lowest floor; it knows nothing of security files. Nothing here writes: given bytes from anyone, it says whether they
//! belong to the log that a key signed. No bytes make it panic, and none make it allocate more than a small multiple of their length.

pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod tile;

pub use checkpoint::Checkpoint;
pub use merkle::{Frontier, Hash, leaf_hash, node_hash};
pub use note::{Note, Signer, VerifierKey};
