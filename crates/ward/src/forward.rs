//! Sending results on by C-STORE or STOW-RS over mutual TLS: a durable queue for each destination, tried again later each time it fails.
//!
//! It is given one vault: that of pseudonymised objects, or that of results that go back to the hospital.

use crate::configuration::Configuration;
use crate::keep::hex;
use crate::nodes::KnownDestination;
use crate::outgoing::{NotOutgoing, Outgoing};
use crate::post::Post;
use crate::queue::{Delivery, Queue};
use crate::tell::tell;
use crate::tls;
use crate::traces::Name;
use crate::watch::Watch;
use jiff::Timestamp;
use medward_upper_layer::{
    AssociateRequest, Association, Context, Limits, LinkError, QuickAck, Uid, request,
};
use medward_vault::{ObjectId, Vault};
use medward_ward_ledger::Event;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Results sent over one association at most; contexts are odd numbers to 255.
const BATCH: usize = 100;
/// Pause where nothing waits.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest pause while what was sent cannot be written down.
const PAUSE_MAX: Duration = Duration::from_mins(15);
/// For connecting and for the handshake.
const CONNECT: Duration = Duration::from_secs(10);

/// What a sending task has.
pub(crate) struct Forward {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) destination: KnownDestination,
    pub(crate) vault: Vault,
    pub(crate) queue: Arc<Queue>,
    pub(crate) watch: Arc<Watch>,
}

/// A result that can be sent.
struct Ready {
    delivery: Delivery,
    object: Outgoing,
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// Nothing was due.
    Nothing,
    /// Something was, and what came of it is written down.
    Dealt,
    /// Neither ledger nor queue take what came of it, so that it is due at once, again and again.
    Unwritten,
}

impl Batch {
    /// The pause after it, and the one after the next that cannot be written.
    fn pauses(self, longer: Duration) -> (Duration, Duration) {
        match self {
            Self::Nothing => (PAUSE, PAUSE),
            Self::Dealt => (Duration::ZERO, PAUSE),
            Self::Unwritten => (longer, longer.saturating_mul(2).min(PAUSE_MAX)),
        }
    }
}

/// How objects go to the destination.
enum Way {
    Association(Box<Link>, Vec<(Uid, Uid)>),
    Post(Post),
}

impl Way {
    /// Ends it. Everything was answered; a peer that does not release properly changes nothing.
    async fn close(self) {
        if let Self::Association(link, _) = self {
            let _ = link.release().await;
        }
    }
}

/// Why it does not work, for the journal of the machine.
#[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
pub(crate) fn text(error: impl ToString) -> String {
    error.to_string()
}

pub(crate) type Link = Association<TlsStream<QuickAck>>;

impl Forward {
    /// Sends what waits until the ward stops.
    pub(crate) async fn run(self, mut stop: Receiver<bool>) {
        let forward = Arc::new(self);
        let mut longer = PAUSE;
        while !*stop.borrow() {
            let pause;
            (pause, longer) = Arc::clone(&forward).batch().await.pauses(longer);
            if !pause.is_zero() {
                let _ = timeout(pause, stop.changed()).await;
            }
        }
    }

    async fn batch(self: Arc<Self>) -> Batch {
        if self.watch.is_held() {
            return Batch::Nothing;
        }
        let this = Arc::clone(&self);
        let due = tokio::task::spawn_blocking(move || {
            let now = Timestamp::now().as_second();
            let due = this.queue.due(&this.destination.id, now, BATCH).unwrap_or_default();
            due.into_iter().filter_map(|delivery| this.describe(delivery)).collect::<Vec<_>>()
        });
        let Ok(due) = due.await else { return Batch::Nothing };
        if due.is_empty() {
            return Batch::Nothing;
        }
        let mut way = match self.reach(&due).await {
            Ok(way) => way,
            Err(reason) => {
                tell(&format!("`{}` cannot be reached: {reason}", self.destination.id));
                return self.failed(due).await;
            }
        };
        let mut left = due.into_iter();
        while let Some(ready) = left.next() {
            let mut span = self.watch.span(Name::Forward, None);
            span.record("medward.destination", &self.destination.id);
            span.number("medward.bytes", ready.object.bytes);
            let sent = self.send_by(&mut way, &ready.object).await;
            let is_taken = matches!(sent, Ok(true));
            span.outcome(if is_taken { "taken" } else { "not-taken" }, is_taken);
            drop(span);
            let dealt = match sent {
                Ok(true) if self.is_noted(&ready).await => Batch::Dealt,
                Ok(true) => {
                    // The others would not be written down either.
                    way.close().await;
                    return self.failed(std::iter::once(ready).chain(left).collect()).await;
                }
                Ok(false) => self.failed(vec![ready]).await,
                Err(_) => return self.failed(std::iter::once(ready).chain(left).collect()).await,
            };
            if dealt == Batch::Unwritten {
                return dealt;
            }
        }
        way.close().await;
        Batch::Dealt
    }

    /// Connects to the destination for what is due.
    async fn reach(&self, due: &[Ready]) -> Result<Way, String> {
        if let Some(path) = &self.destination.stow {
            return Post::new(self, path).await.map(Way::Post);
        }
        let mut kinds: Vec<(Uid, Uid)> = due.iter().map(|ready| ready.object.kind()).collect();
        kinds.sort();
        kinds.dedup();
        let link = self.associate(&kinds).await?;
        Ok(Way::Association(Box::new(link), kinds))
    }

    /// Whether the destination took an object; nothing more can be sent this way after an error.
    async fn send_by(&self, way: &mut Way, object: &Outgoing) -> Result<bool, String> {
        match way {
            Way::Post(post) => post.send(self, object).await,
            Way::Association(link, kinds) => {
                self.send(link, object, kinds).await.map_err(|error| error.to_string())
            }
        }
    }

    /// What a result is; one that was erased needs no delivery, one that is damaged is told to the ledger.
    fn describe(&self, delivery: Delivery) -> Option<Ready> {
        let id: ObjectId = delivery.object.parse().ok()?;
        match Outgoing::open(&self.vault, &id) {
            Ok(object) => Some(Ready { delivery, object }),
            Err(why) => {
                if let NotOutgoing::Damaged(digest) = why {
                    let reason = "a result cannot be read any more".to_owned();
                    let _ = self.watch.record(&Event::Damaged { object: hex(digest), reason });
                }
                let _ = self.queue.failed(&delivery, Timestamp::now().as_second());
                None
            }
        }
    }

    /// A TLS connection to the destination, for an application protocol or none in particular.
    pub(crate) async fn connect(&self, protocols: &[&[u8]]) -> Result<TlsStream<QuickAck>, String> {
        let (server_name, trust) = (&self.destination.server_name, &self.destination.trust);
        let (client, name) = tls::client(&self.configuration, server_name, trust).map_err(text)?;
        let mut client = Arc::unwrap_or_clone(client);
        client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let connected = timeout(CONNECT, TcpStream::connect(&self.destination.address)).await;
        let stream = QuickAck::new(connected.map_err(text)?.map_err(text)?).map_err(text)?;
        let shaken = timeout(CONNECT, TlsConnector::from(Arc::new(client)).connect(name, stream)).await;
        shaken.map_err(text)?.map_err(text)
    }

    pub(crate) async fn associate(&self, kinds: &[(Uid, Uid)]) -> Result<Link, String> {
        let title = self.destination.title.clone().ok_or("it takes no associations")?;
        let stream = self.connect(&[]).await?;
        let contexts = kinds.iter().zip((1_u8..).step_by(2)).map(|((class, syntax), id)| Context {
            id,
            abstract_syntax: class.clone(),
            transfer_syntaxes: vec![syntax.clone()],
        });
        let own = self.configuration.title.clone();
        let asked = AssociateRequest::new(own, title, contexts.collect());
        let limits = Limits { idle: Duration::from_mins(1), ..Limits::default() };
        request(stream, &asked, limits).await.map_err(text)
    }

    /// Whether the destination took it.
    pub(crate) async fn send(
        &self,
        link: &mut Link,
        object: &Outgoing,
        kinds: &[(Uid, Uid)],
    ) -> Result<bool, LinkError> {
        let context = kinds.iter().zip((1_u8..).step_by(2));
        let context = context
            .into_iter()
            .find(|((class, syntax), _)| (class, syntax) == (&object.class, &object.syntax));
        let Some((_, context)) = context else { return Ok(false) };
        if !link.accepted().iter().any(|(accepted, _)| *accepted == context) {
            return Ok(false);
        }
        let mut data_set = object.stream(&self.vault);
        let status =
            link.store(context, &object.class, &object.instance, &mut data_set, object.bytes).await?;
        // Success, or a warning with the object stored (PS3.4 table B.2-1).
        Ok(status == 0 || status & 0xF000 == 0xB000)
    }

    /// Writes down that it was taken. Without its entry it counts as not sent, and is sent again later.
    async fn is_noted(self: &Arc<Self>, ready: &Ready) -> bool {
        let (this, delivery, digest) = (Arc::clone(self), ready.delivery.clone(), ready.object.digest);
        let noted = tokio::task::spawn_blocking(move || {
            let event = Event::Sent { object: hex(digest), destination: this.destination.id.clone() };
            if let Err(error) = this.watch.record(&event) {
                tell(&format!("what `{}` took is not written down: {error}", this.destination.id));
                return false;
            }
            this.queue.sent(&delivery, Timestamp::now().as_second()).is_ok()
        });
        noted.await.unwrap_or(false)
    }

    /// Has them wait, longer each time.
    async fn failed(self: &Arc<Self>, ready: Vec<Ready>) -> Batch {
        let this = Arc::clone(self);
        let noted = tokio::task::spawn_blocking(move || {
            let now = Timestamp::now().as_second();
            ready.iter().all(|one| this.queue.failed(&one.delivery, now).is_ok())
        });
        if noted.await.unwrap_or(false) { Batch::Dealt } else { Batch::Unwritten }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_down_is_sent_ever_more_seldom() {
        let mut longer = PAUSE;
        let mut pauses = Vec::new();
        for _ in 0..20 {
            let pause;
            (pause, longer) = Batch::Unwritten.pauses(longer);
            pauses.push(pause);
        }
        assert!(pauses.is_sorted() && pauses.first() == Some(&PAUSE) && pauses.last() == Some(&PAUSE_MAX));
        assert_eq!(Batch::Dealt.pauses(longer), (Duration::ZERO, PAUSE));
    }
}
