//! One connection from its first byte to its last: handshake, association, operations; each asked of all layers.

use crate::configuration::Configuration;
use crate::decision::{Asked, Moment, Peer, Refusal, Secured, Wanted, sender_by_title};
use crate::intake;
use crate::keep::Keep;
use crate::layers::Layers;
use crate::tls::fingerprint;
use crate::watch::Watch;
use medward_file::kinds::WardLayer;
use medward_upper_layer::{
    Answer, Association, ContextResult, Limits, LinkError, Operation, Pending, QuickAck, Rejection,
    VERIFICATION, await_request,
};
use rustls::ServerConfig;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
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

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) layers: Arc<Layers>,
    pub(crate) keep: Arc<Keep>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) tls: RwLock<Arc<ServerConfig>>,
    pub(crate) associations: Arc<Semaphore>,
    pub(crate) by_sender: Mutex<HashMap<String, usize>>,
}

/// One association of a sender, counted until it is dropped.
struct Counted<'s>(&'s Service, String);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut counts = self.0.by_sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Service {
    /// Serves a connection to its end.
    pub(crate) async fn serve(self: Arc<Self>, stream: TcpStream, mut peer: Peer) {
        if let Err(refusal) = self.layers.decide(&Moment::Connection(&peer)) {
            // Nothing was read, and not a byte is answered.
            return self.refused(refusal, None).await;
        }
        let Ok(stream) = QuickAck::new(stream) else { return };
        if !self.configuration.is_on(WardLayer::Transport) && !begins_with_tls(&stream).await {
            // Plain: it gets as far as the other layers let it.
            return self.shaken(stream, peer).await;
        }
        let acceptor =
            TlsAcceptor::from(Arc::clone(&self.tls.read().unwrap_or_else(PoisonError::into_inner)));
        let stream = match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) => {
                return self.refused(Refusal::new(WardLayer::Transport, "handshake-failed"), None).await;
            }
            Err(_) => {
                return self.refused(Refusal::new(WardLayer::Transport, "handshake-too-slow"), None).await;
            }
        };
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first).map(|first| first.to_vec());
        peer.secured = Some(Secured {
            is_tls_1_3: session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3),
            fingerprint: certificate.as_deref().map(fingerprint).unwrap_or_default(),
            certificate,
        });
        self.shaken(stream, peer).await;
    }

    async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(self: Arc<Self>, stream: S, peer: Peer) {
        if let Err(refusal) = self.layers.decide(&Moment::Handshake(&peer)) {
            return self.refused(refusal, None).await;
        }
        let bounds = self.configuration.bounds;
        let limits = Limits { idle: bounds.idle, total: bounds.association, ..Limits::default() };
        let Ok(pending) = await_request(stream, limits).await else { return };
        let asked = Asked {
            calling: pending.request().calling.clone(),
            called: pending.request().called.clone(),
            peer,
        };
        if let Err(refusal) = self.layers.decide(&Moment::Association(&asked)) {
            let rejection = rejection(&refusal);
            let sender =
                sender_by_title(&self.configuration.senders, &asked.calling).map(|one| one.id.clone());
            self.refused(refusal, sender).await;
            let _ = pending.reject(rejection).await;
            return;
        }
        let Ok(_one) = Arc::clone(&self.associations).try_acquire_owned() else {
            let _ = pending.reject(Rejection::LOCAL_LIMIT).await;
            return;
        };
        let Some(counted) = self.count(&asked) else {
            let _ = pending.reject(Rejection::LOCAL_LIMIT).await;
            return;
        };
        // How an association ends is between the peers; what came of its objects was written down one by one.
        let _ = self.associated(pending, &asked, &counted.1).await;
    }

    /// Counts an association of a sender; `None` where it has all that it may have.
    fn count(&self, asked: &Asked) -> Option<Counted<'_>> {
        let sender = sender_by_title(&self.configuration.senders, &asked.calling);
        let (id, most) =
            sender.map_or((String::new(), usize::MAX), |one| (one.id.clone(), one.associations_max));
        let mut counts = self.by_sender.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted(self, id))
    }

    /// Answers to the contexts: what may be stored by all layers, in the first transfer syntax that is taken.
    fn contexts<S>(&self, pending: &Pending<S>, asked: &Asked) -> Vec<ContextResult>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let answer = |context: &medward_upper_layer::Context| {
            let class = &context.abstract_syntax;
            let syntax = if class.as_str() == VERIFICATION {
                let may = self.layers.decide(&Moment::Operation(asked, &Wanted::Echo)).is_ok();
                context.transfer_syntaxes.first().filter(|_| may)
            } else {
                context.transfer_syntaxes.iter().find(|syntax| {
                    self.layers.decide(&Moment::Operation(asked, &Wanted::Store(class, syntax))).is_ok()
                })
            };
            let classes = self.configuration.classes_of(&asked.calling);
            let refused = if class.as_str() == VERIFICATION || classes.contains(class) {
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
        pending.request().contexts.iter().map(answer).collect()
    }

    async fn associated<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        pending: Pending<S>,
        asked: &Asked,
        sender: &str,
    ) -> Result<(), LinkError> {
        let results = self.contexts(&pending, asked);
        let mut association = pending.accept(results).await?;
        while let Some(message) = association.next().await? {
            let is_request = !message.command.is_response();
            match message.command.operation() {
                Operation::Echo if is_request => self.echo(&mut association, &message, asked, sender).await?,
                Operation::Store if is_request && message.command.has_data_set() => {
                    let most = self.configuration.bounds.object_bytes_max;
                    let taken = intake::take(
                        &mut association,
                        &message,
                        asked,
                        sender,
                        &self.layers,
                        &self.keep,
                        most,
                    );
                    let done = match taken.await {
                        Ok(done) => done,
                        Err(error) => {
                            association.abort().await;
                            return Err(error);
                        }
                    };
                    let ends = done.refusal.as_ref().is_some_and(ends_association);
                    if let Some(refusal) = done.refusal {
                        self.refused(refusal, Some(sender.to_owned())).await;
                    }
                    if ends {
                        association.abort().await;
                        return Ok(());
                    }
                    association.respond(&message, done.status, done.comment.as_deref()).await?;
                }
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
                self.refused(refusal, Some(sender.to_owned())).await;
                NOT_AUTHORIZED
            }
        };
        association.respond(message, status, None).await
    }

    /// Writes a refusal down. A ledger that cannot be written changes nothing about a refusal.
    async fn refused(&self, refusal: Refusal, sender: Option<String>) {
        let watch = Arc::clone(&self.watch);
        let _ = tokio::task::spawn_blocking(move || watch.refused(&refusal, sender.as_deref())).await;
    }
}

/// Whoever is no longer who it was when the association began has nothing more to say on it.
fn ends_association(refusal: &Refusal) -> bool {
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

/// Looks at the first byte without taking it.
async fn begins_with_tls(stream: &QuickAck) -> bool {
    let mut first = [0];
    let peeked = timeout(HANDSHAKE, stream.get_ref().peek(&mut first)).await;
    matches!(peeked, Ok(Ok(1))) && first == [TLS_HANDSHAKE]
}
