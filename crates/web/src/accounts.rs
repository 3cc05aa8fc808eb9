//! Local accounts of the dashboard, sealed in one file beside the ledger under a key derived from that of the ledger.

use crate::WebError;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use medward_file::SecurityFile;
use medward_file::kinds::Person;
use medward_sign_in::{Account, AccountError, Enrolment};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the file inside the ledger's directory, and of the lock beside it.
const FILE: &str = "accounts.sealed";
const LOCK: &str = "accounts.lock";
/// What the seal is bound to.
const BOUND: &[u8] = b"medward accounts 1";
const NONCE_BYTES: usize = 24;

/// The local accounts of a device.
pub struct Accounts {
    ledger: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Accounts").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

type ById = BTreeMap<String, Account>;

impl Accounts {
    /// For what the key is derived from that of the ledger.
    pub const PURPOSE: &str = "medward dashboard accounts";

    /// The accounts beside a ledger, opened by a key derived for [`Self::PURPOSE`].
    pub fn new(ledger: &Path, key: Zeroizing<[u8; 32]>) -> Self {
        Self { ledger: ledger.to_owned(), key }
    }

    /// Makes the account of a person of the file; gives what the person takes into their authenticator.
    pub fn add(&self, file: &SecurityFile, person: &str, passphrase: &str) -> Result<Enrolment, WebError> {
        if file.by_id::<Person>(person).is_none() {
            return Err(WebError::Person(person.to_owned()));
        }
        self.change(|accounts| {
            if accounts.contains_key(person) {
                return Err(WebError::Exists(person.to_owned()));
            }
            let (account, enrolment) = Account::new(person, passphrase)?;
            accounts.insert(person.to_owned(), account);
            Ok(enrolment)
        })
    }

    /// Takes an account away.
    pub fn remove(&self, person: &str) -> Result<(), WebError> {
        let missing = || WebError::Missing(person.to_owned());
        self.change(|accounts| accounts.remove(person).map(drop).ok_or_else(missing))
    }

    /// Ids of the people with an account.
    pub fn people(&self) -> Result<Vec<String>, WebError> {
        Ok(self.read()?.into_keys().collect())
    }

    /// Lets a person in, at a moment in seconds since 1970-01-01; that the code was used is on disk before.
    pub(crate) fn sign_in(
        &self,
        person: &str,
        passphrase: &str,
        code: &str,
        now: u64,
    ) -> Result<(), WebError> {
        self.change(|accounts| match accounts.get_mut(person) {
            Some(account) => Ok(account.sign_in(passphrase, code, now)?),
            None => Err(Account::of_nobody(passphrase).into()),
        })
    }

    /// Changes the accounts and keeps them, unless the change fails; one process at a time.
    fn change<T>(&self, change: impl FnOnce(&mut ById) -> Result<T, WebError>) -> Result<T, WebError> {
        let lock = self.ledger.join(LOCK);
        let guard = File::options().create(true).truncate(false).write(true).open(&lock);
        let guard = guard.map_err(WebError::io("open", &lock))?;
        guard.lock().map_err(WebError::io("lock", &lock))?;
        let mut accounts = self.read()?;
        let done = change(&mut accounts)?;
        self.write(&accounts)?;
        Ok(done)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }

    fn read(&self) -> Result<ById, WebError> {
        let path = self.ledger.join(FILE);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ById::new()),
            read => read.map_err(WebError::io("read", &path))?,
        };
        let sealed = || WebError::Sealed(path.clone());
        let (nonce, sealed_bytes) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(sealed)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| sealed())?;
        let payload = Payload { msg: sealed_bytes, aad: BOUND };
        let opened = self.cipher().decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new);
        serde_json::from_slice(&opened.map_err(|_| sealed())?).map_err(|_| sealed())
    }

    /// Writes the whole file in the place of the former one, on stable storage before it counts.
    fn write(&self, accounts: &ById) -> Result<(), WebError> {
        let path = self.ledger.join(FILE);
        let system = |_| WebError::Account(AccountError::System);
        let text = serde_json::to_vec(accounts).map(Zeroizing::new);
        let text = text.map_err(|_| WebError::Sealed(path.clone()))?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| WebError::Account(AccountError::System))?;
        let payload = Payload { msg: &text, aad: BOUND };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(system)?;
        let failed = |source| WebError::Io { action: "write", path: path.clone(), source };
        let mut part = tempfile::NamedTempFile::new_in(&self.ledger).map_err(failed)?;
        part.write_all(&nonce).and_then(|()| part.write_all(&sealed)).map_err(failed)?;
        part.as_file().sync_all().map_err(failed)?;
        part.persist(&path).map_err(|error| failed(error.error))?;
        File::open(&self.ledger).and_then(|directory| directory.sync_all()).map_err(failed)
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
        let bytes = std::fs::read(directory.path().join(FILE)).unwrap();
        let secret = enrolment.secret.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        assert!(matches!(
            accounts.sign_in("clerk", "viola tundra cobalt heron", "0", 1),
            Err(WebError::Account(_))
        ));
        let stranger = Accounts::new(directory.path(), Zeroizing::new([8; 32]));
        assert!(matches!(stranger.people(), Err(WebError::Sealed(_))));
        accounts.remove("clerk").unwrap();
        assert!(accounts.people().unwrap().is_empty());
    }
}
