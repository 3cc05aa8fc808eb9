//! The whole loop on one machine, with no other service: `medward demo`.
//!
//! A working copy of the example gets a private authority, keys and people; a ward runs, between a scanner, an archive and an AI that
//! stand in for real ones on the loopback interface. A generated CT study goes through all layers and its result comes back; attacks
//! are stopped and named; one of them opens the two procedures; reports are written and the ledger is verified.
//!
//! Every step that a user could take is taken by the command that a user would type, run as a process of its own and shown: what
//! the demo shows is the product and not a second way through it. Only what stands outside of Medward (scanner, archive, AI,
//! attackers) is played here.

mod data_set;
mod node;
mod overlay;
mod results;
mod stand_in;
mod steps;
mod story;
mod study;
mod watched;
mod working_copy;

pub use story::run;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What to play, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `medward` that is run.
    pub medward: PathBuf,
    /// Directory to make; one that an earlier demo made is made anew.
    pub directory: PathBuf,
    /// Ends after the summary.
    pub once: bool,
    /// Ends as soon as it can.
    pub ends: Arc<AtomicBool>,
}

/// Why the demo could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system failed.
    #[error("`{path}`: {source}; the demo needs a place it may write to: name another with --into DIR")]
    Io {
        /// On what.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// The directory holds something else.
    #[error("`{0}` exists and no demo made it: name another place with --into DIR")]
    NotOurs(PathBuf),
    /// A port of the loopback interface cannot be had.
    #[error("no port of 127.0.0.1 can be listened on: {0}")]
    Port(std::io::Error),
    /// A command ended otherwise than it must.
    #[error("`medward {command}` ended with {code}:\n{said}")]
    Command {
        /// Its arguments.
        command: String,
        /// Its exit code, or what ended it.
        code: String,
        /// The end of what it said.
        said: String,
    },
    /// What must happen did not within the time for it.
    #[error("waited in vain until {0}")]
    Late(&'static str),
    /// What is played to the ward cannot be played.
    #[error("{0}")]
    Played(String),
    /// An attack was not stopped.
    #[error("an attack got through: {0}")]
    GotThrough(&'static str),
    /// It was told to end.
    #[error("ended before its end")]
    Ended,
}

impl DemoError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    #[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
    pub(crate) fn played(error: impl ToString) -> Self {
        Self::Played(error.to_string())
    }
}
