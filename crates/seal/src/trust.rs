//! Whom to believe: chains to trust roots and revocation lists, by rustls-webpki; a doubt is never trust.
//!
//! webpki bounds the work of a chain (signatures and names checked), knows name constraints and refuses SHA-1 and short keys.
//! It checks lists of revoked certificates at the moment of the chain; here their freshness is held against today, because a
//! chain may be checked at the moment of a time stamp long past.

use crate::certificate::{Certificate, CertificateError};
use der::Decode as _;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    OwnedCertRevocationList, RequiredEkuNotFoundContext, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};

/// Why the roots, or what is given with them, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate cannot be a root.
    #[error("`{0}` cannot be a trust root: {1}")]
    Root(String, String),
    /// A revocation list cannot be read.
    #[error("this is no certificate revocation list that can be used: {0}")]
    RevocationList(String),
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// No chain to a root.
    #[error("no trust root vouches for the signer")]
    UnknownIssuer,
    /// Out of its validity when it counts.
    #[error("the certificate, or one above it, is not valid at that time")]
    OutOfTime,
    /// Taken back by its issuer.
    #[error("the certificate, or one above it, was revoked")]
    Revoked,
    /// No list, or none that is fresh, says that it is not revoked.
    #[error("no fresh revocation list speaks for the certificate: get the current one of its issuer")]
    RevocationUnknown,
    /// Made for something else.
    #[error("the certificate is not for this use")]
    Usage,
    /// Something else is wrong with the chain.
    #[error("the chain does not hold: {0}")]
    Chain(String),
}

/// A list of revoked certificates and until when it counts.
#[derive(Debug)]
struct RevocationList {
    list: CertRevocationList<'static>,
    from: u64,
    until: Option<u64>,
}

/// Trust roots, certificates between them and signers, and revocation lists.
#[derive(Debug, Default)]
pub struct Authorities {
    roots: Vec<(CertificateDer<'static>, TrustAnchor<'static>)>,
    intermediates: Vec<CertificateDer<'static>>,
    /// `None` where revocation is not asked for.
    revoked: Option<Vec<RevocationList>>,
}

/// What a certificate has to be for. The object identifiers are of extended key usages (RFC 5280 section 4.2.1.12).
pub(crate) struct Usage(&'static [&'static [usize]]);

impl Usage {
    /// Signing documents: document signing (RFC 9336), mail protection, client authentication (devices), any.
    pub(crate) const DOCUMENT: Self = Self(&[
        &[1, 3, 6, 1, 5, 5, 7, 3, 36],
        &[1, 3, 6, 1, 4, 1, 311, 10, 3, 12],
        &[1, 3, 6, 1, 5, 5, 7, 3, 4],
        &[1, 3, 6, 1, 5, 5, 7, 3, 2],
        &[2, 5, 29, 37, 0],
    ]);
    /// Stamping time (RFC 3161 section 2.3); the certificate itself must say so, which is checked apart.
    pub(crate) const TIME_STAMP: Self = Self(&[&[1, 3, 6, 1, 5, 5, 7, 3, 8]]);
}

impl ExtendedKeyUsageValidator for &Usage {
    /// Nothing said, or one of those wanted.
    fn validate(&self, all: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let said = all.map(|id| Ok(id?.to_decoded_oid())).collect::<Result<Vec<_>, webpki::Error>>()?;
        if said.is_empty() || said.iter().any(|id| self.0.contains(&id.as_slice())) {
            return Ok(());
        }
        // The context is made for one usage; it is not shown.
        let required = webpki::KeyUsage::client_auth();
        Err(webpki::Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present: said }))
    }
}

impl Authorities {
    /// None: nothing is trusted.
    pub fn new() -> Self {
        Self::default()
    }

    /// There are no roots.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Adds trust roots in PEM. A certificate that is itself a root is trusted without a chain.
    pub fn add_roots(&mut self, pem: &[u8]) -> Result<(), TrustError> {
        for certificate in Certificate::from_pem(pem)? {
            let der = CertificateDer::from(certificate.der().to_vec());
            let anchor = webpki::anchor_from_trusted_cert(&der);
            let anchor =
                anchor.map_err(|error| TrustError::Root(certificate.subject(), error.to_string()))?;
            self.roots.push((der.clone(), anchor.to_owned()));
        }
        Ok(())
    }

    /// Adds certificates between roots and signers, in PEM.
    pub fn add_intermediates(&mut self, pem: &[u8]) -> Result<(), TrustError> {
        let all = Certificate::from_pem(pem)?.into_iter();
        self.intermediates.extend(all.map(|one| CertificateDer::from(one.der().to_vec())));
        Ok(())
    }

    /// From here on a certificate counts only while a fresh list of its issuer says that it is not revoked; without lists
    /// none counts.
    pub fn demand_revocation(&mut self) {
        self.revoked.get_or_insert_default();
    }

    /// Adds revocation lists in PEM or DER, and demands them.
    pub fn add_revocation_lists(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let form = |error: String| TrustError::RevocationList(error);
        let lists: Vec<CertificateRevocationListDer<'_>> = if bytes.starts_with(b"\x30") {
            vec![CertificateRevocationListDer::from(bytes)]
        } else {
            let all = CertificateRevocationListDer::pem_slice_iter(bytes);
            all.collect::<Result<_, _>>().map_err(|error| form(error.to_string()))?
        };
        if lists.is_empty() {
            return Err(form("no PEM of one".to_owned()));
        }
        let revoked = self.revoked.get_or_insert_default();
        for der in lists {
            let times = x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(&der);
            let times = times.map_err(|error| form(error.to_string()))?.tbs_cert_list;
            let list = OwnedCertRevocationList::from_der(&der).map_err(|error| form(error.to_string()))?;
            revoked.push(RevocationList {
                list: list.into(),
                from: times.this_update.to_unix_duration().as_secs(),
                until: times.next_update.map(|time| time.to_unix_duration().as_secs()),
            });
        }
        Ok(())
    }

    /// Whether a certificate is trusted for a use at a moment, with the lists that are fresh `now`. Times are seconds since
    /// 1970; `beside` are certificates that came with it and vouch for nothing by themselves.
    pub(crate) fn check(
        &self,
        certificate: &Certificate,
        beside: &[CertificateDer<'_>],
        usage: &Usage,
        moment: u64,
        now: u64,
    ) -> Result<(), Distrust> {
        if usage.0 == Usage::DOCUMENT.0 && !certificate.may_sign() {
            return Err(Distrust::Usage);
        }
        let der = CertificateDer::from(certificate.der());
        if self.roots.iter().any(|(root, _)| *root == der) {
            return self.check_root(certificate, moment);
        }
        let entity = EndEntityCert::try_from(&der).map_err(|error| Distrust::Chain(error.to_string()))?;
        let anchors: Vec<TrustAnchor<'_>> = self.roots.iter().map(|(_, anchor)| anchor.clone()).collect();
        let between: Vec<CertificateDer<'_>> = self.intermediates.iter().chain(beside).cloned().collect();
        // A stale list is no list: what it is silent on is unknown, and unknown is denied.
        let fresh = self.revoked.as_ref().map(|lists| {
            let fresh =
                lists.iter().filter(|list| list.from <= now && list.until.is_some_and(|until| now <= until));
            fresh.map(|list| &list.list).collect::<Vec<_>>()
        });
        let revocation = match &fresh {
            None => None,
            Some(lists) => Some(
                RevocationOptionsBuilder::new(lists)
                    .map_err(|_| Distrust::RevocationUnknown)?
                    .with_depth(RevocationCheckDepth::Chain)
                    .with_status_policy(UnknownStatusPolicy::Deny)
                    .with_expiration_policy(ExpirationPolicy::Ignore)
                    .build(),
            ),
        };
        let time = UnixTime::since_unix_epoch(Duration::from_secs(moment));
        let path = entity.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &between,
            time,
            usage,
            revocation,
            None,
        );
        path.map(drop).map_err(distrust)
    }

    /// A root that signs itself: whoever named it trusts it, while it is valid. No list can speak for it.
    fn check_root(&self, certificate: &Certificate, moment: u64) -> Result<(), Distrust> {
        let (from, until) = certificate.validity();
        if !(from..=until).contains(&moment) {
            return Err(Distrust::OutOfTime);
        }
        if self.revoked.is_some() { Err(Distrust::RevocationUnknown) } else { Ok(()) }
    }
}

fn distrust(error: webpki::Error) -> Distrust {
    use webpki::Error;
    match error {
        Error::UnknownIssuer => Distrust::UnknownIssuer,
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => Distrust::OutOfTime,
        Error::CertRevoked => Distrust::Revoked,
        Error::UnknownRevocationStatus | Error::CrlExpired { .. } => Distrust::RevocationUnknown,
        Error::RequiredEkuNotFoundContext(_) => Distrust::Usage,
        other => Distrust::Chain(other.to_string()),
    }
}
