//! Why the vault could not do what it was asked.

use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::provider::ProviderError;
use std::io;
use std::path::{Path, PathBuf};

/// Errors of the vault. What was acknowledged before stands after each of them.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The system failed.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No room on the disk. Nothing was stored; the vault goes on by itself once there is room.
    #[error("the disk of the vault is full; free space or erase studies, then send the object again")]
    Full,
    /// Another process has the vault.
    #[error("`{0}` is in use by another process")]
    InUse(PathBuf),
    /// The directory holds no vault of this version, or parts of one are missing.
    #[error("`{path}` is no vault that can be opened: {reason}")]
    Form {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The vault is sealed under another key.
    #[error("the vault is sealed under the key `{sealed_under}`, and `{given}` was given")]
    OtherKey {
        /// Id of the key that opens it.
        sealed_under: String,
        /// Id of the key that was given.
        given: String,
    },
    /// The key-encryption key did not wrap or unwrap.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The study was erased; nothing of it can be read or added.
    #[error("the study {0} was erased")]
    Erased(StudyId),
    /// No such study.
    #[error("no study {0} in the vault")]
    NoStudy(StudyId),
    /// No such object.
    #[error("no object {0} in the vault")]
    NoObject(ObjectId),
    /// No such object in the quarantine.
    #[error("no object {0} in the quarantine")]
    NoQuarantined(QuarantineId),
    /// Bytes at rest are not those that were stored.
    #[error("{what} is damaged at chunk {chunk}: {reason}")]
    Damaged {
        /// Which object.
        what: String,
        /// Number of the chunk, from 0.
        chunk: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The key of a study is not where the journal says, or not the one.
    #[error("the key of {what} is damaged: {reason}")]
    KeyDamaged {
        /// Whose key.
        what: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The index does not agree with itself. Nothing is lost: it is made anew from the journal.
    #[error("the index is damaged ({0}); make it anew from the journal")]
    Index(String),
    /// Too many bytes for one object.
    #[error("an object has at most {0} bytes")]
    TooLarge(u64),
    /// A reason or note is too long.
    #[error("{what} has up to {most} characters and no control characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// Most characters.
        most: usize,
    },
    /// The disk failed while the journal was written: what it holds is known when the vault is opened anew.
    #[error("the vault stopped after an error of the disk; open it again")]
    Stopped,
    /// A segment failed while it was made durable; the object was not stored.
    #[error("the disk failed while the object was made durable; send it again")]
    NotDurable,
    /// No random numbers, or a cipher that refuses.
    #[error("the system gives no random numbers")]
    System,
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Index(error.to_string()),
        }
    }
}

/// Turns an error of the system into one of the vault; a full disk is one of its own.
pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_path_buf();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => VaultError::Full,
        _ => VaultError::Io { action, path, source },
    }
}
