//! Local accounts of the dashboard, sealed in one file beside the ledger under a key derived from that of the ledger.

use crate::WebError;
use crate::guard::now;
use crate::sealed::Sealed;
use crate::session::SECONDS_MAX;
use crate::tokens::Tokens;
use medward_file::SecurityFile;
use medward_file::kinds::Person;
use medward_sign_in::{Account, Enrolment, Passkey};
use std::collections::BTreeMap;
use std::path::Path;
use zeroize::Zeroizing;

/// The local accounts of a device, passkeys, and the tokens of programs.
#[derive(Debug)]
pub struct Accounts {
    sealed: Sealed<Account>,
    pub(crate) passkeys: Sealed<Vec<Passkey>>,
    subjects: Sealed<String>,
    /// When the ways in of a person were taken away, in seconds since 1970-01-01, for as long as a session could be from before.
    removals: Sealed<u64>,
    tokens: Tokens,
}

impl Accounts {
    /// For what the key is derived from that of the ledger.
    pub const PURPOSE: &str = "medward dashboard accounts";

    /// The accounts beside a ledger, opened by a key derived for [`Self::PURPOSE`].
    pub fn new(ledger: &Path, key: Zeroizing<[u8; 32]>) -> Self {
        let tokens = Tokens::new(ledger, key.clone());
        let passkeys = Sealed::new(ledger, "passkeys", b"medward passkeys 1", key.clone());
        let subjects = Sealed::new(ledger, "subjects", b"medward subjects 1", key.clone());
        let removals = Sealed::new(ledger, "removals", b"medward removals 1", key.clone());
        let sealed = Sealed::new(ledger, "accounts", b"medward accounts 1", key);
        Self { sealed, passkeys, subjects, removals, tokens }
    }

    /// The tokens of programs, sealed beside the accounts.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Makes the account of a person of the file; gives what the person takes into their authenticator.
    pub fn add(&self, file: &SecurityFile, person: &str, passphrase: &str) -> Result<Enrolment, WebError> {
        if file.by_id::<Person>(person).is_none() {
            return Err(WebError::Person(person.to_owned()));
        }
        self.sealed.change(|accounts| {
            if accounts.contains_key(person) {
                return Err(WebError::Exists(person.to_owned()));
            }
            let (account, enrolment) = Account::new(person, passphrase)?;
            accounts.insert(person.to_owned(), account);
            Ok(enrolment)
        })
    }

    /// Links a person of the file to the subject that a provider of OpenID Connect names in its tokens; each subject is one person.
    pub fn link(&self, file: &SecurityFile, person: &str, subject: &str) -> Result<(), WebError> {
        if file.by_id::<Person>(person).is_none() {
            return Err(WebError::Person(person.to_owned()));
        }
        self.subjects.change(|subjects| {
            if let Some((other, _)) = subjects.iter().find(|(id, it)| *it == subject && *id != person) {
                return Err(WebError::Linked(other.clone()));
            }
            subjects.insert(person.to_owned(), subject.to_owned());
            Ok(())
        })
    }

    /// The person whom a subject of the provider is.
    pub(crate) fn of_subject(&self, subject: &str) -> Result<Option<String>, WebError> {
        let found = self.subjects.read()?.into_iter().find(|(_, it)| it == subject);
        Ok(found.map(|(person, _)| person))
    }

    /// Takes away every way in of a person: account, passkeys, subject at a provider; a dashboard that runs ends their sessions.
    pub fn remove(&self, person: &str) -> Result<(), WebError> {
        self.remove_passkeys(person)?;
        let was_linked = self.subjects.change(|subjects| Ok(subjects.remove(person).is_some()))?;
        self.sealed.change(|accounts| match accounts.remove(person) {
            None if !was_linked => Err(WebError::Missing(person.to_owned())),
            _ => Ok(()),
        })?;
        let now = now();
        self.removals.change(|removals| {
            removals.retain(|_, at| at.saturating_add(SECONDS_MAX) >= now);
            removals.insert(person.to_owned(), now);
            Ok(())
        })
    }

    /// When ways in were taken away lately, by person.
    pub(crate) fn removals(&self) -> Result<BTreeMap<String, u64>, WebError> {
        self.removals.read()
    }

    /// A number that changes with [`Self::removals`].
    pub(crate) fn removals_stamp(&self) -> u64 {
        self.removals.stamp()
    }

    /// Ids of the people with an account.
    pub fn people(&self) -> Result<Vec<String>, WebError> {
        Ok(self.sealed.read()?.into_keys().collect())
    }

    /// Lets a person in, at a moment in seconds since 1970-01-01; that the code was used is on disk before.
    pub(crate) fn sign_in(
        &self,
        person: &str,
        passphrase: &str,
        code: &str,
        now: u64,
    ) -> Result<(), WebError> {
        self.sealed.change(|accounts| match accounts.get_mut(person) {
            Some(account) => Ok(account.sign_in(passphrase, code, now)?),
            None => Err(Account::of_nobody(passphrase).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_open_with_their_key_alone() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("device.toml"), "[person.clerk]\nroles = []\n").unwrap();
        let (file, _) = medward_file::load(directory.path(), medward_file::Limits::default());
        let accounts = Accounts::new(directory.path(), Zeroizing::new([7; 32]));
        let enrolment = accounts.add(&file, "clerk", "viola tundra cobalt heron").unwrap();
        assert!(matches!(accounts.add(&file, "clerk", "x"), Err(WebError::Exists(_))));
        assert!(matches!(accounts.add(&file, "nobody", "x"), Err(WebError::Person(_))));
        assert_eq!(accounts.people().unwrap(), ["clerk"]);
        let bytes = std::fs::read(directory.path().join("accounts.sealed")).unwrap();
        let secret = enrolment.secret.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        assert!(matches!(
            accounts.sign_in("clerk", "viola tundra cobalt heron", "0", 1),
            Err(WebError::Account(_))
        ));
        accounts.link(&file, "clerk", "4711").unwrap();
        assert!(matches!(accounts.link(&file, "nobody", "4712"), Err(WebError::Person(_))));
        assert_eq!(accounts.of_subject("4711").unwrap().as_deref(), Some("clerk"));
        let stranger = Accounts::new(directory.path(), Zeroizing::new([8; 32]));
        assert!(matches!(stranger.people(), Err(WebError::Sealed(_))));
        accounts.remove("clerk").unwrap();
        assert!(accounts.people().unwrap().is_empty() && accounts.of_subject("4711").unwrap().is_none());
        assert!(matches!(accounts.remove("clerk"), Err(WebError::Missing(_))));
    }
}
