//! Tokens of an OpenID Connect provider that senders show (RFC 6750, RFC 9068): whose they are says the subject, as the file has it.
//!
//! The ward asks nobody for the provider's keys: they stand in a file that whoever runs the ward keeps fresh, and are read again as
//! it changes. A key that is no longer in it opens nothing.

use crate::configuration::Configuration;
use crate::decision::Shown;
use medward_sign_in::{Provider, TokenError};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys of the token issuer in `{path}` cannot be used: {reason}")]
pub struct IssuerError {
    path: PathBuf,
    reason: String,
}

/// A provider whose tokens count here.
#[derive(Debug, Clone)]
pub struct KnownIssuer {
    /// Its issuer identifier.
    pub issuer: String,
    /// Whom its tokens are made for here.
    pub audience: String,
    /// File of its public keys.
    pub keys: PathBuf,
}

/// The provider, with its keys as they are now.
#[derive(Debug)]
pub(crate) struct Issuer {
    known: KnownIssuer,
    provider: RwLock<Provider>,
    /// Records of senders, by the subjects of their tokens.
    senders: HashMap<String, String>,
}

fn read(known: &KnownIssuer) -> Result<Provider, IssuerError> {
    let unusable = |path: &Path, reason: String| IssuerError { path: path.to_path_buf(), reason };
    let document = std::fs::read(&known.keys).map_err(|error| unusable(&known.keys, error.to_string()))?;
    // Groups decide nothing here.
    let mut provider = Provider::new(&known.issuer, &known.audience, "");
    let taken = provider.take_keys(&document);
    taken.map(|_| provider).map_err(|error| unusable(&known.keys, error.to_string()))
}

impl Issuer {
    /// The provider of a ward, if its file names one.
    pub(crate) fn open(configuration: &Configuration) -> Result<Option<Self>, IssuerError> {
        let Some(known) = &configuration.token_issuer else { return Ok(None) };
        let subjects = configuration.senders.iter();
        let senders = subjects.filter_map(|sender| Some((sender.token_subject.clone()?, sender.id.clone())));
        let (provider, senders) = (RwLock::new(read(known)?), senders.collect());
        Ok(Some(Self { known: known.clone(), provider, senders }))
    }

    /// Reads the keys again; those from before stay in force where the file cannot be read.
    pub(crate) fn read_again(&self) -> Result<(), IssuerError> {
        let provider = read(&self.known)?;
        *self.provider.write().unwrap_or_else(PoisonError::into_inner) = provider;
        Ok(())
    }

    /// Whose token this is at a moment in seconds since 1970-01-01, and whether it holds.
    pub(crate) fn look(&self, token: &str, now: i64) -> Shown {
        let provider = self.provider.read().unwrap_or_else(PoisonError::into_inner);
        let nobody = |reason| Shown { sender: String::new(), problem: Some(reason) };
        match provider.verify(token, u64::try_from(now).unwrap_or_default()) {
            Ok(identity) => match self.senders.get(&identity.subject) {
                Some(sender) => Shown { sender: sender.clone(), problem: None },
                None => nobody("token-of-nobody-here"),
            },
            Err(TokenError::Time) => nobody("token-not-valid-now"),
            Err(_) => nobody("token-not-verified"),
        }
    }
}
