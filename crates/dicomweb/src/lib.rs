//! What DICOMweb (PS3.18) is made of, as functions of bytes: what a request is for, what it asks, how bodies are laid out.
//!
//! It opens no socket and knows no policy: the gateway serves with it and sends with it. Everything here reads what strangers wrote,
//! so that every length is bounded before anything is set aside, and nothing panics.

mod json;
mod media_type;
pub mod multipart;
mod resource;
mod search;
mod stored;

pub use json::{attribute, attribute_of, data_set, key};
pub use media_type::{MediaType, accepts};
pub use resource::{Level, Names, NotAResource, Resource};
pub use search::{Key, Search, SearchError};
pub use stored::{Failed, Outcome, Stored, is_stored};

/// Media type of the JSON model (PS3.18 section F).
pub const DICOM_JSON: &str = "application/dicom+json";
/// Media type of a DICOM file (PS3.18 section 8.7.3.1).
pub const DICOM: &str = "application/dicom";
/// Media type of bodies of several parts.
pub const RELATED: &str = "multipart/related";
