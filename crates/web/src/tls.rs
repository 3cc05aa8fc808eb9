//! The certificate of the dashboard: the maker's own, or one made for trying out on this machine.

use crate::WebError;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What TLS is spoken with. Without files a certificate is made, for loopback alone: nobody could tell it from that of an attacker.
pub(crate) fn configuration(
    files: Option<&(PathBuf, PathBuf)>,
    address: IpAddr,
) -> Result<Arc<ServerConfig>, WebError> {
    let (chain, key) = match files {
        Some((chain, key)) => read(chain, key)?,
        None if address.is_loopback() => made()?,
        None => return Err(WebError::NotLoopback(address)),
    };
    let unusable = |error: rustls::Error| WebError::Certificate(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut configuration =
        builder.map_err(unusable)?.with_no_client_auth().with_single_cert(chain, key).map_err(unusable)?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

type Certified = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(chain: &Path, key: &Path) -> Result<Certified, WebError> {
    let unusable = |path: &Path, error: rustls_pki_types::pem::Error| {
        WebError::Certificate(format!("`{}`: {error}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(chain, error))?;
    Ok((certificates, PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?))
}

fn made() -> Result<Certified, WebError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names);
    let made = made.map_err(|error| WebError::Certificate(error.to_string()))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let key = key.map_err(|error| WebError::Certificate(error.to_owned()))?;
    Ok((vec![made.cert.der().clone()], key))
}
