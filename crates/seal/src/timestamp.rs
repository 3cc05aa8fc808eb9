//! Certified time stamps (PS3.15 section C.1.3, RFC 3161): that a signature existed at a moment, by the word of an authority.

use crate::algorithm::{MacAlgorithm, digest_of};
use crate::certificate::{Certificate, CertificateError, whole_der};
use crate::trust::{Authorities, Distrust, Usage};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{AnyRef, ObjectIdentifier, OctetString};
use der::{Any, Decode as _, Encode as _, Tag, Tagged as _};
use rustls_pki_types::CertificateDer;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier};

/// Most certificates read of one token.
const CERTIFICATES_MAX: usize = 16;
/// Seconds by which the authority's clock may be ahead of ours, or a stamp come after the moment at which signing began.
const AHEAD_MAX: u64 = 300;
/// Largest token read, in bytes.
const TOKEN_BYTES_MAX: usize = 256 << 10;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// A time stamp that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the signature existed, in seconds since 1970.
    pub moment: u64,
    /// Who says so.
    pub authority: String,
}

/// Why a time stamp does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampFault {
    /// Not a token.
    #[error("this is no time stamp of RFC 3161 in DER: {0}")]
    Form(String),
    /// Not `CMS_TSP` (0400,0305).
    #[error("the type of the time stamp is not CMS_TSP")]
    Type,
    /// Over something else.
    #[error("the time stamp is of another signature")]
    Imprint,
    /// Over a digest that can be forged.
    #[error("the time stamp uses a digest that is weak or not known here")]
    Digest,
    /// Not signed by its certificate.
    #[error("the signature of the time stamp does not hold")]
    Signature,
    /// The token does not name its certificate, or carries none.
    #[error("the time stamp does not carry the certificate that it names")]
    NoCertificate,
    /// Its certificate cannot be read.
    #[error("the certificate of the time stamp: {0}")]
    Certificate(#[from] CertificateError),
    /// Not a certificate for stamping time and nothing else.
    #[error("the certificate of the time stamp is not for stamping time alone (RFC 3161 section 2.3)")]
    Usage,
    /// Nobody was named who is trusted with time.
    #[error("no trust roots for time stamps were given")]
    NoRoots,
    /// The authority is not trusted.
    #[error("the authority of the time stamp: {0}")]
    Distrusted(#[from] Distrust),
}

impl From<der::Error> for StampFault {
    fn from(error: der::Error) -> Self {
        Self::Form(error.to_string())
    }
}

/// What the authority signed of the time, as far as it counts here (RFC 3161 section 2.4.2).
struct Stamped {
    digest: ObjectIdentifier,
    imprint: Vec<u8>,
    moment: u64,
    nonce: Option<Vec<u8>>,
}

/// A token that stamps a signature, by the authority of a certificate that it carries; whether that is believed is not asked
/// yet.
pub(crate) struct Token {
    stamped: Stamped,
    certificate: Certificate,
    beside: Vec<Certificate>,
}

/// Checks that a token stamps a signature and that its authority is trusted.
pub(crate) fn check(
    token: &[u8],
    signature: &[u8],
    authorities: &Authorities,
    now: u64,
) -> Result<TimeStamp, StampFault> {
    Token::open(token, signature)?.trusted(authorities, now)
}

impl Token {
    /// The number that the request had, which shows that the token was made for it.
    pub(crate) fn nonce(&self) -> Option<&[u8]> {
        self.stamped.nonce.as_deref()
    }

    /// Checks that the authority is trusted.
    pub(crate) fn trusted(&self, authorities: &Authorities, now: u64) -> Result<TimeStamp, StampFault> {
        if authorities.is_empty() {
            return Err(StampFault::NoRoots);
        }
        let beside: Vec<CertificateDer<'_>> =
            self.beside.iter().map(|one| CertificateDer::from(one.der())).collect();
        authorities.check(&self.certificate, &beside, &Usage::TIME_STAMP, self.stamped.moment, now)?;
        if self.stamped.moment > now.saturating_add(AHEAD_MAX) {
            return Err(StampFault::Distrusted(Distrust::OutOfTime));
        }
        Ok(TimeStamp { moment: self.stamped.moment, authority: self.certificate.subject() })
    }

    /// Checks that a token stamps a signature and is signed by a certificate for stamping time that it carries.
    pub(crate) fn open(token: &[u8], signature: &[u8]) -> Result<Self, StampFault> {
        let form = |reason: &str| StampFault::Form(reason.to_owned());
        let token = whole_der(token).filter(|token| token.len() <= TOKEN_BYTES_MAX);
        let content = ContentInfo::from_der(token.ok_or_else(|| form("its length is not that of DER"))?)?;
        if content.content_type != SIGNED_DATA {
            return Err(form("it is no signed data"));
        }
        let signed: SignedData = content.content.decode_as()?;
        if signed.encap_content_info.econtent_type != TST_INFO {
            return Err(form("what is signed is no time"));
        }
        let text = signed.encap_content_info.econtent.as_ref().ok_or_else(|| form("it is empty"))?;
        let text: OctetString = text.decode_as()?;
        let stamped = stamped(text.as_bytes())?;
        let imprint = digest_of(strong(stamped.digest).ok_or(StampFault::Digest)?, signature);
        if imprint != stamped.imprint {
            return Err(StampFault::Imprint);
        }
        let [info] = signed.signer_infos.0.as_slice() else {
            return Err(form("it has not one signer"));
        };
        let beside = certificates(&signed)?;
        let certificate = signed_by(info, text.as_bytes(), &beside)?.clone();
        check_usage(&certificate)?;
        Ok(Self { stamped, certificate, beside })
    }
}

fn strong(oid: ObjectIdentifier) -> Option<MacAlgorithm> {
    match oid {
        SHA256 => Some(MacAlgorithm::Sha256),
        SHA384 => Some(MacAlgorithm::Sha384),
        SHA512 => Some(MacAlgorithm::Sha512),
        _ => None,
    }
}

fn stamped(bytes: &[u8]) -> Result<Stamped, StampFault> {
    let form = || StampFault::Form("what is signed is no time".to_owned());
    // A sequence; of what follows the time only the nonce matters here.
    let fields = Vec::<AnyRef<'_>>::from_der(bytes)?;
    let [_version, _policy, imprint, _serial, time, optional @ ..] = fields.as_slice() else {
        return Err(form());
    };
    let imprint: Vec<Any> = imprint.decode_as()?;
    let [algorithm, digest] = imprint.as_slice() else { return Err(form()) };
    let algorithm: Vec<Any> = algorithm.decode_as()?;
    let digest: OctetString = digest.decode_as()?;
    if time.tag() != Tag::GeneralizedTime {
        return Err(form());
    }
    Ok(Stamped {
        digest: algorithm.first().ok_or_else(form)?.decode_as()?,
        imprint: digest.into_bytes().to_vec(),
        moment: moment(time.value()).ok_or_else(form)?,
        // Of what may follow, the nonce alone is a number.
        nonce: optional.iter().find(|one| one.tag() == Tag::Integer).map(|one| one.value().to_vec()),
    })
}

/// `YYYYMMDDhhmmss[.s...]Z`; RFC 3161 allows fractions, which are cut off.
fn moment(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() != 14 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_second();
    u64::try_from(moment).ok()
}

/// Of the certificates the first ones that can be used here.
fn certificates(signed: &SignedData) -> Result<Vec<Certificate>, StampFault> {
    let all = signed.certificates.iter().flat_map(|set| set.0.iter()).take(CERTIFICATES_MAX);
    let all = all.filter_map(|one| match one {
        CertificateChoices::Certificate(certificate) => Some(certificate.to_der()),
        CertificateChoices::Other(_) => None,
    });
    let mut usable = Vec::new();
    for der in all {
        // One of another kind of key may stand in a chain that is not used.
        usable.extend(Certificate::from_der(&der?).ok());
    }
    Ok(usable)
}

/// The certificate that signed (RFC 5652 section 5.4 to 5.6, RFC 5035).
fn signed_by<'c>(
    signer: &SignerInfo,
    content: &[u8],
    certificates: &'c [Certificate],
) -> Result<&'c Certificate, StampFault> {
    let algorithm = strong(signer.digest_alg.oid).ok_or(StampFault::Digest)?;
    let is_named = |certificate: &&Certificate| {
        let known = certificate.parsed.tbs_certificate();
        match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(name) => {
                name.issuer == *known.issuer() && name.serial_number == *known.serial_number()
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => known
                .get_extension::<SubjectKeyIdentifier>()
                .is_ok_and(|found| found.is_some_and(|(_, found)| found == *id)),
        }
    };
    let certificate = certificates.iter().find(is_named).ok_or(StampFault::NoCertificate)?;
    let attributes = signer.signed_attrs.as_ref().ok_or(StampFault::Signature)?;
    let one = |wanted: ObjectIdentifier| {
        let mut found = attributes.iter().filter(|attribute| attribute.oid == wanted);
        let first = found.next()?.values.as_slice();
        if found.next().is_some() { None } else { first.first().filter(|_| first.len() == 1) }
    };
    let kind: ObjectIdentifier = one(CONTENT_TYPE).ok_or(StampFault::Signature)?.decode_as()?;
    let digest: OctetString = one(MESSAGE_DIGEST).ok_or(StampFault::Signature)?.decode_as()?;
    if kind != TST_INFO || digest.as_bytes() != digest_of(algorithm, content) {
        return Err(StampFault::Signature);
    }
    let (id, by_default) = match one(SIGNING_CERTIFICATE_V2) {
        Some(id) => (id, SHA256),
        None => (one(SIGNING_CERTIFICATE).ok_or(StampFault::NoCertificate)?, SHA1),
    };
    if !names(id, by_default, certificate)? {
        return Err(StampFault::NoCertificate);
    }
    let digest = digest_of(algorithm, &attributes.to_der()?);
    if certificate.has_signed(algorithm, &digest, signer.signature.as_bytes()) {
        Ok(certificate)
    } else {
        Err(StampFault::Signature)
    }
}

/// Whether a `SigningCertificate` attribute names a certificate first. SHA-1 does here: another certificate with the same
/// digest would have to be found for one that stands.
fn names(id: &Any, by_default: ObjectIdentifier, certificate: &Certificate) -> Result<bool, StampFault> {
    let id: Vec<Any> = id.decode_as()?;
    let certificates: Vec<Any> = id.first().ok_or(StampFault::NoCertificate)?.decode_as()?;
    let first: Vec<Any> = certificates.first().ok_or(StampFault::NoCertificate)?.decode_as()?;
    let (oid, hash) = match first.as_slice() {
        [hash, ..] if hash.tag() == Tag::OctetString => (by_default, hash),
        [algorithm, hash, ..] => {
            let algorithm: Vec<Any> = algorithm.decode_as()?;
            (algorithm.first().ok_or(StampFault::NoCertificate)?.decode_as()?, hash)
        }
        _ => return Err(StampFault::NoCertificate),
    };
    let algorithm = if oid == SHA1 { Some(MacAlgorithm::Sha1) } else { strong(oid) };
    let hash: OctetString = hash.decode_as()?;
    Ok(hash.as_bytes() == digest_of(algorithm.ok_or(StampFault::Digest)?, certificate.der()))
}

fn check_usage(certificate: &Certificate) -> Result<(), StampFault> {
    let usage = certificate.parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>();
    match usage? {
        Some((true, ExtendedKeyUsage(all))) if all.as_slice() == [TIME_STAMPING] => Ok(()),
        _ => Err(StampFault::Usage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_fractions_are_read_and_others_are_not() {
        assert_eq!(moment(b"20260102030405Z"), Some(1_767_323_045));
        assert_eq!(moment(b"20260102030405.25Z"), Some(1_767_323_045));
        for wrong in
            [&b"20260102030405"[..], b"202601020304Z", b"20261302030405Z", b"2026010203040 Z", b"\xff"]
        {
            assert_eq!(moment(wrong), None);
        }
    }
}
