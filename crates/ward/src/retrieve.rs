//! C-FIND, C-GET and C-MOVE (PS3.4 Annex C) over pseudonymised objects: asked of all layers, written down, then answered.
//!
//! It is given the vault of results and no other. What the ledger cannot take is not answered. A C-MOVE goes to a destination of the
//! file and nowhere else, by the name that the file gives it.

use crate::configuration::Configuration;
use crate::decision::{Asked, HandedOut, Moment, Refusal, Wanted};
use crate::facts;
use crate::forward::{Forward, Link};
use crate::keep::hex;
use crate::layers::Layers;
use crate::nodes::KnownDestination;
use crate::outgoing::Outgoing;
use crate::query::{
    ANSWERS_MAX, Catalogue, FIND, Found, GET, IDENTIFIER_BYTES_MAX, Identifier, MOVE, Query, QueryError,
};
use crate::queue::Queue;
use crate::reading::Readers;
use crate::watch::Watch;
use medward_dicom_scan::TransferSyntax;
use medward_upper_layer::{AeTitle, Association, Command, LinkError, Message, Operation, SubOperations, Uid};
use medward_vault::{ObjectId, Vault};
use medward_ward_ledger::Event;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Statuses of PS3.4 tables C.4-1 to C.4-3.
const NOT_AUTHORIZED: u16 = 0x0124;
const OUT_OF_RESOURCES: u16 = 0xA700;
const UNKNOWN_DESTINATION: u16 = 0xA801;
const IDENTIFIER: u16 = 0xA900;
const CANCELLED: u16 = 0xFE00;
const SOME_FAILED: u16 = 0xB000;
const ALL_FAILED: u16 = 0xA702;
const UNABLE: u16 = 0xC000;

/// A context on which the peer takes objects: it asked to be the provider of their class.
#[derive(Debug, Clone)]
pub(crate) struct Takes {
    pub(crate) context: u8,
    pub(crate) class: Uid,
    pub(crate) syntax: Uid,
}

/// What answers queries and retrievals.
#[derive(Debug)]
pub(crate) struct Retrieval {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) layers: Arc<Layers>,
    pub(crate) results: Vault,
    /// Study Instance UIDs of nobody, also as they are in results.
    pub(crate) canaries: Arc<BTreeSet<String>>,
    pub(crate) readers: Readers,
    pub(crate) watch: Arc<Watch>,
    pub(crate) queue: Arc<Queue>,
}

/// One query or retrieval, and on whose behalf.
pub(crate) struct Request<'r> {
    pub(crate) message: &'r Message,
    pub(crate) asked: &'r Asked,
    pub(crate) sender: &'r str,
    pub(crate) takes: &'r [Takes],
}

/// A status, and in words for whoever asked; nothing of an object.
#[derive(Debug)]
pub(crate) struct NotDone(pub(crate) u16, pub(crate) String);

impl From<QueryError> for NotDone {
    fn from(error: QueryError) -> Self {
        let status = match error {
            QueryError::Identifier(_) => IDENTIFIER,
            QueryError::Vault(_) => return Self(UNABLE, "cannot be looked up now".to_owned()),
        };
        Self(status, error.to_string())
    }
}

/// Where objects of a retrieval go.
enum Way {
    Here,
    To(Arc<Forward>, Box<Link>, Vec<(Uid, Uid)>),
}

/// The model that an operation is of.
pub(crate) fn model(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::Find => Some(FIND),
        Operation::Get => Some(GET),
        Operation::Move => Some(MOVE),
        _ => None,
    }
}

/// What is wanted by an information model; `None` where it is none of them.
pub(crate) fn wanted(model: &Uid) -> Option<Wanted<'_>> {
    match model.as_str() {
        FIND => Some(Wanted::Find(model)),
        GET => Some(Wanted::Get(model)),
        MOVE => Some(Wanted::Move(model)),
        _ => None,
    }
}

impl Retrieval {
    /// Answers one message; gives the refusal where a layer refused.
    pub(crate) async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        association: &mut Association<S>,
        request: Request<'_>,
    ) -> Result<Option<Refusal>, LinkError> {
        let message = request.message;
        let mut identifier = Vec::new();
        while let Some(fragment) = association.fragment().await? {
            if identifier.len().saturating_add(fragment.len()) > IDENTIFIER_BYTES_MAX {
                return Err(LinkError::Unsendable("an identifier that is too long"));
            }
            identifier.extend_from_slice(&fragment);
        }
        let named = message.command.sop_class().ok();
        let expected = model(message.command.operation());
        let named = named.filter(|named| expected.is_some_and(|expected| named.as_str() == expected));
        let Some(wanted) = named.as_ref().and_then(wanted) else {
            association
                .respond(message, IDENTIFIER, Some("another information model than its command"))
                .await?;
            return Ok(None);
        };
        if let Err(refusal) = self.layers.decide(&Moment::Operation(request.asked, &wanted)) {
            association.respond(message, NOT_AUTHORIZED, Some("not permitted")).await?;
            return Ok(Some(refusal));
        }
        let syntax = message.transfer_syntax.clone();
        let model = named.clone().unwrap_or_else(|| syntax.clone());
        let title = self.configuration.title.clone();
        let identifier = Identifier { bytes: identifier, model, syntax, title };
        let (readers, sender) = (self.readers.clone(), request.sender.to_owned());
        // Waits for the worker that reads it.
        let read = tokio::task::spawn_blocking(move || Query::read(&identifier, &readers, &sender)).await;
        let done = match read.unwrap_or(Err(QueryError::Identifier("cannot be read"))) {
            Err(error) => Err(error.into()),
            Ok(query) if message.command.operation() == Operation::Find => {
                self.find(association, &request, query).await?
            }
            Ok(query) => self.retrieve(association, &request, query).await?,
        };
        if let Err(NotDone(status, comment)) = done {
            association.respond(message, status, Some(&comment)).await?;
        }
        Ok(None)
    }

    /// Runs something that waits for the disk.
    pub(crate) async fn on_disk<T, F>(&self, asked: &Asked, work: F) -> Result<T, NotDone>
    where
        T: Send + 'static,
        F: FnOnce(&Catalogue<'_>) -> Result<T, QueryError> + Send + 'static,
    {
        let (results, layers) = (self.results.clone(), Arc::clone(&self.layers));
        let (asked, title) = (asked.clone(), self.configuration.title.clone());
        let done = tokio::task::spawn_blocking(move || {
            work(&Catalogue { results: &results, layers: &layers, asked: &asked, title: &title })
        });
        done.await.map_err(|_| NotDone(UNABLE, "cannot be looked up now".to_owned()))?.map_err(NotDone::from)
    }

    /// Writes down; what cannot be written down is not done.
    pub(crate) async fn record(&self, event: Event) -> Result<(), NotDone> {
        let watch = Arc::clone(&self.watch);
        let written = tokio::task::spawn_blocking(move || watch.record(&event)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotDone(UNABLE, "it cannot be written down, so it is not answered".to_owned())),
        }
    }

    /// Objects that a retrieval wants. One that finds nothing is written down as a query is: it may be somebody who tries names.
    pub(crate) async fn wanted(
        &self,
        asked: &Asked,
        sender: &str,
        query: Query,
    ) -> Result<Vec<ObjectId>, NotDone> {
        let (level, canaries) = (query.level.word().to_owned(), Arc::clone(&self.canaries));
        let look = move |catalogue: &Catalogue<'_>| {
            Ok((catalogue.touches(&query, &canaries)?, catalogue.wanted(&query)?))
        };
        let (canary, ids) = self.on_disk(asked, look).await?;
        if ids.is_empty() {
            self.record(Event::Queried { sender: sender.to_owned(), level, answers: 0, canary }).await?;
        }
        Ok(ids)
    }

    async fn find<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        association: &mut Association<S>,
        request: &Request<'_>,
        query: Query,
    ) -> Result<Result<(), NotDone>, LinkError> {
        let level = query.level.word().to_owned();
        let encoding = TransferSyntax::from_uid(request.message.transfer_syntax.as_str().as_bytes()).encoding;
        let canaries = Arc::clone(&self.canaries);
        let look = move |catalogue: &Catalogue<'_>| {
            let found = catalogue.find(&query, |found| found.identifier(&query, encoding))?;
            Ok((catalogue.touches(&query, &canaries)?, found))
        };
        let (canary, answers) = match self.on_disk(request.asked, look).await {
            Ok((_, Found { is_cut: true, .. })) => {
                let text = format!("more than {ANSWERS_MAX} answers, ask for less");
                return Ok(Err(NotDone(OUT_OF_RESOURCES, text)));
            }
            Ok((canary, found)) => (canary, found.answers),
            Err(not_done) => return Ok(Err(not_done)),
        };
        let (sender, count) = (request.sender.to_owned(), answers.len() as u64);
        if let Err(not_done) = self.record(Event::Queried { sender, level, answers: count, canary }).await {
            return Ok(Err(not_done));
        }
        for answer in answers {
            association.answer(request.message, Command::PENDING, None, None, Some(&answer)).await?;
        }
        association.respond(request.message, 0, None).await?;
        Ok(Ok(()))
    }

    async fn retrieve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        association: &mut Association<S>,
        request: &Request<'_>,
        query: Query,
    ) -> Result<Result<(), NotDone>, LinkError> {
        let message = request.message;
        let destination = match self.destination(message) {
            Ok(destination) => destination,
            Err(not_done) => return Ok(Err(not_done)),
        };
        let ids = match self.wanted(request.asked, request.sender, query).await {
            Ok(ids) => ids,
            Err(not_done) => return Ok(Err(not_done)),
        };
        let mut way = match destination {
            None => Way::Here,
            Some(destination) => match self.reach(destination, &ids).await {
                Ok(way) => way,
                Err(not_done) => return Ok(Err(not_done)),
            },
        };
        let mut done = SubOperations { remaining: count(ids.len()), ..SubOperations::default() };
        for id in ids {
            let is_sent = self.one(association, request, destination, &mut way, &id).await?;
            done.remaining = done.remaining.saturating_sub(1);
            let counted = if is_sent { &mut done.completed } else { &mut done.failed };
            *counted = counted.saturating_add(1);
            if association.is_cancelled(message) {
                association.answer(message, CANCELLED, None, Some(done), None).await?;
                return Ok(Ok(()));
            }
            if done.remaining > 0 {
                association.answer(message, Command::PENDING, None, Some(done), None).await?;
            }
        }
        if let Way::To(_, link, _) = way {
            // Everything was answered; a peer that does not release properly changes nothing.
            let _ = link.release().await;
        }
        let status = match done {
            SubOperations { failed: 0, .. } => 0,
            SubOperations { completed: 0, .. } => ALL_FAILED,
            _ => SOME_FAILED,
        };
        association.answer(message, status, None, Some(done), None).await?;
        Ok(Ok(()))
    }

    /// The destination of a C-MOVE; none for a C-GET.
    fn destination(&self, message: &Message) -> Result<Option<&KnownDestination>, NotDone> {
        if message.command.operation() != Operation::Move {
            return Ok(None);
        }
        let title = message.command.move_destination();
        let known = self.configuration.destinations.iter().find(|one| title.is_some() && one.title == title);
        known.map(Some).ok_or_else(|| NotDone(UNKNOWN_DESTINATION, "no destination of the file".to_owned()))
    }

    /// Associates with a destination for all kinds of the objects.
    async fn reach(&self, destination: &KnownDestination, ids: &[ObjectId]) -> Result<Way, NotDone> {
        let forward = Arc::new(Forward {
            configuration: Arc::clone(&self.configuration),
            destination: destination.clone(),
            vault: self.results.clone(),
            queue: Arc::clone(&self.queue),
            watch: Arc::clone(&self.watch),
        });
        let (results, ids) = (self.results.clone(), ids.to_vec());
        let kinds = tokio::task::spawn_blocking(move || {
            let objects = ids.iter().filter_map(|id| Outgoing::open(&results, id).ok());
            let mut kinds: Vec<_> = objects.map(|object| object.kind()).collect();
            kinds.sort();
            kinds.dedup();
            kinds
        });
        let kinds = kinds.await.unwrap_or_default();
        if kinds.is_empty() {
            return Ok(Way::Here);
        }
        let link = forward.associate(&kinds).await;
        let link = link.map_err(|_| NotDone(ALL_FAILED, "the destination cannot be reached".to_owned()))?;
        Ok(Way::To(forward, Box::new(link), kinds))
    }

    /// An object that may be handed out now, and is written down to be; `None` where it may not, or cannot be.
    pub(crate) async fn hand_out(
        &self,
        asked: &Asked,
        sender: &str,
        destination: Option<&KnownDestination>,
        id: &ObjectId,
        is_wanted: impl Fn(&Outgoing) -> bool,
    ) -> Option<Outgoing> {
        let (results, wanted) = (self.results.clone(), id.clone());
        let opened = tokio::task::spawn_blocking(move || Outgoing::open(&results, &wanted)).await;
        let object = opened.ok()?.ok().filter(is_wanted)?;
        let title = destination.and_then(|one| one.title.as_ref()).map(AeTitle::as_str);
        let handed = HandedOut { asked, destination: title, object: &object.data_set };
        if let Err(refusal) = self.layers.decide(&Moment::HandOut(&handed)) {
            let (watch, sender) = (Arc::clone(&self.watch), sender.to_owned());
            let address = asked.peer.address;
            let told = tokio::task::spawn_blocking(move || {
                watch.refused_from(&refusal, Some(&sender), Some(address))
            });
            // It is not handed out, whether that could be written down or not.
            let _ = told.await;
            return None;
        }
        let event = Event::HandedOut {
            object: hex(object.digest),
            sender: sender.to_owned(),
            destination: destination.map(|one| one.id.clone()),
            canary: facts::uid(&object.data_set, facts::STUDY)
                .is_some_and(|study| self.canaries.contains(study.as_str())),
        };
        self.record(event).await.ok().map(|()| object)
    }

    /// Sends one object; whether it was taken. An error ends the association of who asked.
    async fn one<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        association: &mut Association<S>,
        request: &Request<'_>,
        destination: Option<&KnownDestination>,
        way: &mut Way,
        id: &ObjectId,
    ) -> Result<bool, LinkError> {
        let handed = self.hand_out(request.asked, request.sender, destination, id, |_| true).await;
        let Some(object) = handed else { return Ok(false) };
        match way {
            // One that cannot be reached any more fails all that is left, one by one.
            Way::To(forward, link, kinds) => Ok(forward.send(link, &object, kinds).await.unwrap_or(false)),
            Way::Here => {
                let takes = request
                    .takes
                    .iter()
                    .find(|takes| takes.class == object.class && takes.syntax == object.syntax);
                let Some(takes) = takes else { return Ok(false) };
                let mut stream = object.stream(&self.results);
                let context = takes.context;
                let stored =
                    association.store(context, &object.class, &object.instance, &mut stream, object.bytes);
                let status = stored.await?;
                Ok(status == 0 || status & 0xF000 == 0xB000)
            }
        }
    }
}

fn count(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
