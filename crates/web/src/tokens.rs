//! Tokens by which programs use the interface: made at the command line, shown once, kept as digests, and none lives for ever.

use crate::WebError;
use crate::sealed::Sealed;
use crate::session::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medward_file::SecurityFile;
use medward_file::kinds::Person;
use medward_sign_in::AccountError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use zeroize::Zeroizing;

/// What every token begins with, so that scanners find one that leaked.
const PREFIX: &str = "medward_";
const SECRET_BYTES: usize = 32;
/// Longest text taken for a token, in bytes.
const TOKEN_BYTES_MAX: usize = 200;
/// Longest name, in characters.
const NAME_MAX: usize = 40;
/// Longest life, in days.
const DAYS_MAX: u64 = 366;
/// Most tokens of a device.
const TOKENS_MAX: usize = 1_000;

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Reading the file as it stands: records, risks, controls, findings, requirements, paths.
    Device,
    /// Reading incidents and their clocks.
    Incidents,
    /// Reading the ledger: entries, heads, proofs.
    Ledger,
    /// Reporting events and complaints, where the roles of the token's owner allow it.
    Report,
    /// Running probes, where the roles of the token's owner allow it.
    Probe,
}

impl Scope {
    /// All of them, with their words.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Device, "device"),
        (Self::Incidents, "incidents"),
        (Self::Ledger, "ledger"),
        (Self::Report, "report"),
        (Self::Probe, "probe"),
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, word)| *word)
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, it)| *it == word).map(|(scope, _)| *scope);
        found.ok_or_else(|| format!("scopes are {}", Self::ALL.map(|(_, word)| word).join(", ")))
    }
}

/// A token as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Id of the person of the file who answers for it; when they leave, it ends.
    pub owner: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made, in seconds since 1970-01-01.
    pub made: u64,
    /// When it ends.
    pub expires: u64,
    digest: [u8; 32],
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// What a new token is to be.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What it is called: small letters, digits and hyphens.
    pub name: &'a str,
    /// Id of the person who answers for it.
    pub owner: &'a str,
    /// What it may be used for; something.
    pub scopes: BTreeSet<Scope>,
    /// Days that it lives.
    pub days: u64,
}

/// The tokens of a device.
#[derive(Debug)]
pub struct Tokens(Sealed<Token>);

impl Tokens {
    pub(crate) fn new(ledger: &Path, key: Zeroizing<[u8; 32]>) -> Self {
        Self(Sealed::new(ledger, "tokens", b"medward tokens 1", key))
    }

    /// Makes a token at a moment in seconds since 1970-01-01; gives its text, which nobody can give again.
    pub fn create(
        &self,
        file: &SecurityFile,
        wanted: Wanted<'_>,
        now: u64,
    ) -> Result<Zeroizing<String>, WebError> {
        let Wanted { name, owner, scopes, days } = wanted;
        if file.by_id::<Person>(owner).is_none() {
            return Err(WebError::Person(owner.to_owned()));
        }
        let is_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_name) {
            let reason = format!("its name has 1 to {NAME_MAX} small letters, digits and hyphens");
            return Err(WebError::Token(reason));
        }
        if scopes.is_empty() || !(1..=DAYS_MAX).contains(&days) {
            return Err(WebError::Token(format!("it needs a scope and lives for 1 to {DAYS_MAX} days")));
        }
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(secret.as_mut()).map_err(|_| WebError::Account(AccountError::System))?;
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice()));
        let expires = now.saturating_add(days.saturating_mul(86_400));
        let token = Token { owner: owner.to_owned(), scopes, made: now, expires, digest: digest(&secret) };
        self.0.change(|tokens| {
            tokens.retain(|_, token| token.expires > now);
            if tokens.contains_key(name) {
                return Err(WebError::Token(format!("there is a token `{name}`; revoke it first")));
            }
            if tokens.len() >= TOKENS_MAX {
                return Err(WebError::Token(format!("a device has at most {TOKENS_MAX} tokens")));
            }
            tokens.insert(name.to_owned(), token);
            Ok(())
        })?;
        Ok(Zeroizing::new(format!("{PREFIX}{name}_{}", *secret)))
    }

    /// All tokens with their names.
    pub fn list(&self) -> Result<Vec<(String, Token)>, WebError> {
        Ok(self.0.read()?.into_iter().collect())
    }

    /// Ends a token.
    pub fn revoke(&self, name: &str) -> Result<(), WebError> {
        let missing = || WebError::Token(format!("there is no token `{name}`"));
        self.0.change(|tokens| tokens.remove(name).map(drop).ok_or_else(missing))
    }

    /// The token that a text is, with its name, if it counts at a moment.
    pub(crate) fn find(&self, text: &str, now: u64) -> Result<Option<(String, Token)>, WebError> {
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let Some((name, secret)) = parts.filter(|_| text.len() <= TOKEN_BYTES_MAX) else { return Ok(None) };
        let token = self.0.read()?.remove(name);
        let given = digest(secret);
        let found = token.filter(|token| crate::guard::is_same(&token.digest, &given));
        Ok(found.filter(|token| token.expires > now).map(|token| (name.to_owned(), token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_once_and_ends() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("device.toml"), "[person.clerk]\nroles = []\n").unwrap();
        let (file, _) = medward_file::load(directory.path(), medward_file::Limits::default());
        let tokens = Tokens::new(directory.path(), Zeroizing::new([7; 32]));
        let wanted = |name, owner, days| Wanted { name, owner, scopes: [Scope::Ledger].into(), days };
        let text = tokens.create(&file, wanted("ci", "clerk", 1), 1_000).unwrap();
        for (name, owner, days) in [
            ("ci", "clerk", 1),
            ("c_i", "clerk", 1),
            ("", "clerk", 1),
            ("new", "nobody", 1),
            ("new", "clerk", 0),
            ("new", "clerk", 367),
        ] {
            assert!(tokens.create(&file, wanted(name, owner, days), 1_000).is_err(), "{name} {owner} {days}");
        }
        assert_eq!(tokens.find(&text, 1_000).unwrap().unwrap().1.owner, "clerk");
        assert!(tokens.find(&text, 1_000 + 86_400).unwrap().is_none(), "it ends");
        let other = format!("{}x", &*text);
        for wrong in ["", "medward_", "medward_ci_", "medward_ci", &text["medward_".len()..], &other] {
            assert!(tokens.find(wrong, 1_000).unwrap().is_none(), "{wrong}");
        }
        let kept = std::fs::read(directory.path().join("tokens.sealed")).unwrap();
        let secret = text.rsplit_once("ci_").unwrap().1;
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(!format!("{:?}", tokens.list().unwrap()).contains("digest"));
        tokens.revoke("ci").unwrap();
        assert!(tokens.find(&text, 1_000).unwrap().is_none());
        assert!(tokens.revoke("ci").is_err());
    }
}
