//! Key-encryption keys in the memory of the process: AES-256-GCM with a random nonce for each wrapped key.

use super::{KeyProvider, ProviderError};
use crate::key::{self, KEY_BYTES, SecretKey};
use aws_lc_rs::aead::LessSafeKey;
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// What the key-encryption key is derived from a key file for.
const PURPOSE: &str = "medward vault key-encryption key 1";
/// Digits of the fingerprint in an id.
const FINGERPRINT_BYTES: usize = 8;

/// A key-encryption key that the process holds.
pub struct SoftwareKey {
    id: String,
    cipher: LessSafeKey,
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SoftwareKey({})", self.id)
    }
}

impl SoftwareKey {
    /// A key from its bytes. The kind is the first part of its id.
    pub fn new(kind: &str, key: &SecretKey) -> Result<Self, ProviderError> {
        let system = |_| ProviderError::System;
        let mut id = format!("{kind}:");
        for byte in key.fingerprint().map_err(system)?.iter().take(FINGERPRINT_BYTES) {
            use fmt::Write as _;
            // Writing to a string cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        Ok(Self { id, cipher: key.cipher().map_err(system)? })
    }

    /// Makes a key file sealed under a passphrase (Argon2id), and refuses to replace one. The name is public.
    pub fn create_file(path: &Path, name: &str, passphrase: &str) -> Result<Self, ProviderError> {
        medward_ledger::key::create(path, name, passphrase)?;
        Self::from_file(path, passphrase)
    }

    /// The key of a key file.
    pub fn from_file(path: &Path, passphrase: &str) -> Result<Self, ProviderError> {
        Self::new("key-file", &SecretKey::new(medward_ledger::key::derive(path, passphrase, PURPOSE)?))
    }

    /// A credential that systemd gives to the service (`LoadCredentialEncrypted=NAME`).
    pub fn from_credential(name: &str) -> Result<Self, ProviderError> {
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY");
        let directory = directory.ok_or_else(|| ProviderError::Absent("CREDENTIALS_DIRECTORY".to_owned()))?;
        // Only a name: it must not lead out of the directory.
        let is_name = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        let path = Path::new(&directory).join(name);
        if !is_name {
            return Err(ProviderError::Form(name.to_owned()));
        }
        let failed = |source| ProviderError::Read { path: path.clone(), source };
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(failed)?);
        Self::parsed(&bytes)
            .map_or_else(|| Err(ProviderError::Form(name.to_owned())), |key| Self::new("credential", &key))
    }

    /// A variable of the environment: for tests and containers. Whoever may read the memory of the process can read it.
    pub fn from_environment(variable: &str) -> Result<Self, ProviderError> {
        let text = std::env::var(variable).map_err(|_| ProviderError::Absent(variable.to_owned()))?;
        let text = Zeroizing::new(text);
        Self::parsed(text.as_bytes()).map_or_else(
            || Err(ProviderError::Form(variable.to_owned())),
            |key| Self::new("environment", &key),
        )
    }

    /// 32 bytes, or 64 hexadecimal digits and perhaps the end of a line.
    fn parsed(bytes: &[u8]) -> Option<SecretKey> {
        if bytes.len() == KEY_BYTES {
            return SecretKey::from_slice(bytes);
        }
        let digits = std::str::from_utf8(bytes).ok()?.trim_end();
        if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(SecretKey::new(key))
    }
}

impl KeyProvider for SoftwareKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap(&self, key: &SecretKey, bound: &[u8]) -> Result<Vec<u8>, ProviderError> {
        key::seal(&self.cipher, bound, key.expose()).map_err(|_| ProviderError::System)
    }

    fn unwrap(&self, wrapped: &[u8], bound: &[u8]) -> Result<Option<SecretKey>, ProviderError> {
        Ok(key::open(&self.cipher, bound, wrapped).and_then(|key| SecretKey::from_slice(&key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_where_it_belongs_and_nowhere_else() {
        let (mine, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let provider = SoftwareKey::new("test", &mine).unwrap();
        let key = SecretKey::generate().unwrap();
        let mut wrapped = provider.wrap(&key, b"slot 1").unwrap();
        assert_eq!(provider.unwrap(&wrapped, b"slot 1").unwrap().unwrap().expose(), key.expose());
        assert!(provider.unwrap(&wrapped, b"slot 2").unwrap().is_none());
        assert!(SoftwareKey::new("test", &other).unwrap().unwrap(&wrapped, b"slot 1").unwrap().is_none());
        for bit in 0..wrapped.len() * 8 {
            wrapped[bit / 8] ^= 1 << (bit % 8);
            assert!(provider.unwrap(&wrapped, b"slot 1").unwrap().is_none());
            wrapped[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(provider.unwrap(b"", b"slot 1").unwrap().is_none());
    }

    #[test]
    fn credentials_are_bytes_or_digits() {
        let digits = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789\n";
        assert!(SoftwareKey::parsed(digits.as_bytes()).is_some());
        assert!(SoftwareKey::parsed(&[7; 32]).is_some());
        for wrong in [&b""[..], &[7; 31], &[7; 33], b"+1", &[b'+'; 64], &[b'g'; 64]] {
            assert!(SoftwareKey::parsed(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_shows_a_key() {
        let key = SecretKey::new(Zeroizing::new([0x5a; 32]));
        let provider = SoftwareKey::new("test", &key).unwrap();
        let shown = format!("{key:?} {provider:?}");
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90"), "{shown}");
    }
}
