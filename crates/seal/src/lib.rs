//! Integrity of images: DICOM digital signatures (PS3.15 Annex C) made and verified, and seals that a ledger can keep.
//!
//! The gateway and the command line call it with bytes or streams; it opens no file and prints nothing. Every byte from
//! outside passes `medward-dicom-scan` first. What verification says are types in which an unsigned object cannot be taken
//! for an accepted one: [`Accepted`] comes out of [`ObjectReport::judge`] alone.

mod algorithm;
mod certificate;
mod coverage;
mod item;
mod key;
mod mac_stream;
mod profile;
mod purpose;
mod reading;
pub mod report;
mod sign;
pub mod timestamp;
pub mod trust;
mod verify;

pub use algorithm::MacAlgorithm;
pub use certificate::{Certificate, CertificateError};
pub use key::{KeyError, PrivateKey};
pub use profile::{Profile, UnknownProfile};
pub use purpose::Purpose;
pub use report::{Accepted, Coverage, Demand, Integrity, ObjectReport, Refusal, SignatureReport, Trust};
pub use sign::{NotSigned, Signed, Signer, SignerError};
pub use trust::Authorities;
pub use verify::{NotVerified, SIGNATURES_MAX, Verifier};
