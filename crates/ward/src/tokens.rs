//! Bearer tokens of senders (RFC 6750): made here, shown once, kept as a digest, ended by their day or by a revocation.
//!
//! A token is `medward.NAME.SECRET`. Its secret has 256 random bits, so that a plain SHA-256 of it cannot be guessed back; the name is
//! public and says which digest to hold it against. Whose it is says the file of digests, never the token.

use crate::decision::Shown;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use zeroize::Zeroizing;

/// What a token begins with, so that one in a wrong place is recognised.
const PREFIX: &str = "medward.";
const SECRET_BYTES: usize = 32;
/// Most characters of a name.
const NAME_CHARACTERS_MAX: usize = 40;
/// Longest life of a token, in days.
pub const DAYS_MAX: u16 = 366;
const DAY_SECONDS: i64 = 86_400;
/// Name of the file in the directory of a ward.
const FILE: &str = "tokens.json";

/// Why a token cannot be made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
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
    /// The file of digests is none.
    #[error("`{path}` cannot be read as what it should be: {reason}")]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: serde_json::Error,
    },
    /// The name.
    #[error("a name has 1 to {NAME_CHARACTERS_MAX} small letters, digits and hyphens")]
    Name,
    /// The name belongs to a token that holds.
    #[error("`{0}` is the name of a token that holds; revoke it first, or take another name")]
    Taken(String),
    /// The life.
    #[error("a token lives for 1 to {DAYS_MAX} days")]
    Days,
    /// No such token.
    #[error("no token is called `{0}`")]
    Unknown(String),
    /// No random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A token as its sender has it; it is never printed by accident.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// What is known of a token. Moments are seconds since 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Record of the sender that it is of.
    pub sender: String,
    /// When it was made.
    pub issued: i64,
    /// When it ends.
    pub expires: i64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<i64>,
    /// SHA-256 of its secret.
    digest: [u8; 32],
}

impl Token {
    /// Why it does not hold at a moment.
    pub fn problem(&self, now: i64) -> Option<&'static str> {
        match self.revoked {
            Some(_) => Some("token-revoked"),
            None if now >= self.expires || now < self.issued.saturating_sub(DAY_SECONDS) => {
                Some("token-not-valid-now")
            }
            None => None,
        }
    }
}

/// The tokens of a ward, by name.
pub struct Tokens {
    directory: PathBuf,
    known: RwLock<BTreeMap<String, Token>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens")
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

impl Tokens {
    /// Those of a directory; none where it has no file of them.
    pub fn open(directory: &Path) -> Result<Self, TokenError> {
        let path = directory.join(FILE);
        let known = match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|reason| TokenError::Form { path, reason })?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(TokenError::Io { action: "read", path, source }),
        };
        Ok(Self { directory: directory.to_path_buf(), known: RwLock::new(known) })
    }

    /// All of them.
    pub fn all(&self) -> BTreeMap<String, Token> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes them on stable storage first, and in memory only then.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Token>) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = known.clone();
        let done = change(&mut changed)?;
        let path = self.directory.join(FILE);
        let io = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| TokenError::Io { action, path, source }
        };
        let bytes = serde_json::to_vec_pretty(&changed)
            .map_err(|reason| TokenError::Form { path: path.clone(), reason })?;
        let beside = path.with_extension("new");
        let mut options = File::options();
        let written = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
        let written = written.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
        written.map_err(io("write", &beside))?;
        std::fs::rename(&beside, &path).map_err(io("replace", &path))?;
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(io("sync", &self.directory))?;
        *known = changed;
        Ok(done)
    }

    /// Makes a token for a sender.
    pub fn issue(
        &self,
        name: &str,
        sender: &str,
        days: u16,
        now: i64,
    ) -> Result<(Token, Secret), TokenError> {
        if !is_name(name) {
            return Err(TokenError::Name);
        }
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(TokenError::Days);
        }
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(&mut *secret).map_err(TokenError::Random)?;
        let token = Token {
            sender: sender.to_owned(),
            issued: now,
            expires: now.saturating_add(i64::from(days).saturating_mul(DAY_SECONDS)),
            revoked: None,
            digest: Sha256::digest(*secret).into(),
        };
        self.change(|known| {
            if known.get(name).is_some_and(|token| token.problem(now).is_none()) {
                return Err(TokenError::Taken(name.to_owned()));
            }
            known.insert(name.to_owned(), token.clone());
            Ok(())
        })?;
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret));
        Ok((token, Secret(Zeroizing::new(format!("{PREFIX}{name}.{}", *secret)))))
    }

    /// Revokes a token: the next request that shows it is refused.
    pub fn revoke(&self, name: &str, now: i64) -> Result<(), TokenError> {
        self.change(|known| {
            let token = known.get_mut(name).ok_or_else(|| TokenError::Unknown(name.to_owned()))?;
            token.revoked.get_or_insert(now);
            Ok(())
        })
    }

    /// Whether a text is a token of this kind, true or forged.
    pub fn are_like(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Whose token this is at a moment, and whether it holds. How long that takes says nothing of the digest.
    pub fn look(&self, text: &str, now: i64) -> Shown {
        let unknown = || Shown { sender: String::new(), problem: Some("unknown-token") };
        let Some((name, secret)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')) else {
            return unknown();
        };
        let mut bytes = Zeroizing::new([0; SECRET_BYTES + 1]);
        let length = URL_SAFE_NO_PAD.decode_slice(secret, &mut *bytes).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(bytes.get(..length).unwrap_or_default()).into();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.get(name) {
            Some(token) if verify_slices_are_equal(&digest, &token.digest).is_ok() => {
                Shown { sender: token.sender.clone(), problem: token.problem(now) }
            }
            _ => unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_until_its_day_or_its_revocation_and_its_secret_is_nowhere() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(directory.path()).unwrap();
        let (_, secret) = tokens.issue("pacs-2", "PACS", 30, 1_000).unwrap();
        let of = |tokens: &Tokens, text: &str, now| tokens.look(text, now).of().to_owned();
        assert_eq!(of(&tokens, secret.reveal(), 1_000), "PACS");
        let again = Tokens::open(directory.path()).unwrap();
        assert_eq!(of(&again, secret.reveal(), 30 * DAY_SECONDS + 999), "PACS");
        assert_eq!(
            again.look(secret.reveal(), 30 * DAY_SECONDS + 1_000).problem,
            Some("token-not-valid-now")
        );
        let kept = std::fs::read_to_string(directory.path().join(FILE)).unwrap();
        assert!(!kept.contains(secret.reveal().rsplit_once('.').unwrap().1));
        assert!(!format!("{secret:?}").contains("medward."));
        let mut forged = secret.reveal().to_owned();
        let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
        forged.push(last);
        let other_name = secret.reveal().replace("pacs-2", "pacs-3");
        for text in ["", "medward.", "medward.pacs-2", "medward.pacs-2.", &forged, &other_name] {
            assert_eq!(of(&tokens, text, 1_000), "!", "{text}");
        }
        assert!(matches!(tokens.issue("pacs-2", "PACS", 30, 1_000), Err(TokenError::Taken(_))));
        tokens.revoke("pacs-2", 2_000).unwrap();
        assert_eq!(tokens.look(secret.reveal(), 2_000).problem, Some("token-revoked"));
        // The name made anew does not bring the old one back.
        tokens.issue("pacs-2", "PACS", 30, 3_000).unwrap();
        assert_eq!(of(&tokens, secret.reveal(), 3_000), "!");
        for name in ["", "A", "a b", "../a", &"a".repeat(41)] {
            assert!(matches!(tokens.issue(name, "PACS", 30, 1_000), Err(TokenError::Name)), "{name}");
        }
        assert!(matches!(tokens.issue("b", "PACS", 0, 1_000), Err(TokenError::Days)));
        assert!(matches!(tokens.revoke("b", 1_000), Err(TokenError::Unknown(_))));
    }
}
