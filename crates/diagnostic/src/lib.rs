//! What Medward says about a place in a file.
//!
//! The lowest floor: `file` reports what it cannot read with these types, `rules` what does not hold; only the
//! command line renders them. This crate knows nothing of security files, risks or rules.
//! Positions are byte offsets into UTF-8 source text; lines and columns (1-based, columns in characters) are
//! computed only when a diagnostic is shown.

mod diagnostic;
pub mod render;
mod source;
mod suggest;
mod summary;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use source::{Position, Source, SourceId, SourceMap, Span};
pub use suggest::closest;
pub use summary::Summary;
