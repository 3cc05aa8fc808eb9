//! Integrity of images: DICOM digital signatures (PS3.15 Annex C) made and verified, and seals that a ledger can keep.
//!
//! The gateway and the command line call it with bytes or streams; it opens no file and prints nothing. Every byte from
//! outside passes `medward-dicom-scan` first. What verification says are types in which an unsigned object cannot be taken
//! for an accepted one: [`Accepted`] comes out of [`ObjectReport::judge`] alone.

mod algorithm;
mod canonical;
mod certificate;
pub mod compare;
mod coverage;
mod group;
mod item;
mod key;
mod mac_stream;
pub mod manifest;
mod profile;
mod purpose;
mod reading;
pub mod report;
mod seal;
mod sign;
pub mod stamp_request;
pub mod timestamp;
pub mod trust;
mod verify;

pub use algorithm::MacAlgorithm;
pub use certificate::{Certificate, CertificateError};
pub use compare::{Comparison, Finding, Unchanged};
pub use group::Group;
pub use key::{KeyError, PrivateKey};
pub use manifest::{Manifest, ManifestError};
pub use profile::{Profile, UnknownProfile};
pub use purpose::Purpose;
pub use report::{Accepted, Coverage, Demand, Integrity, ObjectReport, Refusal, SignatureReport, Trust};
pub use seal::{InstanceSeal, NotSealed, SealKey, Sealed, Sealer, series_uid};
pub use sign::{NotSigned, Signed, Signer, SignerError};
pub use trust::Authorities;
pub use verify::{NotVerified, SIGNATURES_MAX, Verifier, limits};
