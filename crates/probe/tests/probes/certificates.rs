//! An authority of the test's own, with certificates for servers and clients.

use crate::bench::Bench;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// When the certificates begin and the clock of the tests stands.
pub const NOW: &str = "2030-06-01T00:00:00Z";

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

pub struct Issued {
    pub certificate: CertificateDer<'static>,
    pub certificate_pem: String,
    pub key_pem: String,
    key_der: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// A certificate for `name`, valid until a day.
    pub fn issue(&self, name: &str, until: (i32, u8, u8)) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
        }
    }

    /// A bench whose clock stands at [`NOW`], with `ca.pem`, `client.pem` and `client.key`.
    pub fn bench(&self) -> Bench {
        let bench = Bench::new().at(NOW);
        let client = self.issue("probe.test", (2035, 1, 1));
        bench.write("ca.pem", self.issuer.as_ref().pem());
        bench.write("client.pem", client.certificate_pem);
        bench.write("client.key", client.key_pem);
        bench
    }

    /// Accepts any certificate of this authority; those without are turned away or let in.
    pub fn config(
        &self,
        issued: &Issued,
        versions: &[&'static SupportedProtocolVersion],
        clients: Clients,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.as_ref().der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let builder = match clients {
            Clients::Any => builder.with_no_client_auth(),
            Clients::Asked => {
                builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
            }
            Clients::Certified => builder.with_client_cert_verifier(verifier.build().unwrap()),
        };
        let key = PrivateKeyDer::Pkcs8(issued.key_der.clone().into());
        Arc::new(builder.with_single_cert(vec![issued.certificate.clone()], key).unwrap())
    }
}

#[derive(Clone, Copy)]
pub enum Clients {
    Any,
    Asked,
    Certified,
}

/// Serves every connection on a thread of its own and gives back its address.
pub fn serve(each: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            std::thread::spawn(move || each(stream));
        }
    });
    address
}

/// Serves TLS; `each` speaks inside.
pub fn serve_tls(
    config: Arc<ServerConfig>,
    each: impl Fn(&mut dyn Stream) + Clone + Send + 'static,
) -> String {
    serve(move |mut socket| {
        let Ok(mut connection) = rustls::ServerConnection::new(config.clone()) else { return };
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket).is_err() {
                // The alert goes out before the socket is closed.
                let _ = connection.complete_io(&mut socket);
                return;
            }
        }
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        each(&mut stream);
    })
}

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Reads until the peer has enough.
pub fn listen(stream: &mut dyn Stream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer) {}
}
