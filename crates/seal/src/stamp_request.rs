//! Asking an authority for a time stamp (RFC 3161 section 2.4): the request over a signature, and the token of the answer, which
//! is held against it before it goes into an object. Over which way the two travel is the caller's.

use crate::algorithm::{MacAlgorithm, digest_of};
use crate::timestamp::{SHA256, StampFault, Token};
use crate::trust::Authorities;
use der::asn1::{AnyRef, Null, OctetString, Uint};
use der::{Any, Decode as _, Encode as _, Sequence};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// Largest answer that is read, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 256 << 10;

/// Why there is no time stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStamped {
    /// The authority was not reached, or gave no answer of this kind.
    #[error("the time-stamp authority does not answer: {0}")]
    Unreachable(String),
    /// It answered with an error.
    #[error("the time-stamp authority refuses (status {status}){}{said}", if said.is_empty() { "" } else { ": " })]
    Refused {
        /// `PKIStatus`.
        status: u8,
        /// What it says.
        said: String,
    },
    /// Its answer cannot be read.
    #[error("the answer of the time-stamp authority is none of RFC 3161: {0}")]
    Form(String),
    /// The answer is to another request.
    #[error("the time stamp was made for another request (its nonce differs)")]
    Nonce,
    /// The token does not hold.
    #[error(transparent)]
    Fault(#[from] StampFault),
    /// No random numbers.
    #[error("there are no random numbers")]
    Library,
}

impl From<der::Error> for NotStamped {
    fn from(error: der::Error) -> Self {
        Self::Form(error.to_string())
    }
}

/// Hands a request to an authority and gives its answer, both in DER.
type Ask = dyn Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync;

/// An authority that stamps time.
pub struct StampAuthority {
    ask: Box<Ask>,
    roots: Authorities,
}

impl std::fmt::Debug for StampAuthority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StampAuthority").finish_non_exhaustive()
    }
}

#[derive(Sequence)]
struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    nonce: Uint,
    wants_certificate: bool,
}

impl StampAuthority {
    /// An authority that is asked in some way. With roots, a token is taken only from who is trusted by them; without, whoever
    /// verifies has to know.
    pub fn new(
        ask: impl Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
        roots: Authorities,
    ) -> Self {
        Self { ask: Box::new(ask), roots }
    }

    /// A token over a signature. `now` is in seconds since 1970.
    pub(crate) fn stamp(&self, signature: &[u8], now: u64) -> Result<Vec<u8>, NotStamped> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| NotStamped::Library)?;
        let nonce = Uint::new(&nonce)?;
        let request = TimeStampReq {
            version: 1,
            imprint: MessageImprint {
                algorithm: AlgorithmIdentifierOwned { oid: SHA256, parameters: Some(Any::from(Null)) },
                digest: OctetString::new(digest_of(MacAlgorithm::Sha256, signature))?,
            },
            nonce: nonce.clone(),
            wants_certificate: true,
        };
        let answer = (self.ask)(&request.to_der()?).map_err(NotStamped::Unreachable)?;
        let token = token(&answer)?;
        let opened = Token::open(&token, signature)?;
        // In DER both numbers have one form.
        let is_same = opened.nonce().and_then(|nonce| Uint::new(nonce).ok()).is_some_and(|own| own == nonce);
        if !is_same {
            return Err(NotStamped::Nonce);
        }
        if !self.roots.is_empty() {
            opened.trusted(&self.roots, now)?;
        }
        Ok(token)
    }
}

/// The token of an answer: a status (0 and 1 are a yes), and behind it what was asked for.
fn token(answer: &[u8]) -> Result<Vec<u8>, NotStamped> {
    let form = |reason: &str| NotStamped::Form(reason.to_owned());
    let fields = Vec::<AnyRef<'_>>::from_der(answer)?;
    let info: Vec<AnyRef<'_>> = fields.first().ok_or_else(|| form("it is empty"))?.decode_as()?;
    let status: u8 = info.first().ok_or_else(|| form("it has no status"))?.decode_as()?;
    if status > 1 {
        let texts =
            info.get(1).and_then(|texts| texts.decode_as::<Vec<AnyRef<'_>>>().ok()).unwrap_or_default();
        let texts: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(text.value())).collect();
        return Err(NotStamped::Refused { status, said: texts.join("; ") });
    }
    Ok(fields.get(1).ok_or_else(|| form("it has no token"))?.to_der()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_a_no_is_said_with_its_words() {
        // SEQUENCE { SEQUENCE { INTEGER 2, SEQUENCE { UTF8String "closed" } } }
        let answer = b"\x30\x0F\x30\x0D\x02\x01\x02\x30\x08\x0C\x06closed";
        let refused = NotStamped::Refused { status: 2, said: "closed".to_owned() };
        assert_eq!(token(answer), Err(refused.clone()));
        assert_eq!(refused.to_string(), "the time-stamp authority refuses (status 2): closed");
        for wrong in [&b""[..], b"<html>", b"\x30\x00", b"\x30\x02\x30\x00", b"\x30\x05\x30\x03\x02\x01\x00"]
        {
            assert!(matches!(token(wrong), Err(NotStamped::Form(_))), "{wrong:?}");
        }
    }
}
