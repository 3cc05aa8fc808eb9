//! TLS as a client, for the probes that speak it. Nothing here runs, and no cryptography starts, before one of them does.

use crate::{Context, Fault};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, StreamOwned,
};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Longest wait for one step of a handshake.
const WAIT: Duration = Duration::from_secs(5);

/// The one provider. Its first random bytes cost some 100 ms, so it starts with the first TLS connection.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())))
}

/// Who the client says it is.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody.
    None,
    /// The holder of a certificate and key, as paths of PEM files.
    Files(String, String),
    /// Someone with a certificate nobody issued.
    Impostor,
}

/// The server as it is configured.
#[derive(Debug, Clone)]
pub struct Server {
    /// `host:port`.
    pub target: String,
    /// The name its certificate must carry.
    pub name: String,
    /// PEM file of authorities; those of the system where absent.
    pub trust: Option<String>,
}

impl Server {
    /// A server whose name is its host where no other is given.
    pub fn new(target: String, name: Option<String>, trust: Option<String>) -> Self {
        let host = target.rsplit_once(':').map_or(target.as_str(), |(host, _)| host);
        let name = name.unwrap_or_else(|| host.trim_matches(['[', ']']).to_owned());
        Self { target, name, trust }
    }
}

/// What a handshake showed, whether or not it came to an end.
#[derive(Debug, Default)]
pub struct Shown {
    /// The chain the server sent, its own certificate first.
    pub chain: Mutex<Vec<CertificateDer<'static>>>,
    /// Whether it asked for a client certificate.
    pub asked: AtomicBool,
}

impl Shown {
    /// The chain the server sent.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it asked for a client certificate.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// How a handshake ended.
pub enum Shaken {
    /// Both sides agree.
    Done(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// One side refused.
    Refused(Error),
    /// The server broke off without a word.
    Closed(String),
}

/// The authorities to trust.
pub fn authorities(context: &Context, trust: Option<&str>) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let (found, from) = match trust {
        Some(path) => {
            let parsed: Result<Vec<_>, _> = CertificateDer::pem_file_iter(context.path(path))
                .map_err(|error| Fault::unreadable(path, &error))?
                .collect();
            (parsed.map_err(|error| Fault::unintelligible(path, &error))?, path)
        }
        None => (rustls_native_certs::load_native_certs().certs, "the authorities of the system"),
    };
    if found.is_empty() {
        return Err(Fault::Empty { what: format!("no certificate in {from}") });
    }
    Ok(found)
}

#[derive(Debug)]
struct At(UnixTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

#[derive(Debug)]
struct Watching {
    inner: Arc<WebPkiServerVerifier>,
    shown: Arc<Shown>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).cloned().map(CertificateDer::into_owned);
        *self.shown.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain.collect();
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

#[derive(Debug)]
struct Presenting {
    key: Option<Arc<CertifiedKey>>,
    shown: Arc<Shown>,
}

impl ResolvesClientCert for Presenting {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.shown.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

fn certified(context: &Context, identity: &Identity) -> Result<Option<Arc<CertifiedKey>>, Fault> {
    let (chain, key) = match identity {
        Identity::None => return Ok(None),
        Identity::Files(certificate, key) => {
            let chain = authorities(context, Some(certificate))?;
            let key = PrivateKeyDer::from_pem_file(context.path(key))
                .map_err(|error| Fault::unreadable(key.as_str(), &error))?;
            (chain, key)
        }
        Identity::Impostor => {
            let broke = |error: rcgen::Error| Fault::unintelligible("a certificate made here", &error);
            let names = vec!["medward-probe-impostor.invalid".to_owned()];
            let made = rcgen::generate_simple_self_signed(names).map_err(broke)?;
            (vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()))
        }
    };
    let certified = CertifiedKey::from_der(chain, key, &provider());
    certified
        .map(|key| Some(Arc::new(key)))
        .map_err(|error| Fault::unintelligible("the client's key", &error))
}

fn config(
    context: &Context,
    server: &Server,
    identity: &Identity,
    shown: &Arc<Shown>,
) -> Result<ClientConfig, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities(context, server.trust.as_deref())?);
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Fault::unintelligible("the authorities", &error))?;
    let seconds = u64::try_from(context.now().as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let key = certified(context, identity)?;
    let config = ClientConfig::builder_with_details(provider(), Arc::new(At(now)))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::unintelligible("the versions of TLS", &error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Watching { inner, shown: Arc::clone(shown) }))
        .with_client_cert_resolver(Arc::new(Presenting { key, shown: Arc::clone(shown) }));
    Ok(config)
}

/// A handshake, to its end or to the refusal of either side.
pub fn shake(context: &Context, server: &Server, identity: &Identity) -> Result<(Shaken, Arc<Shown>), Fault> {
    let shown = Arc::new(Shown::default());
    let config = config(context, server, identity, &shown)?;
    let name = ServerName::try_from(server.name.clone())
        .map_err(|error| Fault::unintelligible(format!("the server name {}", server.name), &error))?;
    let connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| Fault::unintelligible("the TLS configuration", &error))?;
    let socket = context.connect(&server.target, WAIT)?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        if let Some(ended) = step(context, &mut stream, WAIT)? {
            return Ok((ended, shown));
        }
    }
    // The last flight may still be unsent.
    while stream.conn.wants_write() {
        if stream.conn.write_tls(&mut stream.sock).is_err() {
            return Ok((Shaken::Closed("connection broke".to_owned()), shown));
        }
    }
    Ok((Shaken::Done(Box::new(stream)), shown))
}

fn step(
    context: &Context,
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    most: Duration,
) -> Result<Option<Shaken>, Fault> {
    let left = context.deadline.left_at_most(most)?;
    let timeouts = stream.sock.set_read_timeout(Some(left)).and(stream.sock.set_write_timeout(Some(left)));
    timeouts.map_err(|error| Fault::unreachable("the server", &error))?;
    let moved = if stream.conn.wants_write() {
        stream.conn.write_tls(&mut stream.sock)
    } else {
        stream.conn.read_tls(&mut stream.sock)
    };
    match moved {
        Ok(0) => return Ok(Some(Shaken::Closed("connection closed without a word".to_owned()))),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            return Err(Fault::TimedOut);
        }
        Err(error) => return Ok(Some(Shaken::Closed(error.to_string()))),
    }
    if let Err(error) = stream.conn.process_new_packets() {
        // Tells the server why, as RFC 8446 section 6 asks.
        let _ = stream.conn.write_tls(&mut stream.sock);
        return Ok(Some(Shaken::Refused(error)));
    }
    Ok(None)
}

/// How long a server of TLS 1.3 has to object after the client already thinks the handshake done.
const AFTERTHOUGHT: Duration = Duration::from_millis(1500);

/// What the server makes of the client's certificate, or of its absence, once the client is done.
pub fn afterthought(context: &Context, shaken: Shaken) -> Result<Shaken, Fault> {
    let Shaken::Done(mut stream) = shaken else { return Ok(shaken) };
    let until = crate::Deadline::after(AFTERTHOUGHT);
    loop {
        let Ok(left) = until.left() else { return Ok(Shaken::Done(stream)) };
        match step(context, &mut stream, left) {
            Ok(None) => {}
            Ok(Some(ended)) => return Ok(ended),
            // Silence: it has no objection. When the whole probe is out of time, that is said instead.
            Err(Fault::TimedOut) => {
                context.deadline.left()?;
                return Ok(Shaken::Done(stream));
            }
            Err(fault) => return Err(fault),
        }
    }
}
