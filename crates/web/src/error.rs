//! Why the dashboard cannot be served, or an account not be made.

use std::path::PathBuf;

/// Why the dashboard cannot be served, or an account not be made.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
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
    /// No socket to listen on.
    #[error("cannot listen on {address}: {source}; name another one with --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nothing can be said by the ledger.
    #[error(transparent)]
    Live(#[from] medward_live::LiveError),
    /// What binds the parties cannot be worked out.
    #[error(transparent)]
    Scope(#[from] medward_response::ScopeError),
    /// Built-in data of response are broken.
    #[error(transparent)]
    ResponseData(#[from] medward_response::DataError),
    /// Built-in catalogues are broken.
    #[error(transparent)]
    Catalog(#[from] medward_catalog::DataError),
    /// There is nothing that proves anything.
    #[error("there is no ledger at `{0}`; begin one with `medward ledger init`")]
    NoLedger(PathBuf),
    /// Passphrase or code cannot be taken.
    #[error(transparent)]
    Account(#[from] medward_sign_in::AccountError),
    /// The subject is somebody else.
    #[error("this subject of the provider is linked to `{0}` already")]
    Linked(String),
    /// A passkey cannot be taken.
    #[error(transparent)]
    Passkey(#[from] medward_sign_in::PasskeyError),
    /// The sealed accounts do not open.
    #[error("the accounts at `{0}` do not open with this key of the ledger, or were changed")]
    Sealed(PathBuf),
    /// Nobody of the file.
    #[error("there is no `[person.{0}]` in the file; enter the person with their roles first")]
    Person(String),
    /// The person has one.
    #[error("`{0}` has an account; remove it first with `medward account remove`")]
    Exists(String),
    /// The person has none.
    #[error("`{0}` has no account")]
    Missing(String),
    /// A token cannot be made or is not there.
    #[error("the token: {0}")]
    Token(String),
    /// The certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// A certificate that nobody vouches for, offered to others.
    #[error("{0} is not loopback: give a certificate with --certificate and --certificate-key")]
    NotLoopback(std::net::IpAddr),
}

impl WebError {
    /// What was tried on which path, for an error of the system.
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
