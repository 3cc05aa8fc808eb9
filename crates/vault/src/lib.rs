//! The vault: objects sealed under a key for each study, on stable storage before they are acknowledged.
//!
//! The ward stores received objects here and reads them back; it knows nothing of networks, DICOM or policies. A study is erased by
//! destroying its key. Everything at rest but sizes is sealed, and nothing of a changed object is ever handed out.
//!
//! | file | holds | if it is lost |
//! |---|---|---|
//! | `keyring` | a wrapped key for each study ([`provider`] has what wraps them) | everything is: keep a copy |
//! | `segments/*` | sealed chunks of objects | those objects are |
//! | `journal` | what is stored, sealed; an object is acknowledged once it is in here | restored from a copy; the index has what is current |
//! | `index.sqlite` | where it stands in the journal | made anew from the journal |
//!
//! Objects are acknowledged in groups: their segment is made durable, then the journal, each with one call for all who wait.

mod clock;
mod commit;
mod erase;
mod error;
mod get;
mod id;
mod index;
mod journal;
mod key;
mod keyring;
pub mod provider;
mod put;
mod quarantine;
mod record;
mod recovery;
mod segment;
pub mod storage;
mod stream;
mod study_key;
mod vault;
mod verify;

pub use clock::{Clock, SystemClock};
pub use erase::Erasure;
pub use error::VaultError;
pub use get::ObjectReader;
pub use id::{IdError, ObjectId, QuarantineId, StudyId};
pub use key::SecretKey;
pub use provider::{KeyProvider, ProviderError, SoftwareKey};
pub use put::{Conflict, OBJECT_BYTES_MAX, Outcome, Put};
pub use quarantine::{QuarantinePut, Quarantined};
pub use recovery::Recovery;
pub use stream::CHUNK_BYTES;
pub use vault::{Options, Receipt, Study, Vault};
pub use verify::{Finding, Verified};
