//! Certificate revocation lists (RFC 5280 section 5), read again as the file changes; a list past its next update trusts nobody.

use medward_sabotage::{Broken, is};
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use std::collections::HashSet;
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

/// One list, as far as it is asked: parsed once, since it is asked at every operation.
#[derive(Debug)]
struct List {
    der: CertificateRevocationListDer<'static>,
    issuer: Vec<u8>,
    /// Seconds since 1970-01-01; `None` where the list does not say, which makes it stale at once.
    next_update: Option<i64>,
    revoked: HashSet<Vec<u8>>,
}

/// The lists of the authorities of senders.
#[derive(Debug)]
pub struct Revocation {
    path: PathBuf,
    lists: RwLock<Arc<[List]>>,
}

fn read(path: &Path) -> Result<Arc<[List]>, RevocationError> {
    let unusable = |reason: String| RevocationError { path: path.to_path_buf(), reason };
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut lists = Vec::new();
    for der in CertificateRevocationListDer::pem_slice_iter(&text) {
        let der = der.map_err(|error| unusable(error.to_string()))?;
        let (_, list) =
            CertificateRevocationList::from_der(&der).map_err(|error| unusable(error.to_string()))?;
        lists.push(List {
            issuer: list.issuer().as_raw().to_vec(),
            next_update: list.next_update().map(|next| next.timestamp()),
            revoked: list.iter_revoked_certificates().map(|one| one.raw_serial().to_vec()).collect(),
            der: der.clone(),
        });
    }
    if lists.is_empty() {
        return Err(unusable(
            "it holds none; an authority that revoked nothing still publishes a list".to_owned(),
        ));
    }
    Ok(lists.into())
}

impl Revocation {
    /// Reads the lists of a file.
    pub fn open(path: &Path) -> Result<Self, RevocationError> {
        Ok(Self { path: path.to_path_buf(), lists: RwLock::new(read(path)?) })
    }

    /// Reads the file again. What it held before stays in force where it cannot be read; that ends by itself with the next update.
    pub fn read_again(&self) -> Result<(), RevocationError> {
        let lists = read(&self.path)?;
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
        Ok(())
    }

    fn now_in_force(&self) -> Arc<[List]> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lists as they are now, for the handshake.
    pub(crate) fn lists(&self) -> Vec<CertificateRevocationListDer<'static>> {
        self.now_in_force().iter().map(|list| list.der.clone()).collect()
    }

    /// Whether a certificate is revoked, or whether that cannot be told.
    pub(crate) fn check(&self, certificate: &X509Certificate<'_>, now: i64) -> Result<(), &'static str> {
        let lists = self.now_in_force();
        let issuer = certificate.issuer().as_raw();
        let mut of_issuer = lists.iter().filter(|list| list.issuer == issuer).peekable();
        if of_issuer.peek().is_none() {
            return Err("no-revocation-list");
        }
        for list in of_issuer {
            if list.next_update.is_none_or(|next| next < now) {
                return Err("stale-revocation-list");
            }
            if list.revoked.contains(certificate.raw_serial()) && !is(Broken::RevocationIgnored) {
                return Err("certificate-revoked");
            }
        }
        Ok(())
    }
}
