//! Payloads with personal data beside a ledger, which itself holds none and forgets nothing.
//!
//! Called by the command line and by whatever keeps details of people. Each payload is sealed under a random key of its own
//! (XChaCha20-Poly1305), that key under the store's; the ledger names the payload by the digest of its sealed form. Destroying the
//! payload's key erases the payload wherever copies of it lie (GDPR Art. 17), and the ledger still verifies. This crate never
//! writes plaintext, and never opens what a ledger says was erased.
//!
//! What it cannot do: a copy of both the payload's key file and the store's key, such as in a backup, opens the payload until
//! that copy is gone. Keep key files out of long-lived backups, or let those expire.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Digest, Entry, key};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Largest payload, in bytes: it is held in memory.
pub const PAYLOAD_BYTES_MAX: u64 = 256 << 20;

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
/// A sealed key: nonce, key, tag.
const SEALED_KEY_BYTES: usize = NONCE_BYTES + KEY_BYTES + 16;
/// What the payload's seal is bound to.
const BOUND: &[u8] = b"medward sealed payload";

/// Why something cannot be kept, opened or erased.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
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
    /// The payload is empty or too large.
    #[error("a payload has between 1 byte and {PAYLOAD_BYTES_MAX}")]
    Length,
    /// There is no such payload.
    #[error("there is no payload `{0}`; it was never kept here, or its file is lost")]
    Absent(Digest),
    /// The ledger says that it was erased.
    #[error("the payload `{0}` was erased; the ledger says so, and it is not opened again")]
    Erased(Digest),
    /// The file is not the one that the digest names.
    #[error("the payload `{0}` was changed: its digest is another; restore it from a copy")]
    Changed(Digest),
    /// The key does not open it.
    #[error(
        "the payload `{0}` does not open: its key is lost, changed, or sealed under another key of a store"
    )]
    Sealed(Digest),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    System,
    /// The store's key cannot be had.
    #[error(transparent)]
    Key(#[from] key::KeyError),
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io { action, path, source }
}

/// The key under which the keys of payloads are sealed; wiped when dropped.
pub struct StoreKey(Zeroizing<[u8; KEY_BYTES]>);

impl StoreKey {
    /// The key of a store, from a sealed key file. It tells nothing of the signing key in that file.
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, StoreError> {
        Ok(Self(key::derive(path, passphrase, "medward side store")?))
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StoreKey")
    }
}

/// The store beside a ledger.
#[derive(Debug, Clone)]
pub struct SideStore {
    ledger: PathBuf,
}

fn sealed(key: &[u8; KEY_BYTES], message: &[u8], bound: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::System)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let payload = Payload { msg: message, aad: bound };
    let body = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| StoreError::System)?;
    Ok([nonce.as_slice(), &body].concat())
}

fn opened(key: &[u8; KEY_BYTES], sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: bound }).ok().map(Zeroizing::new)
}

impl SideStore {
    /// The store beside the ledger in a directory.
    pub fn beside(ledger: &Path) -> Self {
        Self { ledger: ledger.to_path_buf() }
    }

    fn payload_path(&self, digest: &Digest) -> PathBuf {
        self.ledger.join("payloads").join(format!("{digest}.sealed"))
    }

    fn key_path(&self, digest: &Digest) -> PathBuf {
        self.ledger.join("payload-keys").join(format!("{digest}.key"))
    }

    /// Keeps a payload: sealed and on stable storage when this returns. The digest is what an entry names.
    pub fn put(&self, store: &StoreKey, payload: &[u8]) -> Result<Digest, StoreError> {
        if payload.is_empty() || payload.len() as u64 > PAYLOAD_BYTES_MAX {
            return Err(StoreError::Length);
        }
        let mut own = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(own.as_mut()).map_err(|_| StoreError::System)?;
        let body = sealed(&own, payload, BOUND)?;
        let digest = Digest::of(Sha256::digest(&body).into());
        let key = sealed(&store.0, own.as_slice(), digest.as_str().as_bytes())?;
        // The key first: a payload without one would look lost, a key without a payload is nothing.
        write(&self.key_path(&digest), &key)?;
        write(&self.payload_path(&digest), &body)?;
        Ok(digest)
    }

    /// Opens a payload, unless the ledger says that it was erased.
    pub fn open(&self, store: &StoreKey, digest: &Digest) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        if self.is_erased(digest)? {
            return Err(StoreError::Erased(digest.clone()));
        }
        let body = Self::read(&self.payload_path(digest), digest)?;
        if Digest::of(Sha256::digest(&body).into()) != *digest {
            return Err(StoreError::Changed(digest.clone()));
        }
        let key = match Self::read(&self.key_path(digest), digest) {
            Err(StoreError::Absent(digest)) => return Err(StoreError::Sealed(digest)),
            other => other?,
        };
        let opens = || {
            let own = opened(&store.0, &key, digest.as_str().as_bytes())?;
            let own: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(own.as_slice().try_into().ok()?);
            opened(&own, &body, BOUND)
        };
        opens().ok_or_else(|| StoreError::Sealed(digest.clone()))
    }

    /// Whether a payload of that digest was kept and its file is still there.
    pub fn has(&self, digest: &Digest) -> bool {
        self.payload_path(digest).is_file()
    }

    /// Destroys the key of a payload, then the payload. To be called once the ledger says that it is erased: called again after
    /// a crash it finishes. What lies elsewhere of the payload does not open any more.
    pub fn destroy(&self, digest: &Digest) -> Result<(), StoreError> {
        let key = self.key_path(digest);
        match OpenOptions::new().write(true).open(&key) {
            Ok(mut file) => {
                // In place, so that a plain disk keeps no copy; file systems that copy on write keep one until they reuse it.
                let wiped = file.write_all(&[0; SEALED_KEY_BYTES]).and_then(|()| file.sync_all());
                wiped.map_err(io_error("erase", &key))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error("erase", &key)(error)),
        }
        for path in [key, self.payload_path(digest)] {
            match std::fs::remove_file(&path) {
                Ok(()) => sync_parent(&path)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io_error("remove", &path)(error)),
            }
        }
        Ok(())
    }

    /// Whether an entry of the ledger says that a payload was erased.
    pub fn is_erased(&self, digest: &Digest) -> Result<bool, StoreError> {
        let path = self.ledger.join("segment");
        let mut reader = match Reader::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(io_error("read", &path))?,
        };
        while let Step::Entry(bytes) = reader.step().map_err(io_error("read", &path))? {
            if matches!(Entry::parse(&bytes), Ok(Entry::Erasure { payload, .. }) if payload == *digest) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(path: &Path, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Absent(digest.clone()));
            }
            other => other.map_err(io_error("read", path))?,
        };
        let mut bytes = Vec::new();
        // One byte more than any payload has, so that a longer file shows as changed.
        let most = PAYLOAD_BYTES_MAX.saturating_add(1 << 10);
        file.take(most).read_to_end(&mut bytes).map_err(io_error("read", path))?;
        Ok(bytes)
    }
}

/// Writes a file for its owner alone, whole or not at all, on stable storage.
fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = || io_error("write", path);
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(failed())?;
    // A temporary file is readable by its owner alone.
    let mut part = tempfile::NamedTempFile::new_in(directory).map_err(failed())?;
    part.write_all(bytes).and_then(|()| part.as_file().sync_all()).map_err(failed())?;
    part.persist(path).map_err(|error| failed()(error.error))?;
    sync_parent(path)?;
    sync_parent(directory)
}

fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory).and_then(|it| it.sync_all()).map_err(io_error("write", directory))
}
