//! The security file: what should be, as plain TOML records in a directory.
//!
//! `rules`, `risk`, `paths` and the command line read a [`SecurityFile`] loaded here; this crate never judges what
//! the records say, it only reports what cannot be read: syntax, unknown keys and kinds, wrong types, duplicates
//! (codes R0-*). One pass reports every problem, and a broken record or file never hides the others.
//!
//! A record kind is one struct in [`kinds`], declared with its documentation; decoding, link resolution,
//! fingerprints and the JSON Schema for editors all follow from that one declaration.

#[macro_use]
mod table;
mod decode;
pub mod edit;
mod field;
mod fingerprint;
#[macro_use]
pub mod kinds;
mod link;
mod load;
mod model;
pub mod problem;
mod schema;
mod shape;
mod value;

pub use field::Field;
pub use fingerprint::Fingerprint;
pub use kinds::Kind;
pub use link::{AnyLink, Link, Target};
pub use load::{Limits, load, load_texts};
pub use model::{AnyRecord, Body, Record, RecordRef, Records, SecurityFile};
pub use schema::json_schema;
pub use shape::{FieldShape, Shape, TableShape};
pub use value::{Date, Flag, Map, Number, Spanned, Text};
