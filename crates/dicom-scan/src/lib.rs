//! The scanner every DICOM byte from outside passes first; it never recurses, never trusts a declared length, never panics.
//!
//! The lowest floor: de-identification, seals and the gateway call it before any other parser sees the bytes. It says
//! where each element lies ([`DataSet`]) and copies everything untouched verbatim when some are edited ([`Edits`]).
//! It does not decode pixels and does not judge what is personal.
//!
//! ```
//! use medward_dicom_scan::{Limits, Tag, scan_bytes};
//!
//! let bare = b"\x10\x00\x10\x00PN\x08\x00Doe^Jane";
//! let data_set = scan_bytes(bare, &Limits::default())?;
//! let name = data_set.find(None, Tag::new(0x0010, 0x0010)).and_then(|(_, element)| data_set.text(element));
//! assert_eq!(name.as_deref(), Some("Doe^Jane"));
//! # Ok::<(), medward_dicom_scan::Refused>(())
//! ```

pub mod charset;
mod data_set;
mod dictionary;
pub mod edit;
mod edited;
mod element;
mod header;
mod input;
mod limits;
mod plain;
mod preamble;
mod problem;
mod refused;
mod scanner;
mod source;
mod splice;
mod tag;
mod transfer_syntax;
mod vr;
mod walk;
mod window;
mod write;

pub use data_set::{Children, DataSet};
pub use dictionary::{may_be_signed, standard_vr};
pub use edit::{Edits, NewElement};
pub use edited::{Edited, Stream};
pub use element::{Element, Form, Kind};
pub use limits::Limits;
pub use preamble::Disguise;
pub use problem::{Oddity, Problem};
pub use refused::{Reason, Refused};
pub use scanner::{Scanner, scan, scan_bytes};
pub use source::Source;
pub use tag::Tag;
pub use transfer_syntax::{Encoding, TransferSyntax};
pub use vr::Vr;
pub use write::{WriteError, meta_of, write, write_bytes};
