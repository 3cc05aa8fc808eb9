//! One connection from its first byte to its last: handshake, association, operations; each asked of all layers.

use crate::configuration::Configuration;
use crate::decision::{Asked, Door, Moment, Peer, Refusal, Secured, Wanted, sender_by_title};
use crate::intake;
use crate::issuer::Issuer;
use crate::keep::Keep;
use crate::layers::Layers;
use crate::retrieve::{self, Request, Retrieval, Takes};
use crate::revocation::Revocation;
use crate::tls::{self, TlsError, fingerprint};
use crate::tokens::Tokens;
use crate::traces::Name;
use crate::watch::Watch;
use crate::web;
use medward_file::kinds::WardLayer;
use medward_upper_layer::{
    Answer, AssociateRequest, Association, Context, ContextResult, Limits, LinkError, Operation, Pending,
    QuickAck, Rejection, Role, Uid, VERIFICATION, await_request,
};
use rustls::ServerConfig;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// For the handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// First byte of a TLS record that begins a handshake.
const TLS_HANDSHAKE: u8 = 22;
/// Status of a command that is not one of this node's (PS3.7 section C.5.24).
const UNRECOGNIZED: u16 = 0x0211;
/// Status of a C-ECHO that is not permitted.
const NOT_AUTHORIZED: u16 = 0x0124;

/// What is spoken at each door.
#[derive(Debug)]
pub(crate) struct Servers {
    association: Arc<ServerConfig>,
    web: Arc<ServerConfig>,
}

impl Servers {
    pub(crate) fn new(configuration: &Configuration, revocation: &Revocation) -> Result<Self, TlsError> {
        let at = |door| tls::server(door, configuration, revocation);
        Ok(Self { association: at(Door::Association)?, web: at(Door::Web)? })
    }
}

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) layers: Arc<Layers>,
    pub(crate) keep: Arc<Keep>,
    pub(crate) retrieval: Retrieval,
    pub(crate) watch: Arc<Watch>,
    pub(crate) tls: RwLock<Servers>,
    pub(crate) associations: Arc<Semaphore>,
    pub(crate) by_sender: Mutex<HashMap<String, usize>>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) issuer: Option<Issuer>,
    /// Whether it is told to stop.
    pub(crate) stopped: watch::Receiver<bool>,
}

/// One association or request of a sender, counted until it is dropped.
pub(crate) struct Counted {
    service: Arc<Service>,
    /// Record of the sender; empty where there is none.
    pub(crate) sender: String,
    _one: OwnedSemaphorePermit,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.service.by_sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.sender) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Service {
    /// Serves a connection to its end.
    pub(crate) async fn serve(self: Arc<Self>, stream: TcpStream, mut peer: Peer) {
        let at = peer.address;
        if let Err(refusal) = self.layers.decide(&Moment::Connection(&peer)) {
            // Nothing was read, and not a byte is answered.
            return self.refused(refusal, None, at).await;
        }
        let Ok(stream) = QuickAck::new(stream) else { return };
        if !self.configuration.is_on(WardLayer::Transport) && !begins_with_tls(&stream).await {
            // Plain: it gets as far as the other layers let it.
            return self.shaken(stream, peer).await;
        }
        let acceptor = {
            let servers = self.tls.read().unwrap_or_else(PoisonError::into_inner);
            let server = if peer.door == Door::Web { &servers.web } else { &servers.association };
            TlsAcceptor::from(Arc::clone(server))
        };
        let mut stream = match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) => {
                return self.refused(Refusal::new(WardLayer::Transport, "handshake-failed"), None, at).await;
            }
            Err(_) => {
                return self
                    .refused(Refusal::new(WardLayer::Transport, "handshake-too-slow"), None, at)
                    .await;
            }
        };
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first).map(|first| first.to_vec());
        let is_known = certificate.is_some();
        peer.secured = Some(Secured {
            is_tls_1_3: session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3),
            fingerprint: certificate.as_deref().map(fingerprint).unwrap_or_default(),
            certificate,
        });
        if is_known {
            stream.get_mut().0.gather();
        }
        self.shaken(stream, peer).await;
    }

    async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(self: Arc<Self>, stream: S, peer: Peer) {
        let at = peer.address;
        if let Err(refusal) = self.layers.decide(&Moment::Handshake(&peer)) {
            return self.refused(refusal, None, at).await;
        }
        if peer.door == Door::Web {
            return web::serve(self, stream, peer).await;
        }
        let bounds = self.configuration.bounds;
        let limits = Limits { idle: bounds.idle, total: bounds.association, ..Limits::default() };
        let Ok(pending) = await_request(stream, limits).await else { return };
        let asked = Asked {
            calling: pending.request().calling.clone(),
            called: pending.request().called.clone(),
            token: None,
            trace: None,
            peer,
        };
        if let Err(refusal) = self.layers.decide(&Moment::Association(&asked)) {
            let rejection = rejection(&refusal);
            let sender =
                sender_by_title(&self.configuration.senders, &asked.calling).map(|one| one.id.clone());
            self.refused(refusal, sender, asked.peer.address).await;
            let _ = pending.reject(rejection).await;
            return;
        }
        let Some(counted) = self.count(&asked) else {
            let _ = pending.reject(Rejection::LOCAL_LIMIT).await;
            return;
        };
        // How an association ends is between the peers; what came of its objects was written down one by one.
        let mut span = self.watch.span(Name::Association, None);
        span.record("medward.sender", &counted.sender);
        let asked = Asked { trace: span.context(), ..asked };
        let ended = self.associated(pending, &asked, &counted.sender).await;
        span.outcome(if ended.is_ok() { "released" } else { "broken-off" }, ended.is_ok());
    }

    /// Counts an association or request of a sender; `None` where it, or all together, have as many as they may have.
    pub(crate) fn count(self: &Arc<Self>, asked: &Asked) -> Option<Counted> {
        let one = Arc::clone(&self.associations).try_acquire_owned().ok()?;
        let sender = sender_by_title(&self.configuration.senders, &asked.calling);
        let (id, most) =
            sender.map_or((String::new(), usize::MAX), |one| (one.id.clone(), one.associations_max));
        let mut counts = self.by_sender.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        drop(counts);
        Some(Counted { service: Arc::clone(self), sender: id, _one: one })
    }

    /// Answers to the contexts: what all layers let be done, in the first transfer syntax that is taken.
    fn contexts(&self, request: &AssociateRequest, asked: &Asked) -> Vec<ContextResult> {
        let may = |wanted: &Wanted<'_>| self.layers.decide(&Moment::Operation(asked, wanted)).is_ok();
        let answer = |context: &Context| {
            let class = &context.abstract_syntax;
            let syntaxes = &context.transfer_syntaxes;
            let asks =
                if class.as_str() == VERIFICATION { Some(Wanted::Echo) } else { retrieve::wanted(class) };
            let syntax = match &asks {
                Some(wanted) => syntaxes.iter().find(|syntax| is_plain(syntax)).filter(|_| may(wanted)),
                None if self.is_taken(request, asked, class) => syntaxes
                    .iter()
                    .find(|syntax| is_plain(syntax) || self.configuration.transfer_syntaxes.contains(syntax)),
                None => syntaxes.iter().find(|syntax| may(&Wanted::Store(class, syntax))),
            };
            let refused = if asks.is_some() || self.configuration.classes_of(&asked.calling).contains(class) {
                Answer::TransferSyntaxesNotSupported
            } else {
                Answer::AbstractSyntaxNotSupported
            };
            ContextResult {
                id: context.id,
                answer: syntax.map_or(refused, |_| Answer::Accepted),
                transfer_syntax: syntax.cloned(),
            }
        };
        request.contexts.iter().map(answer).collect()
    }

    /// Whether the peer takes objects of a class by C-GET, which some ask for and only who retrieves is granted.
    fn is_taken(&self, request: &AssociateRequest, asked: &Asked, class: &Uid) -> bool {
        let is_asked = request.roles.iter().any(|role| role.sop_class == *class && role.is_provider);
        is_asked && self.configuration.retrieves(&asked.calling)
    }

    async fn associated<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        pending: Pending<S>,
        asked: &Asked,
        sender: &str,
    ) -> Result<(), LinkError> {
        let request = pending.request();
        let results = self.contexts(request, asked);
        let is_granted = |role: &&Role| self.is_taken(request, asked, &role.sop_class);
        let granted =
            request.roles.iter().filter(is_granted).map(|role| Role { is_user: false, ..role.clone() });
        let roles: Vec<_> = granted.collect();
        let takes = takes(request, &results, &roles);
        let mut association = pending.accept_in_roles(results, roles).await?;
        let mut room = Vec::new();
        while let Some(message) = association.next().await? {
            let is_request = !message.command.is_response();
            match message.command.operation() {
                Operation::Echo if is_request => self.echo(&mut association, &message, asked, sender).await?,
                Operation::Store if is_request && message.command.has_data_set() => {
                    let object = intake::take(&mut association, &message, self, asked, sender, &mut room);
                    let done = match object.await {
                        Ok(done) => done,
                        Err(error) => {
                            association.abort().await;
                            return Err(error);
                        }
                    };
                    let ends = done.refusal.as_ref().is_some_and(ends_association);
                    if let Some(refusal) = done.refusal {
                        self.refused(refusal, Some(sender.to_owned()), asked.peer.address).await;
                    }
                    if ends {
                        association.abort().await;
                        return Ok(());
                    }
                    association.respond(&message, done.status, done.comment.as_deref()).await?;
                }
                operation
                    if is_request
                        && retrieve::model(operation).is_some()
                        && message.command.has_data_set() =>
                {
                    let request = Request { message: &message, asked, sender, takes: &takes };
                    let answered = match self.retrieval.answer(&mut association, request).await {
                        Ok(answered) => answered,
                        Err(error) => {
                            association.abort().await;
                            return Err(error);
                        }
                    };
                    let ends = answered.as_ref().is_some_and(ends_association);
                    if let Some(refusal) = answered {
                        self.refused(refusal, Some(sender.to_owned()), asked.peer.address).await;
                    }
                    if ends {
                        association.abort().await;
                        return Ok(());
                    }
                }
                // What it is about was answered already.
                Operation::Cancel => {}
                _ if is_request => association.respond(&message, UNRECOGNIZED, None).await?,
                _ => {
                    association.abort().await;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn echo<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        association: &mut Association<S>,
        message: &medward_upper_layer::Message,
        asked: &Asked,
        sender: &str,
    ) -> Result<(), LinkError> {
        let status = match self.layers.decide(&Moment::Operation(asked, &Wanted::Echo)) {
            Ok(()) => 0,
            Err(refusal) => {
                self.refused(refusal, Some(sender.to_owned()), asked.peer.address).await;
                NOT_AUTHORIZED
            }
        };
        association.respond(message, status, None).await
    }

    /// Writes a refusal down. A ledger that cannot be written changes nothing about a refusal.
    pub(crate) async fn refused(&self, refusal: Refusal, sender: Option<String>, address: IpAddr) {
        let watch = Arc::clone(&self.watch);
        let write = move || watch.refused_from(&refusal, sender.as_deref(), Some(address));
        let _ = tokio::task::spawn_blocking(write).await;
    }
}

/// Whoever is no longer who it was when the association began has nothing more to say on it.
pub(crate) fn ends_association(refusal: &Refusal) -> bool {
    refusal.layer == WardLayer::Identity
}

/// How a refused association is told (PS3.8 table 9-21): which title, and nothing more to a stranger.
fn rejection(refusal: &Refusal) -> Rejection {
    match refusal.reason {
        "unknown-called-title" => Rejection::CALLED_TITLE,
        "no-policy-permits-it" | "policies-cannot-tell" => Rejection::NO_REASON,
        _ => Rejection::CALLING_TITLE,
    }
}

/// What every node speaks (PS3.5 section 10.1), and queries are asked in.
fn is_plain(syntax: &Uid) -> bool {
    matches!(syntax.as_str(), "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1")
}

/// Contexts on which the peer takes objects.
fn takes(request: &AssociateRequest, results: &[ContextResult], roles: &[Role]) -> Vec<Takes> {
    let granted = |context: &&Context| roles.iter().any(|role| role.sop_class == context.abstract_syntax);
    let taken = request.contexts.iter().filter(granted).filter_map(|context| {
        let result = results.iter().find(|result| result.id == context.id)?;
        let syntax = result.transfer_syntax.clone()?;
        Some(Takes { context: context.id, class: context.abstract_syntax.clone(), syntax })
    });
    taken.collect()
}

/// Looks at the first byte without taking it.
async fn begins_with_tls(stream: &QuickAck) -> bool {
    let mut first = [0];
    let peeked = timeout(HANDSHAKE, stream.get_ref().peek(&mut first)).await;
    matches!(peeked, Ok(Ok(1))) && first == [TLS_HANDSHAKE]
}
