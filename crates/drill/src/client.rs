//! A client that can be anybody: with any certificate or none, from any address of the loopback network, under any title.

use crate::certificate::{corrupted, foreign, new_key, self_signed};
use crate::{DrillError, Site, WARD};
use medward_upper_layer::{
    AssociateRequest, Association, Command, Context, Limits, LinkError, Operation, QuickAck, Role, Uid,
    VERIFICATION, request,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// CT Image Storage.
pub(crate) const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// Explicit VR little endian.
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// Study root information models (PS3.4 section C.6.2): query.
pub(crate) const FIND: &str = "1.2.840.10008.5.1.4.1.2.2.1";
/// Retrieval on to a third node.
pub(crate) const MOVE: &str = "1.2.840.10008.5.1.4.1.2.2.2";
/// Retrieval on the same association.
pub(crate) const GET: &str = "1.2.840.10008.5.1.4.1.2.2.3";

/// What a client shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Certificate and key of a name of the site.
    Of(&'static str),
    /// A certificate signed by itself in that name.
    SelfSigned(&'static str),
    /// A certificate of another authority in that name.
    Foreign(&'static str),
    /// The certificate of a name of the site, and a key that is not its own.
    WrongKey(&'static str),
    /// The certificate of a name of the site with one bit of its signature changed, and its key.
    Corrupted(&'static str),
    /// None.
    None,
}

/// A client of a ward that runs.
#[derive(Debug, Clone, Copy)]
pub struct Client<'s> {
    /// Where certificates are.
    pub site: &'s Site,
    /// The ward.
    pub ward: SocketAddr,
    /// What it shows.
    pub identity: Identity,
    /// Its title.
    pub title: &'s str,
    /// Where it comes from.
    pub source: &'s str,
    /// No newer version of TLS than 1.2.
    pub is_old: bool,
}

/// A stream that TLS is on.
pub(crate) type Tls = TlsStream<QuickAck>;

fn usage(error: impl std::fmt::Display) -> DrillError {
    DrillError::Site(error.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, DrillError> {
    std::fs::read(path).map_err(|source| DrillError::Io { path: path.to_path_buf(), source })
}

fn certificate(pem: &[u8]) -> Result<CertificateDer<'static>, DrillError> {
    CertificateDer::from_pem_slice(pem).map_err(usage)
}

impl<'s> Client<'s> {
    /// The sender about which everything is right.
    pub fn honest(site: &'s Site, ward: SocketAddr) -> Self {
        let (identity, title, source) = (Identity::Of("ct-1"), crate::CT_1, "127.0.0.1");
        Self { site, ward, identity, title, source, is_old: false }
    }

    /// The AI, about which everything is right as well.
    pub fn ai(site: &'s Site, ward: SocketAddr) -> Self {
        Self { identity: Identity::Of("ai-1"), title: crate::AI_1, ..Self::honest(site, ward) }
    }

    /// A TCP connection.
    pub(crate) async fn tcp(&self) -> std::io::Result<QuickAck> {
        let socket = TcpSocket::new_v4()?;
        if let Ok(source) = self.source.parse() {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        QuickAck::new(socket.connect(self.ward).await?)
    }

    fn config(&self) -> Result<Arc<ClientConfig>, DrillError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&read(&self.site.pki("ca.pem"))?) {
            roots.add(certificate.map_err(usage)?).map_err(usage)?;
        }
        let versions: &[_] = if self.is_old {
            &[&rustls::version::TLS12]
        } else {
            &[&rustls::version::TLS13, &rustls::version::TLS12]
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .map_err(usage)?
            .with_root_certificates(roots);
        let pem = |name: &str| read(&self.site.pki(&format!("{name}.pem")));
        let own_key = |name: &str| read(&self.site.pki(&format!("{name}.key")));
        let (certificate, key) = match self.identity {
            Identity::None => return Ok(Arc::new(builder.with_no_client_auth())),
            Identity::Of(name) => (certificate(&pem(name)?)?, own_key(name)?),
            Identity::SelfSigned(name) => self_signed(name)?,
            Identity::Foreign(name) => foreign(name)?,
            Identity::WrongKey(name) => (certificate(&pem(name)?)?, new_key()?),
            Identity::Corrupted(name) => (corrupted(&certificate(&pem(name)?)?), own_key(name)?),
        };
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(usage)?;
        let key = default_provider().key_provider.load_private_key(key).map_err(usage)?;
        // Shown as it is: the library would refuse a key that is not that of the certificate.
        let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
        Ok(Arc::new(builder.with_client_cert_resolver(Arc::new(shown))))
    }

    /// A TLS connection; `None` where the ward refuses it.
    pub(crate) async fn tls(&self) -> Result<Option<Tls>, DrillError> {
        let connector = TlsConnector::from(self.config()?);
        let name = ServerName::try_from("127.0.0.1").map_err(usage)?;
        let Ok(stream) = self.tcp().await else { return Ok(None) };
        let shaken = tokio::time::timeout(Duration::from_secs(10), connector.connect(name, stream)).await;
        Ok(shaken.ok().and_then(Result::ok))
    }

    pub(crate) fn asked(&self, called: &str, kinds: &[(&str, &str)]) -> Result<AssociateRequest, DrillError> {
        let uid = |text: &str| text.parse::<Uid>().map_err(usage);
        let mut contexts = Vec::new();
        for ((class, syntax), id) in kinds.iter().zip((1_u8..).step_by(2)) {
            contexts.push(Context {
                id,
                abstract_syntax: uid(class)?,
                transfer_syntaxes: vec![uid(syntax)?],
            });
        }
        Ok(AssociateRequest::new(
            self.title.parse().map_err(usage)?,
            called.parse().map_err(usage)?,
            contexts,
        ))
    }

    /// An association over TLS that may echo and store CT images; `None` where the ward refuses it.
    pub async fn associate(&self) -> Result<Option<Association<Tls>>, DrillError> {
        self.associate_for(WARD, &[(VERIFICATION, "1.2.840.10008.1.2"), (CT, EXPLICIT)]).await
    }

    pub(crate) async fn associate_for(
        &self,
        called: &str,
        kinds: &[(&str, &str)],
    ) -> Result<Option<Association<Tls>>, DrillError> {
        let Some(stream) = self.tls().await? else { return Ok(None) };
        match request(stream, &self.asked(called, kinds)?, limits()).await {
            Ok(association) => Ok(Some(association)),
            Err(LinkError::Unsendable(reason)) => Err(usage(reason)),
            Err(_) => Ok(None),
        }
    }

    /// Whether a C-ECHO is answered with success.
    pub async fn echo(&self) -> Result<bool, DrillError> {
        let Some(mut association) = self.associate().await? else { return Ok(false) };
        let status = association.echo(1).await;
        // The answer is what counts.
        let _ = association.release().await;
        Ok(status.is_ok_and(|status| status == 0))
    }

    /// Status of a C-STORE of a CT image under a SOP instance UID; `None` where it did not come to one.
    pub async fn store(&self, instance: &str, data_set: &[u8]) -> Result<Option<u16>, DrillError> {
        self.store_as(CT, instance, data_set).await
    }

    /// The same for an object of another class.
    pub async fn store_as(
        &self,
        class: &str,
        instance: &str,
        data_set: &[u8],
    ) -> Result<Option<u16>, DrillError> {
        let Some(mut association) = self.associate_for(WARD, &[(class, EXPLICIT)]).await? else {
            return Ok(None);
        };
        let (class, instance) = (class.parse().map_err(usage)?, instance.parse().map_err(usage)?);
        let mut source = data_set;
        let status = association.store(1, &class, &instance, &mut source, data_set.len() as u64).await;
        let status = status.ok();
        if status.is_some() {
            let _ = association.release().await;
        }
        Ok(status)
    }
}

/// What came of a query or retrieval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Status of the last answer; none where there was none.
    pub(crate) status: Option<u16>,
    /// Answers that had a data set, and objects that came.
    pub(crate) answers: u32,
    /// Their bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Client<'_> {
    async fn in_roles(
        &self,
        kinds: &[(&str, &str)],
        is_user: bool,
    ) -> Result<Option<Association<Tls>>, DrillError> {
        let Some(stream) = self.tls().await? else { return Ok(None) };
        let mut asked = self.asked(WARD, kinds)?;
        asked.roles = vec![Role { sop_class: CT.parse().map_err(usage)?, is_user, is_provider: true }];
        Ok(request(stream, &asked, limits()).await.ok())
    }

    /// Sends a CT image on a context on which this client said that it takes them.
    pub(crate) async fn store_as_taker(
        &self,
        instance: &str,
        data_set: &[u8],
    ) -> Result<Option<u16>, DrillError> {
        let Some(mut association) = self.in_roles(&[(CT, EXPLICIT)], true).await? else { return Ok(None) };
        let (class, instance) = (CT.parse().map_err(usage)?, instance.parse().map_err(usage)?);
        let mut source = data_set;
        let status = association.store(1, &class, &instance, &mut source, data_set.len() as u64).await;
        Ok(status.ok())
    }

    /// Asks by an information model for what an identifier says, in explicit VR little endian; takes CT images where they come.
    pub(crate) async fn ask(
        &self,
        model: &str,
        destination: &str,
        identifier: &[u8],
    ) -> Result<Found, DrillError> {
        let mut found = Found::default();
        let Some(mut association) = self.in_roles(&[(model, EXPLICIT), (CT, EXPLICIT)], false).await? else {
            return Ok(found);
        };
        let operation = match model {
            FIND => Operation::Find,
            GET => Operation::Get,
            _ => Operation::Move,
        };
        let (model, destination) = (model.parse().map_err(usage)?, destination.parse().ok());
        // An association that ends without an answer has told what it had to tell.
        let _ = association.query(1, operation, &model, destination.as_ref(), identifier).await;
        while let Ok(Some(message)) = association.next().await {
            while let Ok(Some(fragment)) = association.fragment().await {
                found.bytes.extend_from_slice(&fragment);
            }
            found.answers = found.answers.saturating_add(u32::from(message.command.has_data_set()));
            if message.command.operation() == Operation::Store {
                let _ = association.respond(&message, 0, None).await;
                continue;
            }
            found.status = message.command.status();
            if found.status != Some(Command::PENDING) {
                break;
            }
        }
        let _ = association.release().await;
        Ok(found)
    }
}

/// Bounds of the client's own waiting.
pub(crate) fn limits() -> Limits {
    let wait = Duration::from_secs(10);
    Limits { artim: Duration::from_secs(1), idle: wait, total: Duration::from_mins(1), ..Limits::default() }
}
