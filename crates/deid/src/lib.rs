//! De-identification of DICOM objects by PS3.15 Annex E; the command line and the gateway call it, it never opens a file.
//!
//! [`Deidentifier`] takes an object from a reader and writes the result to a writer. Everything is derived from one
//! [`ProjectKey`]: the same patient, study and instance get the same pseudonym, UIDs and shift of dates wherever they come
//! up, without a table. After the edit a second look searches the whole result for what identified someone in the
//! original; an object in which it finds anything is held back ([`Quarantine`]), as is one with text that may be burned
//! into its pixels. It searches all values, text and bytes, nested and private, but not the pixels themselves, in which
//! chance would find every short word, nor bulk of more than 1 MiB: what of that may be text holds the object back.
//!
//! Where the type of an attribute in the object's IOD is not known, a combined action becomes the strictest that keeps
//! the object valid: X/Z is Z, X/D, Z/D and X/Z/D are D, X/Z/U* keeps the sequence and replaces its UIDs. Types are
//! known for the attributes at the top of objects of 179 classes (`data/iod_types.txt`). Rows of the table newer than
//! the edition that its options were read from follow the basic profile under every option. Attributes that the table
//! does not have stay, except for names, dates and UIDs of instances, which are treated as their like in the table, and
//! for those that the dictionary does not know, which go.

pub mod action;
mod clean;
pub mod dates;
mod decide;
mod dummy;
mod engine;
mod facts;
mod gathering;
mod identity;
pub mod iod;
pub mod key;
mod look;
pub mod mapping;
mod mark;
pub mod options;
mod pixels;
mod plan;
pub mod policy;
mod private;
pub mod reidentify;
mod report;
pub mod role;
pub mod table;
mod uids;
mod values;

pub use engine::{Deidentifier, Names, Opened};
pub use key::ProjectKey;
pub use options::{Options, ProfileOption};
pub use plan::Treatment;
pub use policy::Policy;
pub use report::{Counts, Detail, ElementReport, NotPassed, Quarantine, Report};
