//! What keeps a probe from saying anything.

use crate::ConfigError;

/// Why a probe ended in an error. None of these is a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The deadline passed.
    #[error("out of time; raise `timeout_seconds` or find out why the target is slow")]
    TimedOut,
    /// The target could not be reached or broke off.
    #[error("cannot reach {target}: {why}; check the address and that this machine may connect to it")]
    Unreachable {
        /// The address.
        target: String,
        /// What the system said.
        why: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {why}; make it readable to the user who runs the probes")]
    Unreadable {
        /// The file as configured.
        path: String,
        /// What the system said.
        why: String,
    },
    /// An answer or file is not what it should be.
    #[error("{what} cannot be understood: {why}")]
    Unintelligible {
        /// The answer or file.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// There was nothing to look at.
    #[error("nothing to look at: {what}; a check of nothing proves nothing")]
    Empty {
        /// What is empty.
        what: String,
    },
    /// The caller did not hand over a secret the configuration names.
    #[error("no secret `{name}` was handed over; give it to the process that runs the probes")]
    MissingSecret {
        /// The name in the configuration.
        name: String,
    },
    /// The caller did not allow something.
    #[error("{what} is not permitted to this run; {mend}")]
    NotPermitted {
        /// What was to be done.
        what: String,
        /// How to permit it.
        mend: &'static str,
    },
    /// A program could not be started.
    #[error("cannot start {program}: {why}; install it or correct the path")]
    NotStarted {
        /// The program.
        program: String,
        /// What the system said.
        why: String,
    },
    /// The configuration is not usable.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// The probe itself is faulty.
    #[error("the probe broke down; this is a fault of Medward, please report it")]
    Broke,
}

impl Fault {
    /// A file or answer that cannot be understood.
    pub fn unintelligible(what: impl Into<String>, why: &impl ToString) -> Self {
        Self::Unintelligible { what: what.into(), why: why.to_string() }
    }

    /// A target that cannot be reached; a time-out stays a time-out.
    pub fn unreachable(target: impl Into<String>, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Unreachable { target: target.into(), why: error.to_string() },
        }
    }

    /// A file that cannot be read.
    pub fn unreadable(path: impl Into<String>, why: &impl ToString) -> Self {
        Self::Unreadable { path: path.into(), why: why.to_string() }
    }
}
