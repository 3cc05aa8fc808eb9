//! Why an association ended other than by release.

use crate::{Abort, CommandError, Rejection};
use std::io;

/// Why nothing more comes. The transport connection is closed or about to be.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The transport failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The peer closed without a release.
    #[error("the peer closed the connection")]
    Closed,
    /// The peer sent A-ABORT.
    #[error("the peer aborted ({0})")]
    Aborted(Abort),
    /// The peer rejected the association.
    #[error("the peer rejected the association ({0})")]
    Rejected(Rejection),
    /// The peer broke the protocol; it was told by A-ABORT.
    #[error("the peer broke the protocol: {0}")]
    Violation(&'static str),
    /// The peer sent a command set that cannot be read; it was told by A-ABORT.
    #[error("the peer sent a command set that cannot be read: {0}")]
    Command(#[from] CommandError),
    /// A deadline passed; the peer was told by A-ABORT where the state asks for it.
    #[error("{0} took too long")]
    Late(&'static str),
    /// What this side wants to send does not fit what was negotiated.
    #[error("cannot be sent: {0}")]
    Unsendable(&'static str),
}
