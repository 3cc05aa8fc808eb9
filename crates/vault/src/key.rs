//! Secret keys of 32 bytes and what is derived from them. Wiped when dropped, never shown.

use crate::error::VaultError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand;
use std::fmt;
use zeroize::Zeroizing;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of an authentication tag, in bytes.
pub(crate) const TAG_BYTES: usize = 16;

/// A secret key.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(..)")
    }
}

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl SecretKey {
    /// A key from its bytes.
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(bytes)
    }

    /// A key from a slice; `None` unless it has 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// A new random key.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill_random(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The secret itself, for wrapping.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// HKDF-SHA-256 (RFC 5869) of this key.
    pub(crate) fn derive(&self, salt: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), VaultError> {
        let pseudorandom = Salt::new(HKDF_SHA256, salt).extract(self.0.as_slice());
        let info = [info];
        let derived = pseudorandom.expand(&info, Bytes(out.len())).map_err(|_| VaultError::System)?;
        derived.fill(out).map_err(|_| VaultError::System)
    }

    /// A key for another purpose, which tells nothing of this one.
    pub(crate) fn subkey(&self, purpose: &str) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        self.derive(&[], purpose.as_bytes(), bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// What names this key in public without telling anything of it.
    pub(crate) fn fingerprint(&self) -> Result<[u8; 32], VaultError> {
        Ok(*self.subkey("medward vault key fingerprint 1")?.0)
    }

    /// The cipher under this key.
    pub(crate) fn cipher(&self) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.as_slice()).map_err(|_| VaultError::System)?;
        Ok(LessSafeKey::new(key))
    }
}

/// Fills bytes with random ones.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    rand::fill(bytes).map_err(|_| VaultError::System)
}

/// Seals a short message under a random nonce: nonce, ciphertext, tag. For keys that seal fewer than 2^32 messages
/// (NIST SP 800-38D section 8.3).
pub(crate) fn seal(cipher: &LessSafeKey, bound: &[u8], message: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    fill_random(&mut nonce)?;
    let mut body = message.to_vec();
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut body)
        .map_err(|_| VaultError::System)?;
    Ok([nonce.as_slice(), &body].concat())
}

/// Opens what [`seal`] made; `None` when it was changed or bound to something else.
pub(crate) fn open(cipher: &LessSafeKey, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut body = Zeroizing::new(body.to_vec());
    let opened = cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound), &mut body);
    let length = opened.ok()?.len();
    body.truncate(length);
    Some(body)
}
