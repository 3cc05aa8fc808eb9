//! Documents out of the security file and the ledger, for those who judge a device: notified bodies, auditors, hospital IT.
//!
//! Called by the command line. A document is built as data out of a [`Subject`] ([`documents`], [`model`]), the same for the same file,
//! ledger and moment, and then drawn: [`pdf()`] through a Typst template that the maker may put an own one in the place of, [`html()`],
//! [`xlsx()`]. Nothing here reads a clock, a network, or a file outside the maker's templates. What only a person can conclude stands in
//! the file or is shown as open, on the first page too.

pub mod documents;
mod error;
mod figures;
mod html;
pub mod model;
mod pdf;
mod readable;
mod subject;
mod templates;
mod xlsx;

pub use documents::{ALL, Document};
pub use error::ReportError;
pub use html::html;
pub use model::{LedgerHead, Report};
pub use pdf::pdf;
pub use subject::{Inputs, Subject, newest_day};
pub use templates::Templates;
pub use xlsx::xlsx;
