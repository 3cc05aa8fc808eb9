//! An established association: messages of a command set and, where one follows, a data set in fragments that are never gathered.

use crate::command::{Command, Operation, SubOperations};
use crate::connection::{Body, Connection, release_reply, release_request};
use crate::negotiation::{Answer, ContextResult};
use crate::pdu::{Abort, HEADER_BYTES, Kind, Reason, VALUE_HEADER_BYTES};
use crate::state::{Action, Event, State};
use crate::{AeTitle, LinkError, Uid};
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

/// Set in the control header of a command fragment (PS3.8 section E.2).
const COMMAND: u8 = 1;
/// Set in the control header of the last fragment.
const LAST: u8 = 2;
/// Least length of P-DATA-TF that is worth sending in.
const PEER_BYTES_MIN: u32 = 128;

/// A command that came; its data set, if one follows, is read by [`Association::fragment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its presentation context, which was accepted.
    pub context: u8,
    /// The transfer syntax of the context.
    pub transfer_syntax: Uid,
    /// The command.
    pub command: Command,
}

/// A presentation data value.
struct Value {
    context: u8,
    is_command: bool,
    is_last: bool,
    data: Bytes,
}

/// An association.
#[derive(Debug)]
pub struct Association<S> {
    connection: Connection<S>,
    accepted: Vec<(u8, Uid)>,
    /// Longest P-DATA-TF to send, in bytes of its body.
    sent_bytes: u32,
    /// What is left of the last P-DATA-TF.
    body: Bytes,
    /// Context of the data set that is coming.
    coming: Option<u8>,
    next_message: u16,
    /// Message that the peer asked to cancel in the middle of an exchange.
    cancelled: Option<u16>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Association<S> {
    pub(crate) fn new(
        connection: Connection<S>,
        results: Vec<ContextResult>,
        peer_bytes_max: Option<u32>,
    ) -> Self {
        let own = connection.limits.sent_bytes;
        let accepted = results.into_iter().filter(|result| result.answer == Answer::Accepted);
        Self {
            connection,
            accepted: accepted.filter_map(|result| Some((result.id, result.transfer_syntax?))).collect(),
            sent_bytes: peer_bytes_max.map_or(own, |peer| peer.min(own)).max(PEER_BYTES_MIN),
            body: Bytes::new(),
            coming: None,
            next_message: 0,
            cancelled: None,
        }
    }

    /// The stream below.
    pub fn stream(&self) -> &S {
        self.connection.stream()
    }

    /// Accepted contexts with their transfer syntaxes.
    pub fn accepted(&self) -> &[(u8, Uid)] {
        &self.accepted
    }

    /// The next command; what is left of the data set before it is passed over. `None` once the peer has released.
    pub async fn next(&mut self) -> Result<Option<Message>, LinkError> {
        while self.coming.is_some() {
            self.fragment().await?;
        }
        let (mut gathered, mut context) = (Vec::new(), None);
        loop {
            let Some(value) = self.value(context.is_some()).await? else { return Ok(None) };
            if !value.is_command || context.is_some_and(|context| context != value.context) {
                return Err(self.violation("a fragment that is not of the command").await);
            }
            context = Some(value.context);
            let length = gathered.len().saturating_add(value.data.len());
            if length > self.connection.limits.command_bytes as usize {
                return Err(self.violation("a command set that is too long").await);
            }
            gathered.extend_from_slice(&value.data);
            if value.is_last {
                break;
            }
        }
        let context = context.unwrap_or_default();
        let Some(transfer_syntax) = self.syntax(context).cloned() else {
            return Err(self.violation("a presentation context that was not accepted").await);
        };
        let command = match Command::read(&gathered) {
            Ok(command) => command,
            Err(error) => {
                self.connection.abort(Abort::provider(Reason::InvalidParameter)).await;
                return Err(error.into());
            }
        };
        self.coming = command.has_data_set().then_some(context);
        Ok(Some(Message { context, transfer_syntax, command }))
    }

    /// The next fragment of the data set of the last message; `None` after its end.
    pub async fn fragment(&mut self) -> Result<Option<Bytes>, LinkError> {
        let Some(context) = self.coming else { return Ok(None) };
        let Some(value) = self.value(true).await? else { return Err(LinkError::Closed) };
        if value.is_command || value.context != context {
            return Err(self.violation("a fragment that is not of the data set").await);
        }
        if value.is_last {
            self.coming = None;
        }
        Ok(Some(value.data))
    }

    fn syntax(&self, context: u8) -> Option<&Uid> {
        self.accepted.iter().find(|(id, _)| *id == context).map(|(_, syntax)| syntax)
    }

    /// The next value. A release is answered, and is `None`; in the middle of a message it breaks the protocol.
    async fn value(&mut self, is_inside: bool) -> Result<Option<Value>, LinkError> {
        while self.body.is_empty() {
            match self.connection.receive().await? {
                (Action::Dt2, Body::Data(body)) if body.is_empty() => {
                    return Err(self.violation("a P-DATA-TF without a value").await);
                }
                (Action::Dt2, Body::Data(body)) => self.body = body,
                (Action::Ar2, _) if is_inside => {
                    return Err(self.violation("a release in the middle of a message").await);
                }
                (Action::Ar2, _) => {
                    self.connection.ahead_of_turn().await?;
                    self.connection.apply(Event::LocalReleaseAnswer);
                    self.connection.send(&release_reply()).await?;
                    self.connection.wind_down().await;
                    return Ok(None);
                }
                _ => return Err(self.violation("a PDU that has no place here").await),
            }
        }
        let Some(&[l0, l1, l2, l3, context, control]) = self.body.first_chunk::<VALUE_HEADER_BYTES>() else {
            return Err(self.violation("a presentation data value that is cut short").await);
        };
        let length = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        // The length counts context and control header (PS3.8 section 9.3.5.1).
        let Some(data_bytes) = length.checked_sub(2) else {
            return Err(self.violation("a presentation data value without a header").await);
        };
        if data_bytes > self.body.len().saturating_sub(VALUE_HEADER_BYTES) {
            return Err(self.violation("a presentation data value longer than its PDU").await);
        }
        self.body.advance(VALUE_HEADER_BYTES);
        let data = self.body.split_to(data_bytes);
        let (is_command, is_last) = (control & COMMAND != 0, control & LAST != 0);
        Ok(Some(Value { context, is_command, is_last, data }))
    }

    async fn violation(&mut self, problem: &'static str) -> LinkError {
        self.connection.abort(Abort::provider(Reason::InvalidParameter)).await;
        LinkError::Violation(problem)
    }

    /// Answers a message.
    pub async fn respond(
        &mut self,
        message: &Message,
        status: u16,
        comment: Option<&str>,
    ) -> Result<(), LinkError> {
        let response = Command::response(&message.command, status, comment);
        self.send(message.context, COMMAND | LAST, &response.bytes()).await
    }

    /// Answers a query or retrieval, where it has one with a data set in the transfer syntax of the context.
    pub async fn answer(
        &mut self,
        message: &Message,
        status: u16,
        comment: Option<&str>,
        done: Option<SubOperations>,
        data_set: Option<&[u8]>,
    ) -> Result<(), LinkError> {
        let answer = Command::answer(&message.command, status, comment, done, data_set.is_some());
        self.send(message.context, COMMAND | LAST, &answer.bytes()).await?;
        match data_set {
            Some(data_set) => self.send(message.context, LAST, data_set).await,
            None => Ok(()),
        }
    }

    /// Whether the peer asked to cancel a message while an object of it was sent.
    pub fn is_cancelled(&self, message: &Message) -> bool {
        self.cancelled == Some(message.command.message_id())
    }

    /// A query or retrieval with its identifier; answers are read by [`Self::next`] and [`Self::fragment`].
    pub async fn query(
        &mut self,
        context: u8,
        operation: Operation,
        model: &Uid,
        destination: Option<&AeTitle>,
        identifier: &[u8],
    ) -> Result<(), LinkError> {
        let command = Command::query(operation, self.message_id(), model, destination);
        self.send(context, COMMAND | LAST, &command.bytes()).await?;
        self.send(context, LAST, identifier).await
    }

    /// Sends one fragment in as many PDUs as it needs; `control` is of the last of them.
    async fn send(&mut self, context: u8, control: u8, data: &[u8]) -> Result<(), LinkError> {
        if self.connection.apply(Event::LocalData).is_none() {
            return Err(LinkError::Unsendable("the association is over"));
        }
        let room = usize::try_from(self.sent_bytes).unwrap_or(usize::MAX).saturating_sub(VALUE_HEADER_BYTES);
        let mut pdu = Vec::with_capacity(HEADER_BYTES + VALUE_HEADER_BYTES + data.len().min(room));
        let mut rest = data;
        loop {
            let (chunk, after) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            let value_bytes = u32::try_from(chunk.len()).unwrap_or(u32::MAX).saturating_add(2);
            pdu.clear();
            pdu.extend([Kind::Data as u8, 0]);
            pdu.extend(value_bytes.saturating_add(4).to_be_bytes());
            pdu.extend(value_bytes.to_be_bytes());
            pdu.extend([context, if after.is_empty() { control } else { control & !LAST }]);
            pdu.extend_from_slice(chunk);
            self.connection.send(&pdu).await?;
            if after.is_empty() {
                return Ok(());
            }
            rest = after;
        }
    }

    async fn exchange(&mut self, context: u8, command: &Command) -> Result<Command, LinkError> {
        let mut next = self.next().await?;
        if let Some(cancel) = next.as_ref().filter(|one| one.command.operation() == Operation::Cancel) {
            // It is about the retrieval that this store is a part of.
            self.cancelled = cancel.command.message_id_responded_to();
            next = self.next().await?;
        }
        match next {
            Some(answer)
                if answer.context == context
                    && answer.command.is_response()
                    && answer.command.operation() == command.operation()
                    && answer.command.message_id_responded_to() == Some(command.message_id()) =>
            {
                Ok(answer.command)
            }
            Some(_) => Err(self.violation("an answer to something else").await),
            None => Err(LinkError::Closed),
        }
    }

    fn message_id(&mut self) -> u16 {
        self.next_message = self.next_message.wrapping_add(1);
        self.next_message
    }

    /// C-ECHO; gives the status.
    pub async fn echo(&mut self, context: u8) -> Result<u16, LinkError> {
        let command = Command::echo(self.message_id());
        self.send(context, COMMAND | LAST, &command.bytes()).await?;
        let answer = self.exchange(context, &command).await?;
        Ok(answer.status().unwrap_or(u16::MAX))
    }

    /// C-STORE of a data set of so many bytes, in the transfer syntax of the context; gives the status.
    pub async fn store<R: AsyncRead + Unpin>(
        &mut self,
        context: u8,
        sop_class: &Uid,
        sop_instance: &Uid,
        data_set: &mut R,
        bytes: u64,
    ) -> Result<u16, LinkError> {
        let command = Command::store(self.message_id(), sop_class, sop_instance);
        debug_assert_eq!(command.operation(), Operation::Store);
        self.send(context, COMMAND | LAST, &command.bytes()).await?;
        let room = u64::from(self.sent_bytes).saturating_sub(VALUE_HEADER_BYTES as u64);
        let (mut left, mut chunk) = (bytes, Vec::new());
        while left > 0 {
            let count = left.min(room);
            chunk.clear();
            let read = (&mut *data_set).take(count).read_to_end(&mut chunk).await?;
            if read as u64 != count {
                self.connection.abort(Abort::USER).await;
                return Err(LinkError::Unsendable("the data set is shorter than was said"));
            }
            left = left.saturating_sub(count);
            self.send(context, if left == 0 { LAST } else { 0 }, &chunk).await?;
        }
        let answer = self.exchange(context, &command).await?;
        Ok(answer.status().unwrap_or(u16::MAX))
    }

    /// Releases the association; a collision of releases is resolved as the table says.
    pub async fn release(mut self) -> Result<(), LinkError> {
        self.connection.apply(Event::LocalRelease);
        self.connection.send(&release_request()).await?;
        loop {
            match self.connection.receive().await?.0 {
                Action::Ar3 => {
                    self.connection.close().await;
                    return Ok(());
                }
                // Requestor: answers, then awaits the peer's answer.
                Action::Ar8 if self.connection.state() == State::CollisionRequestorLocal => {
                    self.connection.apply(Event::LocalReleaseAnswer);
                    self.connection.send(&release_reply()).await?;
                }
                // Acceptor: has the peer's answer, and answers.
                Action::Ar10 => {
                    self.connection.apply(Event::LocalReleaseAnswer);
                    self.connection.send(&release_reply()).await?;
                    self.connection.wind_down().await;
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    /// Ends the association at once.
    pub async fn abort(mut self) {
        self.connection.abort(Abort::USER).await;
    }
}
