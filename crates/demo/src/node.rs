//! DICOM nodes that are not Medward's: who sends to the ward, and who receives from it, over mutual TLS.

use crate::DemoError;
use crate::data_set::Elements;
use medward_upper_layer::{
    Answer, AssociateRequest, Command, Context, ContextResult, Limits, Operation, QuickAck, Role, Uid,
    await_request, request,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Explicit VR little endian, which every object that is sent from here is in.
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// Implicit VR little endian, which a sender may insist on.
const IMPLICIT: &str = "1.2.840.10008.1.2";
/// CT Image Storage.
pub(crate) const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// Study Root Query/Retrieve Information Model, GET (PS3.4 section C.4.3).
const GET: &str = "1.2.840.10008.5.1.4.1.2.2.3";
/// What wrote a file (PS3.10 section 7.1); nobody else says so.
const IMPLEMENTATION_CLASS: &str = "1.2.826.0.1.3680043.9.7790.20";
/// Longest object that a node keeps in memory, in bytes.
const OBJECT_BYTES_MAX: usize = 64 << 20;

/// An object on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// SOP class UID.
    pub class: String,
    /// SOP instance UID.
    pub instance: String,
    /// UID of the transfer syntax of the data set.
    pub syntax: String,
    /// Data set.
    pub data_set: Vec<u8>,
}

impl Object {
    /// As a file (PS3.10 section 7.1).
    pub(crate) fn file(&self) -> Vec<u8> {
        let meta = Elements::default()
            .bytes(0x0002_0001, *b"OB", &[0, 1])
            .text(0x0002_0002, *b"UI", &self.class)
            .text(0x0002_0003, *b"UI", &self.instance)
            .text(0x0002_0010, *b"UI", &self.syntax)
            .text(0x0002_0012, *b"UI", IMPLEMENTATION_CLASS)
            .into_bytes();
        let length = u32::try_from(meta.len()).unwrap_or(u32::MAX);
        let length = Elements::default().longs(0x0002_0000, &[length]).into_bytes();
        [&[0; 128], b"DICM".as_slice(), &length, &meta, &self.data_set].concat()
    }
}

/// Certificate, key and title of a node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Directory of the authority.
    pub pki: PathBuf,
    /// Name of its certificate there.
    pub name: &'static str,
    /// AE title that it says.
    pub title: &'static str,
}

fn read(path: &Path) -> Result<Vec<u8>, DemoError> {
    std::fs::read(path).map_err(DemoError::io(path))
}

impl Node {
    fn roots(&self) -> Result<RootCertStore, DemoError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&read(&self.pki.join("ca.pem"))?) {
            roots.add(certificate.map_err(DemoError::played)?).map_err(DemoError::played)?;
        }
        Ok(roots)
    }

    fn identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), DemoError> {
        let chain = read(&self.pki.join(format!("{}.pem", self.name)))?;
        let key = read(&self.pki.join(format!("{}.key", self.name)))?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(DemoError::played)?;
        Ok((chain.map_err(DemoError::played)?, key))
    }

    /// Sends objects in one association; gives the status of each, or `None` where the association is refused.
    pub(crate) async fn send(
        &self,
        port: u16,
        called: &str,
        objects: &[Object],
    ) -> Result<Option<Vec<u16>>, DemoError> {
        let Ok(stream) = self.connect(port).await? else { return Ok(None) };
        let mut classes: Vec<&str> = objects.iter().map(|object| object.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut contexts = Vec::new();
        for (class, id) in classes.iter().zip((1_u8..).step_by(2)) {
            contexts.push(context(id, class)?);
        }
        let asked = self.asked(called, contexts.clone())?;
        let Ok(mut association) = request(stream, &asked, Limits::default()).await else { return Ok(None) };
        let mut statuses = Vec::new();
        for object in objects {
            let (class, instance) = (uid(&object.class)?, uid(&object.instance)?);
            let Some(context) = contexts.iter().find(|context| context.abstract_syntax == class) else {
                continue;
            };
            let mut data_set = object.data_set.as_slice();
            let bytes = object.data_set.len() as u64;
            match association.store(context.id, &class, &instance, &mut data_set, bytes).await {
                Ok(status) => statuses.push(status),
                Err(_) => return Ok(None),
            }
        }
        association.release().await.map_err(DemoError::played)?;
        Ok(Some(statuses))
    }

    /// Connects to a port; the inner error is that of the handshake, for whoever expects one.
    async fn connect(&self, port: u16) -> Result<std::io::Result<TlsStream<QuickAck>>, DemoError> {
        let connector = TlsConnector::from(Arc::new(self.client()?));
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(DemoError::Port)?;
        let stream = QuickAck::new(stream).map_err(DemoError::Port)?;
        let name = ServerName::try_from("127.0.0.1").map_err(DemoError::played)?;
        Ok(connector.connect(name, stream).await)
    }

    /// What it asks of whom it calls.
    fn asked(&self, called: &str, contexts: Vec<Context>) -> Result<AssociateRequest, DemoError> {
        let title = self.title.parse().map_err(DemoError::played)?;
        Ok(AssociateRequest::new(title, called.parse().map_err(DemoError::played)?, contexts))
    }

    fn client(&self) -> Result<ClientConfig, DemoError> {
        let (chain, key) = self.identity()?;
        ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(DemoError::played)?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(chain, key)
            .map_err(DemoError::played)
    }

    /// Fetches a study (C-GET, PS3.4 section C.4.3); gives how many objects came.
    pub(crate) async fn retrieve(&self, port: u16, called: &str, study: &str) -> Result<usize, DemoError> {
        let stream = self.connect(port).await?.map_err(DemoError::played)?;
        let mut asked = self.asked(called, vec![context(1, GET)?, context(3, CT)?])?;
        asked.roles = vec![Role { sop_class: uid(CT)?, is_user: false, is_provider: true }];
        let mut association = request(stream, &asked, Limits::default()).await.map_err(DemoError::played)?;
        let identifier =
            Elements::default().text(0x0008_0052, *b"CS", "STUDY").text(0x0020_000D, *b"UI", study);
        let identifier = identifier.into_bytes();
        let asked = association.query(1, Operation::Get, &uid(GET)?, None, &identifier).await;
        asked.map_err(DemoError::played)?;
        let mut came = 0_usize;
        while let Some(message) = association.next().await.map_err(DemoError::played)? {
            while association.fragment().await.map_err(DemoError::played)?.is_some() {}
            if message.command.operation() == Operation::Store {
                came += 1;
                association.respond(&message, 0, None).await.map_err(DemoError::played)?;
            } else if message.command.status() != Some(Command::PENDING) {
                break;
            }
        }
        association.release().await.map_err(DemoError::played)?;
        Ok(came)
    }

    /// What takes connections of others.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, DemoError> {
        Ok(TlsAcceptor::from(Arc::new(self.server()?)))
    }

    fn server(&self) -> Result<ServerConfig, DemoError> {
        let (chain, key) = self.identity()?;
        let provider = Arc::new(default_provider());
        let roots = Arc::new(self.roots()?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(DemoError::played)?
            .with_client_cert_verifier(verifier.map_err(DemoError::played)?)
            .with_single_cert(chain, key)
            .map_err(DemoError::played)
    }

    /// Takes every object that comes, until the task is dropped. What goes wrong with a peer is between the two.
    pub(crate) async fn serve(
        &self,
        listener: TcpListener,
        took: impl Fn(Object) + Clone + Send + Sync + 'static,
    ) -> Result<(), DemoError> {
        let acceptor = self.acceptor()?;
        loop {
            let (stream, _) = listener.accept().await.map_err(DemoError::Port)?;
            let (acceptor, took) = (acceptor.clone(), took.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(QuickAck::new(stream).ok()?).await.ok()?;
                let pending = await_request(stream, Limits::default()).await.ok()?;
                let results = pending.request().contexts.iter().map(accepted).collect();
                let mut association = pending.accept(results).await.ok()?;
                while let Some(message) = association.next().await.ok()? {
                    if message.command.operation() == Operation::Store {
                        let (class, instance) =
                            (message.command.sop_class().ok()?, message.command.sop_instance().ok()?);
                        let mut data_set = Vec::new();
                        while let Some(fragment) = association.fragment().await.ok()? {
                            if data_set.len().saturating_add(fragment.len()) > OBJECT_BYTES_MAX {
                                return None;
                            }
                            data_set.extend_from_slice(&fragment);
                        }
                        let (class, instance) = (class.as_str().to_owned(), instance.as_str().to_owned());
                        let syntax = message.transfer_syntax.as_str().to_owned();
                        took(Object { class, instance, syntax, data_set });
                    }
                    association.respond(&message, 0, None).await.ok()?;
                }
                Some(())
            });
        }
    }
}

/// Whatever is offered, as long as it is uncompressed.
fn accepted(context: &Context) -> ContextResult {
    let syntax =
        context.transfer_syntaxes.iter().find(|syntax| [EXPLICIT, IMPLICIT].contains(&syntax.as_str()));
    let answer = if syntax.is_some() { Answer::Accepted } else { Answer::TransferSyntaxesNotSupported };
    ContextResult { id: context.id, answer, transfer_syntax: syntax.cloned() }
}

/// A class, uncompressed.
fn context(id: u8, class: &str) -> Result<Context, DemoError> {
    Ok(Context { id, abstract_syntax: uid(class)?, transfer_syntaxes: vec![uid(EXPLICIT)?] })
}

fn uid(text: &str) -> Result<Uid, DemoError> {
    text.parse().map_err(DemoError::played)
}
