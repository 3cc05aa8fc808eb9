//! Why something cannot be done.

use std::path::{Path, PathBuf};

/// Why something cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// What was asked for cannot be.
    #[error("{reason}")]
    Refused {
        /// The field that is wrong, by the name that commands and forms give it; empty where it is none of them.
        field: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The system failed.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The ledger could not be used.
    #[error(transparent)]
    Log(#[from] medward_ledger::LogError),
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] medward_ledger::key::KeyError),
    /// Something cannot stand in a ledger.
    #[error(transparent)]
    Entry(#[from] medward_ledger::EntryError),
    /// Nothing can be said by the ledger.
    #[error(transparent)]
    Live(#[from] medward_live::LiveError),
    /// Something cannot be reported.
    #[error(transparent)]
    Door(#[from] medward_response::door::DoorError),
    /// A text cannot stand in a ledger.
    #[error(transparent)]
    Text(#[from] medward_response::TextError),
    /// An answer cannot be taken.
    #[error(transparent)]
    Answer(#[from] medward_response::AnswerError),
    /// A step cannot be taken.
    #[error(transparent)]
    Step(#[from] medward_response::StepError),
    /// What binds the parties cannot be worked out.
    #[error(transparent)]
    Scope(#[from] medward_response::ScopeError),
    /// Built-in data of response are broken.
    #[error(transparent)]
    Data(#[from] medward_response::DataError),
    /// A payload could not be kept.
    #[error(transparent)]
    Store(#[from] medward_side_store::StoreError),
    /// JSON could not be made.
    #[error("cannot make JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ActError {
    /// What is asked for cannot be, by no field of its own.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::of("", reason)
    }

    /// A field cannot be as it was given.
    pub fn of(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Refused { field, reason: reason.into() }
    }

    /// The field that is wrong; empty where it is none, or not known.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Refused { field, .. } => field,
            _ => "",
        }
    }

    /// Whether it lies with the system: what was asked for may be right, and can be tried again.
    pub fn is_of_system(&self) -> bool {
        matches!(
            self,
            Self::Io { .. } | Self::Log(_) | Self::Key(_) | Self::Live(_) | Self::Data(_) | Self::Store(_)
        )
    }

    /// What was tried on which path, for an error of the system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
