//! Keys that sign: PKCS #8 under a passphrase, wiped when dropped; never on a command line, never shown.

use crate::algorithm::MacAlgorithm;
use crate::certificate::{Certificate, fitted};
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair as _};
use pkcs8::der::SecretDocument;
use std::fmt;

/// Longest PEM of a key, in bytes.
const PEM_BYTES_MAX: usize = 64 << 10;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not PEM of an encrypted PKCS #8 key.
    #[error(
        "this is no encrypted private key in PEM (\"BEGIN ENCRYPTED PRIVATE KEY\"); \
         `openssl pkcs8 -topk8 -v2 aes-256-cbc` makes one of any other"
    )]
    Form,
    /// In the clear.
    #[error(
        "the private key lies in the clear: seal it under a passphrase with `openssl pkcs8 -topk8 -v2 aes-256-cbc` \
         and delete the old file"
    )]
    Clear,
    /// The passphrase is wrong, or the encryption is not one that is read here.
    #[error(
        "the private key does not open: the passphrase is wrong, or it is not sealed with PBES2 and SHA-2 or scrypt"
    )]
    Sealed,
    /// A kind of key that no profile has.
    #[error("the private key is neither RSA of 2048 to 8192 bits nor ECDSA on P-256 or P-384")]
    Kind,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

/// A private key. The library that holds it wipes it when it is dropped.
pub struct PrivateKey(Pair);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(..)")
    }
}

impl PrivateKey {
    /// From PEM of an encrypted PKCS #8 key (RFC 5958, RFC 8018) and its passphrase.
    pub fn from_encrypted_pem(pem: &str, passphrase: &str) -> Result<Self, KeyError> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyError::Form);
        }
        let (label, sealed) = SecretDocument::from_pem(pem).map_err(|_| KeyError::Form)?;
        match label {
            "ENCRYPTED PRIVATE KEY" => {}
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => return Err(KeyError::Clear),
            _ => return Err(KeyError::Form),
        }
        let info =
            pkcs8::EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).map_err(|_| KeyError::Form)?;
        let opened = info.decrypt(passphrase).map_err(|_| KeyError::Sealed)?;
        Self::from_pkcs8(opened.as_bytes())
    }

    /// From DER of PKCS #8 in the clear, for callers that keep keys sealed in their own way.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Ok(Self(Pair::Rsa(pair)));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            return Ok(Self(Pair::P256(pair)));
        }
        let pair = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P384_SHA384_ASN1_SIGNING, der);
        pair.map(|pair| Self(Pair::P384(pair))).map_err(|_| KeyError::Kind)
    }

    /// Whether the certificate is of this key.
    pub fn is_of(&self, certificate: &Certificate) -> bool {
        let public = match &self.0 {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_ref(),
        };
        public == certificate.public_key()
    }

    /// Signs a digest; `None` if the library refuses, or the algorithm is one that nothing is signed with.
    pub(crate) fn sign(&self, algorithm: MacAlgorithm, digest: &[u8]) -> Option<Vec<u8>> {
        let (encoding, of): (&'static dyn signature::RsaEncoding, _) = match algorithm {
            MacAlgorithm::Sha256 => (&signature::RSA_PKCS1_SHA256, &digest::SHA256),
            MacAlgorithm::Sha384 => (&signature::RSA_PKCS1_SHA384, &digest::SHA384),
            MacAlgorithm::Sha512 => (&signature::RSA_PKCS1_SHA512, &digest::SHA512),
            _ => return None,
        };
        match &self.0 {
            Pair::Rsa(pair) => {
                let digest = Digest::import_less_safe(digest, of).ok()?;
                let mut made = vec![0; pair.public_modulus_len()];
                pair.sign_digest(encoding, &digest, &mut made).ok()?;
                Some(made)
            }
            Pair::P256(pair) => {
                let made = pair.sign_digest(&fitted(digest, &digest::SHA256)?).ok()?;
                Some(made.as_ref().to_vec())
            }
            Pair::P384(pair) => {
                let made = pair.sign_digest(&fitted(digest, &digest::SHA384)?).ok()?;
                Some(made.as_ref().to_vec())
            }
        }
    }
}
