//! Why a document could not be made.

use std::path::PathBuf;

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Built-in data are broken.
    #[error(transparent)]
    Data(#[from] medward_catalog::DataError),
    /// Built-in data of response are broken.
    #[error(transparent)]
    Response(#[from] medward_response::DataError),
    /// The parties of the file cannot be bound to their duties.
    #[error(transparent)]
    Scope(#[from] medward_response::ScopeError),
    /// There is no such case.
    #[error("the ledger holds no case `{0}` at this moment; `medward event list` shows those there are")]
    Case(String),
    /// A file of the maker's templates could not be read.
    #[error("cannot read the template `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the maker's templates cannot be used.
    #[error("the template `{path}` cannot be used: {reason}")]
    Template {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what may stand there.
        reason: String,
    },
    /// Typesetting failed: each message with its place in the templates.
    #[error("the document cannot be typeset: {}", .0.join("; "))]
    Typeset(Vec<String>),
    /// The parts of a large document could not be joined.
    #[error("the parts of the document cannot be joined: {0}")]
    Join(#[from] lopdf::Error),
    /// The model could not be handed over.
    #[error("cannot make JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The spreadsheet could not be written.
    #[error("cannot write the spreadsheet: {0}")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
}
