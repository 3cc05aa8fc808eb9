//! One transport connection driven by the state table: PDUs in, actions out; it knows nothing of messages.

use crate::negotiation::{Accept, AssociateRequest};
use crate::pdu::{self, Abort, HEADER_BYTES, Header, Kind, Reason, Rejection};
use crate::state::{Action, Event, State, transition};
use crate::{Limits, LinkError};
use bytes::{Buf as _, Bytes, BytesMut};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

/// Room for reading before an association is established: a peer that is not known yet costs little.
const STRANGER_BYTES: usize = 2 << 10;
/// Room afterwards: the system is asked less often.
const ESTABLISHED_BYTES: usize = 64 << 10;

/// What came.
#[derive(Debug)]
pub(crate) enum Body {
    Request(AssociateRequest),
    Accept(Accept),
    Reject(Rejection),
    Data(Bytes),
    None,
}

/// One event from outside, before the table has seen it.
enum Arrived {
    Pdu(Event, Body),
    Aborted(Abort),
    Invalid(&'static str, Reason),
    Closed,
    Late,
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    state: State,
    is_requestor: bool,
    pub(crate) limits: Limits,
    inbox: BytesMut,
    /// Where the next PDU begins can no longer be told.
    is_out_of_step: bool,
    /// End of the association as a whole.
    total: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Over an open transport connection: an acceptor in Sta2, a requestor in Sta4.
    pub(crate) fn new(stream: S, is_requestor: bool, limits: Limits) -> Self {
        let mut connection = Self {
            stream,
            state: State::Idle,
            is_requestor,
            limits,
            inbox: BytesMut::new(),
            is_out_of_step: false,
            total: Instant::now() + limits.total,
        };
        connection.apply(if is_requestor { Event::LocalRequest } else { Event::TransportCame });
        connection
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    #[cfg(test)]
    pub(crate) fn put_into(&mut self, state: State) {
        self.state = state;
    }

    /// Takes the transition of an event, if there is one.
    pub(crate) fn apply(&mut self, event: Event) -> Option<Action> {
        let action = transition(self.state, event)?;
        self.state = action.leads_to(self.is_requestor);
        Some(action)
    }

    /// The next event from outside. Whatever ends the association comes back as an error, with the peer told as the table says.
    pub(crate) async fn receive(&mut self) -> Result<(Action, Body), LinkError> {
        let patience =
            if self.state == State::AwaitingRequest { self.limits.artim } else { self.limits.idle };
        let deadline = self.total.min(Instant::now() + patience);
        let arrived = self.arrive(deadline).await;
        self.settle(arrived).await
    }

    /// What has come already although it was this side's turn.
    pub(crate) async fn ahead_of_turn(&mut self) -> Result<(), LinkError> {
        let arrived = timeout(Duration::ZERO, self.read_pdu()).await;
        match arrived {
            Err(_) => Ok(()),
            Ok(Ok(arrived)) => match self.settle(arrived).await {
                Ok(_) => Err(LinkError::Violation("a PDU came out of turn")),
                Err(error) => Err(error),
            },
            Ok(Err(error)) => {
                self.apply(Event::TransportClosed);
                Err(error.into())
            }
        }
    }

    async fn settle(&mut self, arrived: Arrived) -> Result<(Action, Body), LinkError> {
        let (event, body, (problem, reason)) = match arrived {
            Arrived::Pdu(event, body) => {
                (event, body, ("a PDU that has no place here", Reason::UnexpectedPdu))
            }
            Arrived::Invalid(problem, reason) => (Event::Invalid, Body::None, (problem, reason)),
            Arrived::Aborted(abort) => {
                self.apply(Event::Aborted);
                self.close().await;
                return Err(LinkError::Aborted(abort));
            }
            Arrived::Closed => {
                self.apply(Event::TransportClosed);
                return Err(LinkError::Closed);
            }
            Arrived::Late => return Err(self.late().await),
        };
        match self.apply(event) {
            Some(Action::Aa1) => Err(self.break_off(Abort::USER, problem).await),
            Some(Action::Aa8) | None => Err(self.break_off(Abort::provider(reason), problem).await),
            Some(action) => Ok((action, body)),
        }
    }

    async fn late(&mut self) -> LinkError {
        if self.state == State::AwaitingRequest {
            self.apply(Event::Expired);
            self.close().await;
            return LinkError::Late("the A-ASSOCIATE-RQ");
        }
        let is_total = Instant::now() >= self.total;
        self.abort(Abort::USER).await;
        LinkError::Late(if is_total { "the association" } else { "the next PDU" })
    }

    async fn break_off(&mut self, abort: Abort, problem: &'static str) -> LinkError {
        self.state = State::AwaitingClose;
        // The peer may be gone; that it broke the protocol is the answer all the same.
        let _ = self.send(&abort.bytes()).await;
        self.wind_down().await;
        LinkError::Violation(problem)
    }

    /// Ends the association from this side, wherever it stands.
    pub(crate) async fn abort(&mut self, abort: Abort) {
        match self.apply(Event::LocalAbort) {
            Some(Action::Aa1) => {
                let _ = self.send(&abort.bytes()).await;
                self.wind_down().await;
            }
            _ => self.close().await,
        }
    }

    /// Sta13: waits until the peer closes or ARTIM expires, answering as the table says.
    pub(crate) async fn wind_down(&mut self) {
        let artim = Instant::now() + self.limits.artim;
        while self.state == State::AwaitingClose {
            let event = match self.arrive(artim).await {
                Arrived::Pdu(event, _) => event,
                Arrived::Aborted(_) => Event::Aborted,
                Arrived::Invalid(..) => Event::Invalid,
                Arrived::Closed => Event::TransportClosed,
                Arrived::Late => Event::Expired,
            };
            let action = self.apply(event);
            let is_sent = action != Some(Action::Aa7)
                || self.send(&Abort::provider(Reason::UnexpectedPdu).bytes()).await.is_ok();
            if !is_sent {
                self.apply(Event::TransportClosed);
            }
        }
        self.close().await;
    }

    /// Sends bytes; a peer that does not take them in time ends the association.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let deadline = self.total.min(Instant::now() + self.limits.idle);
        let sent = timeout_at(deadline, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.apply(Event::TransportClosed);
                Err(error.into())
            }
            Err(_) => {
                // Part of a PDU may be out: nothing sensible can follow it.
                self.apply(Event::TransportClosed);
                Err(LinkError::Late("taking what was sent"))
            }
        }
    }

    pub(crate) async fn close(&mut self) {
        self.state = State::Idle;
        // A peer that is gone cannot be told; one that takes nothing is not waited for.
        let _ = timeout(self.limits.artim, self.stream.shutdown()).await;
    }

    async fn arrive(&mut self, deadline: Instant) -> Arrived {
        match timeout_at(deadline, self.read_pdu()).await {
            Err(_) => Arrived::Late,
            Ok(Ok(arrived)) => arrived,
            // Reset, or a TLS stream cut short.
            Ok(Err(_)) => Arrived::Closed,
        }
    }

    async fn read_pdu(&mut self) -> io::Result<Arrived> {
        if self.is_out_of_step {
            // Only the end of the connection still says something.
            loop {
                self.inbox.clear();
                if !self.fill(1).await? {
                    return Ok(Arrived::Closed);
                }
            }
        }
        if !self.fill(HEADER_BYTES).await? {
            return Ok(Arrived::Closed);
        }
        let header = Header::read(self.inbox.first_chunk().copied().unwrap_or_default());
        let problem = header.problem(&self.limits);
        if problem.is_some() && header.length > self.limits.negotiation_bytes {
            self.is_out_of_step = true;
        } else {
            let length = usize::try_from(header.length).unwrap_or(usize::MAX);
            if !self.fill(HEADER_BYTES.saturating_add(length)).await? {
                return Ok(Arrived::Closed);
            }
            self.inbox.advance(HEADER_BYTES);
            let body = self.inbox.split_to(length).freeze();
            if let (None, Some(kind)) = (problem, header.kind) {
                return Ok(self.arrived(kind, body));
            }
        }
        let (problem, reason) = problem.unwrap_or(("an unknown type of PDU", Reason::UnrecognizedPdu));
        Ok(Arrived::Invalid(problem, reason))
    }

    /// Reads a body, where the state has a use for it.
    fn arrived(&self, kind: Kind, body: Bytes) -> Arrived {
        let invalid = |problem| Arrived::Invalid(problem, Reason::InvalidParameter);
        match kind {
            Kind::AssociateRequest if self.state == State::AwaitingRequest => {
                match AssociateRequest::read(&body) {
                    Ok(request) => Arrived::Pdu(Event::Requested, Body::Request(request)),
                    Err(problem) => invalid(problem.0),
                }
            }
            Kind::AssociateAccept if self.state == State::AwaitingAnswer => match Accept::read(&body) {
                Ok(accept) => Arrived::Pdu(Event::Accepted, Body::Accept(accept)),
                Err(problem) => invalid(problem.0),
            },
            Kind::AssociateRequest => Arrived::Pdu(Event::Requested, Body::None),
            Kind::AssociateAccept => Arrived::Pdu(Event::Accepted, Body::None),
            Kind::AssociateReject => match Rejection::read(&body) {
                Some(rejection) => Arrived::Pdu(Event::Rejected, Body::Reject(rejection)),
                None => invalid("an A-ASSOCIATE-RJ is too short"),
            },
            Kind::Data => Arrived::Pdu(Event::Data, Body::Data(body)),
            Kind::ReleaseRequest => Arrived::Pdu(Event::ReleaseRequested, Body::None),
            Kind::ReleaseReply => Arrived::Pdu(Event::Released, Body::None),
            Kind::Abort => {
                let [_, _, source, reason] = body.first_chunk().copied().unwrap_or_default();
                Arrived::Aborted(Abort { source, reason })
            }
        }
    }

    /// Reads until so many bytes are there; false where the peer closes before.
    async fn fill(&mut self, bytes: usize) -> io::Result<bool> {
        let room = if self.state == State::Established { ESTABLISHED_BYTES } else { STRANGER_BYTES };
        while self.inbox.len() < bytes {
            let missing = bytes.saturating_sub(self.inbox.len());
            // A declared length was held against its limit before; even so only what comes is given room, piece by piece.
            self.inbox.reserve(missing.clamp(room, ESTABLISHED_BYTES));
            if self.stream.read_buf(&mut self.inbox).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A-RELEASE-RQ.
pub(crate) fn release_request() -> [u8; 10] {
    pdu::short(Kind::ReleaseRequest, [0; 4])
}

/// A-RELEASE-RP.
pub(crate) fn release_reply() -> [u8; 10] {
    pdu::short(Kind::ReleaseReply, [0; 4])
}

#[cfg(test)]
mod tests;
