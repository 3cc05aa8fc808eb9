//! DICOM digital signatures (PS3.15 Annex C) on what goes back to the hospital: made once, when a result carries its patient again,
//! and sealed with it. A signature has its moment and random numbers in it, so that a result which comes again is told by what was signed.

use crate::gateway::GatewayError;
use crate::reread::Reread;
use crate::tls;
use jiff::Timestamp;
use medward_dicom_scan::{Edits, Scanner, Tag, write};
use medward_seal::{Certificate, MacAlgorithm, NotSigned, PrivateKey, Purpose, Signer, limits};
use medward_vault::{ObjectId, Quarantined, Vault};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Seek as _, Write};
use std::path::{Path, PathBuf};

const MAC_PARAMETERS: Tag = Tag::new(0x4FFE, 0x0001);
const SIGNATURES: Tag = Tag::new(0xFFFA, 0xFFFA);
/// The purpose that says what was done: what the AI made was given its patient again (PS3.16 CID 7007).
const MODIFICATION: &str = "16";

/// Whose signature results get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSigning {
    /// PEM file of the private key.
    pub key: PathBuf,
    /// PEM file of its certificate.
    pub certificate: PathBuf,
}

/// What signs results.
#[derive(Debug)]
pub(crate) struct Signing(Signer);

impl Signing {
    /// With the key in a file, sealed under the passphrase of the ward's others or for its owner alone; its certificate must hold today.
    pub(crate) fn open(of: &KnownSigning, passphrase: &str) -> Result<Self, GatewayError> {
        let unusable = |path: &Path, reason: &dyn std::fmt::Display| GatewayError::File {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        };
        let pem = tls::read_secret(&of.key)?;
        let key = if pem.contains("ENCRYPTED PRIVATE KEY") {
            PrivateKey::from_encrypted_pem(&pem, passphrase)
        } else {
            let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes());
            let der = der.map_err(|error| unusable(&of.key, &error))?;
            PrivateKey::from_pkcs8(der.secret_pkcs8_der())
        };
        let key = key.map_err(|error| unusable(&of.key, &error))?;
        let text = std::fs::read(&of.certificate).map_err(|error| unusable(&of.certificate, &error))?;
        let certificates = Certificate::from_pem(&text).map_err(|error| unusable(&of.certificate, &error))?;
        let certificate = certificates.into_iter().next();
        let certificate = certificate.ok_or_else(|| unusable(&of.certificate, &"holds no certificate"))?;
        let (from, until) = certificate.validity();
        let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        if !(from..=until).contains(&now) {
            return Err(unusable(&of.certificate, &"does not hold today, so nothing can be signed with it"));
        }
        let purpose = Purpose::from_code(MODIFICATION);
        let signer = Signer::new(key, certificate, MacAlgorithm::Sha256, None, purpose);
        Ok(Self(signer.map_err(|error| unusable(&of.certificate, &error))?))
    }

    /// Signs a result that was made, into a place beside it; what fails leaves nothing of it.
    pub(crate) fn sign(&self, vault: &Vault, made: &Quarantined) -> Result<Quarantined, NotSigned> {
        let other = |error| NotSigned::Io(io::Error::other(error));
        let mut source =
            Reread::new(|| vault.get_quarantined(made.id).map(|(_, reader)| reader)).map_err(other)?;
        let mut put = vault.quarantine("a result that is being made", "").map_err(other)?;
        self.0.object(&mut source, &[], Timestamp::now(), &mut put)?;
        put.finish().map_err(other)
    }
}

/// SHA-256 of a result as it was before it was signed.
pub(crate) fn unsigned_digest(vault: &Vault, object: &ObjectId) -> Result<[u8; 32], NotSigned> {
    let mut source =
        Reread::new(|| vault.get(object)).map_err(|error| NotSigned::Io(io::Error::other(error)))?;
    let mut scanner = Scanner::new(&limits());
    let data_set = scanner.scan(&mut source)?;
    let mut edits = Edits::new();
    for tag in [MAC_PARAMETERS, SIGNATURES] {
        if let Some((index, _)) = data_set.find(None, tag) {
            edits.remove(index);
        }
    }
    let mut digest = Digested(Sha256::new());
    let start = data_set.span().0;
    // Preamble and file meta information are as they were.
    source.rewind()?;
    io::copy(&mut Read::take(&mut source, start), &mut digest)?;
    write(data_set, &mut source, &edits, None, &mut digest)?;
    Ok(digest.0.finalize().into())
}

/// What is written, as its digest alone.
struct Digested(Sha256);

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
