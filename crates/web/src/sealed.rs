//! A file beside the ledger that only the key of the ledger opens: read as a whole, changed by one process at a time.

use crate::WebError;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use medward_sign_in::AccountError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::marker::PhantomData;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// What the file holds, by id.
type ById<T> = BTreeMap<String, T>;

/// A sealed file of `T` by their ids.
pub(crate) struct Sealed<T> {
    path: PathBuf,
    lock: PathBuf,
    directory: PathBuf,
    /// What the seal is bound to, so that one file cannot take the place of another.
    bound: &'static [u8],
    key: Zeroizing<[u8; 32]>,
    holds: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Sealed<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sealed").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    /// The file `NAME.sealed` beside a ledger; there is none before the first change.
    pub(crate) fn new(ledger: &Path, name: &str, bound: &'static [u8], key: Zeroizing<[u8; 32]>) -> Self {
        let (path, lock) = (ledger.join(format!("{name}.sealed")), ledger.join(format!("{name}.lock")));
        Self { path, lock, directory: ledger.to_owned(), bound, key, holds: PhantomData }
    }

    /// Changes what is held and keeps it, unless the change fails; one process at a time.
    pub(crate) fn change<R>(
        &self,
        change: impl FnOnce(&mut ById<T>) -> Result<R, WebError>,
    ) -> Result<R, WebError> {
        let guard = File::options().create(true).truncate(false).write(true).open(&self.lock);
        let guard = guard.map_err(WebError::io("open", &self.lock))?;
        guard.lock().map_err(WebError::io("lock", &self.lock))?;
        let mut held = self.read()?;
        let done = change(&mut held)?;
        self.write(&held)?;
        Ok(done)
    }

    /// A number that changes with each writing; 0 before the first.
    pub(crate) fn stamp(&self) -> u64 {
        let Ok(data) = self.path.metadata() else { return 0 };
        let mut hasher = DefaultHasher::new();
        (data.ino(), data.mtime(), data.mtime_nsec()).hash(&mut hasher);
        hasher.finish()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }

    /// What is held.
    pub(crate) fn read(&self) -> Result<ById<T>, WebError> {
        let bytes = match std::fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ById::new()),
            read => read.map_err(WebError::io("read", &self.path))?,
        };
        let sealed = || WebError::Sealed(self.path.clone());
        let (nonce, sealed_bytes) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(sealed)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| sealed())?;
        let payload = Payload { msg: sealed_bytes, aad: self.bound };
        let opened = self.cipher().decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new);
        serde_json::from_slice(&opened.map_err(|_| sealed())?).map_err(|_| sealed())
    }

    /// Writes the whole file in the place of the former one, on stable storage before it counts.
    fn write(&self, held: &ById<T>) -> Result<(), WebError> {
        let text = serde_json::to_vec(held).map(Zeroizing::new);
        let text = text.map_err(|_| WebError::Sealed(self.path.clone()))?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| WebError::Account(AccountError::System))?;
        let payload = Payload { msg: &text, aad: self.bound };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| WebError::Account(AccountError::System))?;
        let failed = |source| WebError::Io { action: "write", path: self.path.clone(), source };
        let mut part = tempfile::NamedTempFile::new_in(&self.directory).map_err(failed)?;
        part.write_all(&nonce).and_then(|()| part.write_all(&sealed)).map_err(failed)?;
        part.as_file().sync_all().map_err(failed)?;
        part.persist(&self.path).map_err(|error| failed(error.error))?;
        File::open(&self.directory).and_then(|directory| directory.sync_all()).map_err(failed)
    }
}
