//! TLS of the ward (BCP 195, PS3.15 section B.12): mutual, pinned, with revocation lists that must be fresh.

use crate::configuration::Configuration;
use crate::decision::Door;
use crate::revocation::Revocation;
use medward_file::kinds::WardLayer;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why TLS cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct TlsError {
    path: String,
    reason: String,
}

#[allow(clippy::needless_pass_by_value, reason = "errors are handed on as they come")]
fn unusable(path: &Path, reason: impl ToString) -> TlsError {
    TlsError { path: path.display().to_string(), reason: reason.to_string() }
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn fingerprint(certificate: &[u8]) -> String {
    Sha256::digest(certificate).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = std::fs::read(path).map_err(|error| unusable(path, error))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| unusable(path, error))?;
    if found.is_empty() { Err(unusable(path, "holds no certificate in PEM")) } else { Ok(found) }
}

fn roots(path: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unusable(path, error))?;
    }
    Ok(Arc::new(roots))
}

/// A private key that only its owner can read.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read_secret(path)?;
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| unusable(path, error))
}

/// A file that only its owner can read; wiped when dropped.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, TlsError> {
    let mode = std::fs::metadata(path).map_err(|error| unusable(path, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(unusable(path, "is open to other users of this machine: chmod 600 it"));
    }
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unusable(path, error))
}

/// Chain, validity and revocation of who calls; without a list that is fresh nobody passes. Where it is optional, one who shows
/// no certificate passes too.
fn verifier_of_clients(
    roots: Arc<RootCertStore>,
    lists: Vec<CertificateRevocationListDer<'static>>,
    is_optional: bool,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    let builder = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .with_crls(lists)
        .only_check_end_entity_revocation()
        .enforce_revocation_expiration();
    if is_optional { builder.allow_unauthenticated().build() } else { builder.build() }
}

/// Chain, validity and name of who is called.
fn verifier_of_servers(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(roots, provider()).build()
}

/// What a listener speaks. With the transport layer off, anybody gets a handshake.
pub(crate) fn server(
    door: Door,
    configuration: &Configuration,
    revocation: &Revocation,
) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(&configuration.certificate)?;
    let key = private_key(&configuration.key)?;
    let is_on = configuration.is_on(WardLayer::Transport);
    let needs_1_2 = !is_on || configuration.senders.iter().any(|sender| sender.may_use_tls_1_2);
    let versions: &[_] = if needs_1_2 {
        &[&rustls::version::TLS13, &rustls::version::TLS12]
    } else {
        &[&rustls::version::TLS13]
    };
    let verifier: Arc<dyn ClientCertVerifier> = if is_on {
        let is_optional = door == Door::Web && configuration.is_token_enough_for_any();
        let inner = verifier_of_clients(roots(&configuration.trust)?, revocation.lists(), is_optional);
        let inner = inner.map_err(|error| unusable(&configuration.trust, error))?;
        let pinned = configuration.senders.iter().flat_map(|sender| sender.certificates.iter().cloned());
        Arc::new(Pinned { inner, pinned: pinned.collect() })
    } else {
        Arc::new(Anybody(provider()))
    };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|error| unusable(&configuration.certificate, error))?
        .with_client_cert_verifier(verifier);
    let mut server =
        builder.with_single_cert(chain, key).map_err(|error| unusable(&configuration.certificate, error))?;
    // No resumption: a ticket would outlive the revocation of the certificate it came from.
    server.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    server.max_early_data_size = 0;
    if door == Door::Web {
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    Ok(Arc::new(server))
}

/// How a server is spoken to, and the name its certificate must have.
pub(crate) fn client(
    configuration: &Configuration,
    server_name: &str,
    trust: &Path,
) -> Result<(Arc<ClientConfig>, ServerName<'static>), TlsError> {
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|error| unusable(Path::new(server_name), error))?;
    let client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| unusable(trust, error))?
        .with_webpki_verifier(verifier_of_servers(roots(trust)?).map_err(|error| unusable(trust, error))?)
        .with_client_auth_cert(certificates(&configuration.certificate)?, private_key(&configuration.key)?)
        .map_err(|error| unusable(&configuration.certificate, error))?;
    Ok((Arc::new(client), name))
}

/// Takes certificates that verify and that the file names.
#[derive(Debug)]
struct Pinned {
    inner: Arc<dyn ClientCertVerifier>,
    pinned: BTreeSet<String>,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        if self.pinned.contains(&fingerprint(end_entity)) {
            Ok(verified)
        } else {
            Err(Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// With the transport layer off by a waiver: certificates are asked for and shown to the other layers, none is refused here.
/// That the peer has the key of the certificate is still proven.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod limbo;
