//! The certificate of a signer: whose key it is, and whether that key made a signature; says nothing of whom to trust.

use crate::algorithm::MacAlgorithm;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self, UnparsedPublicKey};
use der::asn1::UintRef;
use der::{Decode as _, Encode as _, Sequence};
use num_bigint::BigUint;
use std::fmt;
use x509_cert::ext::pkix::KeyUsage;

/// Largest certificate read, in bytes.
const CERTIFICATE_BYTES_MAX: usize = 64 << 10;
/// Sizes of RSA keys that are computed with, in bits; a longer one would only cost.
const RSA_BITS: std::ops::RangeInclusive<u64> = 512..=8192;
/// An RSA key below this can be broken by whoever can pay for it.
const RSA_BITS_STRONG: u64 = 2048;

/// Why a certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not DER of a certificate.
    #[error("this is no X.509 certificate: {0}")]
    Form(String),
    /// A key of a kind that no profile has (PS3.15 Annex C: RSA and ECDSA).
    #[error("its key is neither RSA of {} to {} bits nor ECDSA on P-256 or P-384", RSA_BITS.start(), RSA_BITS.end())]
    Key,
}

/// A key that signatures are verified with.
#[derive(Debug, Clone)]
enum PublicKey {
    Rsa { der: Vec<u8>, modulus: BigUint, exponent: BigUint },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

/// An X.509 certificate (RFC 5280), parsed; whether anyone vouches for it is [`crate::trust`]'s to say.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    pub(crate) parsed: x509_cert::Certificate,
    key: PublicKey,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Certificate({})", self.subject())
    }
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";

impl Certificate {
    /// From DER; a byte of padding behind it is left out (PS3.5 section 6.2, OB).
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        let form = |error: der::Error| CertificateError::Form(error.to_string());
        let bytes = whole_der(bytes).filter(|bytes| bytes.len() <= CERTIFICATE_BYTES_MAX);
        let bytes =
            bytes.ok_or_else(|| CertificateError::Form("its length is not that of DER".to_owned()))?;
        let parsed = x509_cert::Certificate::from_der(bytes).map_err(form)?;
        let key = public_key(&parsed)?;
        Ok(Self { der: bytes.to_vec(), parsed, key })
    }

    /// The certificates of a PEM text, in its order.
    pub fn from_pem(text: &[u8]) -> Result<Vec<Self>, CertificateError> {
        use rustls_pki_types::pem::PemObject as _;
        let all = rustls_pki_types::CertificateDer::pem_slice_iter(text);
        let all = all.map(|der| match der {
            Ok(der) => Self::from_der(&der),
            Err(error) => Err(CertificateError::Form(error.to_string())),
        });
        let all = all.collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() {
            Err(CertificateError::Form("no PEM of a certificate".to_owned()))
        } else {
            Ok(all)
        }
    }

    /// DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Distinguished name of the holder (RFC 4514).
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// SHA-256 of the DER, which names the certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, &self.der);
        digest.as_ref().try_into().unwrap_or_default()
    }

    /// Kind and size of the key, for people.
    pub fn key_name(&self) -> String {
        match &self.key {
            PublicKey::Rsa { modulus, .. } => format!("RSA {}", modulus.bits()),
            PublicKey::P256(_) => "ECDSA P-256".to_owned(),
            PublicKey::P384(_) => "ECDSA P-384".to_owned(),
        }
    }

    /// Its key is RSA, as the three profiles of PS3.15 Annex C want.
    pub const fn is_rsa(&self) -> bool {
        matches!(self.key, PublicKey::Rsa { .. })
    }

    /// Its key is too short to hold against an attacker with means.
    pub fn is_weak(&self) -> bool {
        matches!(&self.key, PublicKey::Rsa { modulus, .. } if modulus.bits() < RSA_BITS_STRONG)
    }

    /// First and last second of its validity, since 1970.
    pub fn validity(&self) -> (u64, u64) {
        let validity = self.parsed.tbs_certificate().validity();
        (validity.not_before.to_unix_duration().as_secs(), validity.not_after.to_unix_duration().as_secs())
    }

    /// Its key may sign (RFC 5280 section 4.2.1.3): no key usage is said, or one for signatures.
    pub fn may_sign(&self) -> bool {
        match self.parsed.tbs_certificate().get_extension::<KeyUsage>() {
            Ok(None) => true,
            Ok(Some((_, usage))) => usage.digital_signature() || usage.non_repudiation(),
            Err(_) => false,
        }
    }

    /// The raw public key: RSAPublicKey (RFC 8017), or a point.
    pub(crate) fn public_key(&self) -> &[u8] {
        match &self.key {
            PublicKey::Rsa { der, .. } => der,
            PublicKey::P256(point) | PublicKey::P384(point) => point,
        }
    }

    /// The signature proper, without the padding of its element.
    pub(crate) fn trimmed<'s>(&self, signature: &'s [u8]) -> &'s [u8] {
        if self.is_rsa() { signature } else { whole_der(signature).unwrap_or(signature) }
    }

    /// Whether the key made the signature over a digest: PKCS #1 v1.5, or ECDSA in DER.
    pub(crate) fn has_signed(&self, algorithm: MacAlgorithm, digest: &[u8], signature: &[u8]) -> bool {
        let signature = self.trimmed(signature);
        match &self.key {
            PublicKey::Rsa { der, modulus, exponent } => {
                let listed = match algorithm {
                    MacAlgorithm::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    MacAlgorithm::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    MacAlgorithm::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    _ => return has_signed_rsa(modulus, exponent, algorithm, digest, signature),
                };
                if modulus.bits() < RSA_BITS_STRONG {
                    return has_signed_rsa(modulus, exponent, algorithm, digest, signature);
                }
                let of = match algorithm {
                    MacAlgorithm::Sha384 => &digest::SHA384,
                    MacAlgorithm::Sha512 => &digest::SHA512,
                    _ => &digest::SHA256,
                };
                let digest = Digest::import_less_safe(digest, of);
                digest.is_ok_and(|digest| {
                    UnparsedPublicKey::new(listed, der).verify_digest(&digest, signature).is_ok()
                })
            }
            PublicKey::P256(point) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point);
                fitted(digest, &digest::SHA256)
                    .is_some_and(|digest| key.verify_digest(&digest, signature).is_ok())
            }
            PublicKey::P384(point) => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_ASN1, point);
                fitted(digest, &digest::SHA384)
                    .is_some_and(|digest| key.verify_digest(&digest, signature).is_ok())
            }
        }
    }
}

fn public_key(parsed: &x509_cert::Certificate) -> Result<PublicKey, CertificateError> {
    let info = parsed.tbs_certificate().subject_public_key_info();
    let bits = info.subject_public_key.as_bytes().ok_or(CertificateError::Key)?.to_vec();
    let parameters = info.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|any| any.decode_as::<der::asn1::ObjectIdentifier>().ok());
    let curve = curve.map(|curve| curve.to_string());
    match (info.algorithm.oid.to_string().as_str(), curve.as_deref()) {
        (RSA_ENCRYPTION, _) => {
            let key = RsaPublicKey::from_der(&bits).map_err(|_| CertificateError::Key)?;
            let modulus = BigUint::from_bytes_be(key.modulus.as_bytes());
            let exponent = BigUint::from_bytes_be(key.exponent.as_bytes());
            // An exponent of any size is allowed by the format, and each of its bits costs a multiplication.
            if !RSA_BITS.contains(&modulus.bits()) || exponent.bits() > 33 || !modulus.bit(0) {
                return Err(CertificateError::Key);
            }
            Ok(PublicKey::Rsa { der: bits, modulus, exponent })
        }
        (EC_PUBLIC_KEY, Some(P256)) => Ok(PublicKey::P256(bits)),
        (EC_PUBLIC_KEY, Some(P384)) => Ok(PublicKey::P384(bits)),
        _ => Err(CertificateError::Key),
    }
}

/// A digest as the number that ECDSA signs (FIPS 186-5 section 6.4.1): the leftmost bits of a longer one, a shorter one as
/// it is. So every MAC goes with every curve.
pub(crate) fn fitted(digest: &[u8], of: &'static digest::Algorithm) -> Option<Digest> {
    let bytes = of.output_len();
    let mut number = vec![0; bytes.saturating_sub(digest.len())];
    number.extend(digest.iter().take(bytes));
    Digest::import_less_safe(&number, of).ok()
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2) for the digests and sizes that aws-lc-rs does not verify any more: only the
/// public half is computed with, so time tells nothing. The encoding is built and compared as a whole.
fn has_signed_rsa(
    modulus: &BigUint,
    exponent: &BigUint,
    algorithm: MacAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let bytes = usize::try_from(modulus.bits().div_ceil(8)).unwrap_or_default();
    let info = algorithm.digest_info();
    let Some(padding) = bytes.checked_sub(info.len() + digest.len() + 3).filter(|&padding| padding >= 8)
    else {
        return false;
    };
    let mut expected = vec![0, 1];
    expected.resize(2 + padding, 0xFF);
    expected.push(0);
    expected.extend_from_slice(info);
    expected.extend_from_slice(digest);
    let signature_number = BigUint::from_bytes_be(signature);
    signature.len() == bytes
        && signature_number < *modulus
        && signature_number.modpow(exponent, modulus) == BigUint::from_bytes_be(&expected)
}

/// The DER value at the front of bytes with at most one byte of padding behind it.
pub(crate) fn whole_der(bytes: &[u8]) -> Option<&[u8]> {
    let header = der::Header::peek_in(bytes)?;
    let length = usize::try_from(header).ok()?;
    let rest = bytes.get(length..)?;
    if rest.is_empty() || rest == [0] { bytes.get(..length) } else { None }
}

trait Peek {
    fn peek_in(bytes: &[u8]) -> Option<u32>;
}

impl Peek for der::Header {
    /// Bytes of the first value, its header included.
    fn peek_in(bytes: &[u8]) -> Option<u32> {
        let mut reader = der::SliceReader::new(bytes).ok()?;
        let header = <Self as der::Decode<'_>>::decode(&mut reader).ok()?;
        let own = header.encoded_len().ok()?;
        u32::try_from(own).ok()?.checked_add(u32::try_from(header.length()).ok()?)
    }
}
