//! Key-encryption keys: what wraps the keys of studies. Whoever has it opens the vault; it never stands beside it.
//!
//! A provider is a key file sealed under a passphrase, a credential of systemd or the environment ([`SoftwareKey`]), or a token
//! that keeps its key (`pkcs11`).

#[cfg(feature = "pkcs11")]
mod pkcs11;
mod software;

use crate::key::SecretKey;
use std::fmt;
use std::path::PathBuf;

#[cfg(feature = "pkcs11")]
pub use pkcs11::{Token, TokenKey};
pub use software::SoftwareKey;

/// Wraps and unwraps keys of studies.
pub trait KeyProvider: Send + Sync + fmt::Debug {
    /// Names the key in public, in up to 255 bytes; the vault remembers under which one it is sealed.
    fn id(&self) -> &str;
    /// Wraps a key, bound to bytes that are needed for unwrapping; at most 510 bytes come out.
    fn wrap(&self, key: &SecretKey, bound: &[u8]) -> Result<Vec<u8>, ProviderError>;
    /// Unwraps a key; `None` when it was changed, or bound to something else.
    fn unwrap(&self, wrapped: &[u8], bound: &[u8]) -> Result<Option<SecretKey>, ProviderError>;
}

/// Why a key-encryption key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The key file does not open.
    #[error(transparent)]
    KeyFile(#[from] medward_ledger::key::KeyError),
    /// The credential cannot be read.
    #[error("cannot read the credential `{path}`: {source}")]
    Read {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No credential of that name.
    #[error(
        "`{0}` is not set; a service gets credentials by `LoadCredential=` or `SetCredentialEncrypted=` in its unit"
    )]
    Absent(String),
    /// The credential is no key.
    #[error("the credential `{0}` is no key: 32 bytes are expected, or 64 hexadecimal digits")]
    Form(String),
    /// The token does not do what it is asked.
    #[error("the token cannot {action}: {reason}")]
    Token {
        /// What was asked.
        action: &'static str,
        /// What it says.
        reason: String,
    },
    /// No random numbers.
    #[error("the system gives no random numbers")]
    System,
}
