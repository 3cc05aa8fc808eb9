//! Certificate revocation lists (RFC 5280 section 5), read again as the file changes; a list past its next update trusts nobody.

use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Certificate};

/// Why there are no lists.
#[derive(Debug, thiserror::Error)]
#[error("the revocation lists in `{path}` cannot be used: {reason}")]
pub struct RevocationError {
    path: PathBuf,
    reason: String,
}

/// The lists of the authorities of senders.
#[derive(Debug)]
pub struct Revocation {
    path: PathBuf,
    lists: RwLock<Arc<Vec<CertificateRevocationListDer<'static>>>>,
}

fn read(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, RevocationError> {
    let unusable = |reason: String| RevocationError { path: path.to_path_buf(), reason };
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&text).collect();
    let lists = lists.map_err(|error| unusable(error.to_string()))?;
    if lists.is_empty() {
        return Err(unusable(
            "it holds none; an authority that revoked nothing still publishes a list".to_owned(),
        ));
    }
    for list in &lists {
        CertificateRevocationList::from_der(list).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(lists)
}

impl Revocation {
    /// Reads the lists of a file.
    pub fn open(path: &Path) -> Result<Self, RevocationError> {
        Ok(Self { path: path.to_path_buf(), lists: RwLock::new(Arc::new(read(path)?)) })
    }

    /// Reads the file again. What it held before stays in force where it cannot be read; that ends by itself with the next update.
    pub fn read_again(&self) -> Result<(), RevocationError> {
        let lists = Arc::new(read(&self.path)?);
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
        Ok(())
    }

    /// The lists as they are now.
    pub fn lists(&self) -> Arc<Vec<CertificateRevocationListDer<'static>>> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a certificate is revoked, or whether that cannot be told.
    pub(crate) fn check(&self, certificate: &X509Certificate<'_>, now: i64) -> Result<(), &'static str> {
        let lists = self.lists();
        let parsed = lists.iter().filter_map(|list| CertificateRevocationList::from_der(list).ok());
        let mut of_issuer = parsed.filter(|(_, list)| list.issuer() == certificate.issuer()).peekable();
        if of_issuer.peek().is_none() {
            return Err("no-revocation-list");
        }
        for (_, list) in of_issuer {
            if list.next_update().is_none_or(|next| next.timestamp() < now) {
                return Err("stale-revocation-list");
            }
            let is_revoked =
                list.iter_revoked_certificates().any(|one| one.raw_serial() == certificate.raw_serial());
            if is_revoked {
                return Err("certificate-revoked");
            }
        }
        Ok(())
    }
}
