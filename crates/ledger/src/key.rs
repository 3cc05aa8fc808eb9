//! Key files: a signing key, sealed under a passphrase.
//!
//! The file is one line of JSON. Argon2id makes a key of the passphrase, XChaCha20-Poly1305 seals the secret under it; name and
//! parameters are bound to the seal. `storage` says how the key is kept, so that keys in hardware can follow in the same format.

use crate::note::{KeyKind, NoteError, Signer};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Memory that one guess of the passphrase costs, in KiB (OWASP: at least 19 MiB with two passes).
const MEMORY_KIB: u32 = 65_536;
/// Passes over that memory.
const PASSES: u32 = 3;
/// Most memory a key file may ask for, in KiB: a hostile one must not take the machine.
const MEMORY_KIB_MAX: u32 = 1 << 20;
/// Largest key file, in bytes.
const BYTES_MAX: u64 = 4_096;

/// Why a key cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system failed.
    #[error("cannot {action} the key file `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not a key file, or one of a storage not known here.
    #[error("`{0}` is no key file that this version reads")]
    Form(PathBuf),
    /// The passphrase is wrong, or the file was changed.
    #[error("the key does not open: the passphrase is wrong, or the file was changed")]
    Sealed,
    /// The passphrase is empty.
    #[error("a key needs a passphrase")]
    NoPassphrase,
    /// No random numbers, or parameters that Argon2 refuses.
    #[error("the system gives no random numbers, or the parameters of the key file are not valid")]
    System,
    /// The name cannot be one of a key.
    #[error(transparent)]
    Name(#[from] NoteError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    storage: String,
    name: String,
    verifier: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

fn derived(
    passphrase: &str,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::NoPassphrase);
    }
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| KeyError::System)?;
    let mut key = Zeroizing::new([0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, key.as_mut()).map_err(|_| KeyError::System)?;
    Ok(key)
}

/// What the seal is bound to: a changed name or parameter does not open.
fn bound(file: &KeyFile) -> Vec<u8> {
    format!("{}\n{}\n{}\n{}\n{}", file.storage, file.name, file.verifier, file.memory_kib, file.passes)
        .into_bytes()
}

/// Makes a key under a name and writes it sealed; refuses to replace a file.
pub fn create(path: &Path, name: &str, passphrase: &str) -> Result<Signer, KeyError> {
    let mut secret = Zeroizing::new([0_u8; 32]);
    let (mut salt, mut nonce) = ([0_u8; 16], [0_u8; 24]);
    for bytes in [secret.as_mut_slice(), &mut salt, &mut nonce] {
        getrandom::fill(bytes).map_err(|_| KeyError::System)?;
    }
    let signer = Signer::new(name, KeyKind::Log, &secret)?;
    let mut file = KeyFile {
        storage: "sealed-file".to_owned(),
        name: name.to_owned(),
        verifier: signer.verifier().to_string(),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        salt: STANDARD.encode(salt),
        nonce: STANDARD.encode(nonce),
        sealed: String::new(),
    };
    let key = derived(passphrase, &salt, file.memory_kib, file.passes)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let payload = Payload { msg: secret.as_slice(), aad: &bound(&file) };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::System)?;
    file.sealed = STANDARD.encode(sealed);
    let line = serde_json::to_string(&file).map_err(|_| KeyError::System)?;
    write_new(path, &format!("{line}\n")).map_err(|source| KeyError::Io {
        action: "write",
        path: path.to_path_buf(),
        source,
    })?;
    Ok(signer)
}

/// Writes a file that only its owner may read, and only where none stands.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn read(path: &Path) -> Result<KeyFile, KeyError> {
    use io::Read as _;
    let failed = |source| KeyError::Io { action: "read", path: path.to_path_buf(), source };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
        .map_err(failed)?;
    let file: KeyFile = serde_json::from_str(&text).map_err(|_| KeyError::Form(path.to_path_buf()))?;
    let is_known = file.storage == "sealed-file" && file.memory_kib <= MEMORY_KIB_MAX && file.passes <= 100;
    if is_known { Ok(file) } else { Err(KeyError::Form(path.to_path_buf())) }
}

/// The secret of a key file, once its passphrase opens it.
fn secret(path: &Path, passphrase: &str) -> Result<(KeyFile, Zeroizing<[u8; 32]>), KeyError> {
    let file = read(path)?;
    let form = || KeyError::Form(path.to_path_buf());
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| form());
    let nonce: [u8; 24] = bytes(&file.nonce)?.try_into().map_err(|_| form())?;
    let key = derived(passphrase, &bytes(&file.salt)?, file.memory_kib, file.passes)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed = bytes(&file.sealed)?;
    let payload = Payload { msg: &sealed, aad: &bound(&file) };
    let secret =
        cipher.decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| KeyError::Sealed)?;
    let secret = Zeroizing::new(secret.as_slice().try_into().map_err(|_| KeyError::Sealed)?);
    Ok((file, secret))
}

/// Opens a key file with its passphrase.
pub fn open(path: &Path, passphrase: &str) -> Result<Signer, KeyError> {
    let (file, secret) = secret(path, passphrase)?;
    let signer = Signer::new(&file.name, KeyKind::Log, &secret)?;
    if signer.verifier().to_string() == file.verifier { Ok(signer) } else { Err(KeyError::Sealed) }
}

/// A key for another purpose out of a key file: HMAC-SHA-256 of the purpose under the secret, which it tells nothing of.
pub fn derive(path: &Path, passphrase: &str, purpose: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let [key] = derive_all(path, passphrase, [purpose])?;
    Ok(key)
}

/// Keys for several purposes out of one key file, which is opened once: that is what takes long.
pub fn derive_all<const N: usize>(
    path: &Path,
    passphrase: &str,
    purposes: [&str; N],
) -> Result<[Zeroizing<[u8; 32]>; N], KeyError> {
    let (_, secret) = secret(path, passphrase)?;
    let mac = <Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(secret.as_slice())
        .map_err(|_| KeyError::System)?;
    Ok(purposes.map(|purpose| {
        let mut mac = mac.clone();
        mac.update(purpose.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }))
}
