//! Metrics for Prometheus, in the `OpenMetrics` text format, on the loopback interface or a socket of the owner alone; off where the file
//! names no place.
//!
//! Labels are ids of records of the file and words of closed lists: how many there can be is bounded, and none is of a patient, a study
//! or an address.

use crate::queue::Queue;
use crate::watch::Watch;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use medward_ward_ledger::Event;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::convert::Infallible;
use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

/// Connections at once.
const CONNECTIONS_MAX: usize = 8;
/// For one question and its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the format is called.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Where metrics are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricsAt {
    /// An address of the loopback interface.
    Loopback(SocketAddr),
    /// A socket.
    Socket(PathBuf),
}

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;

/// What is counted from the beginning of a run.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    entries: Counters,
    received: Counters,
    received_bytes: Counters,
    quarantined: Counters,
    sent: Counters,
    handed_out: Counters,
    alarms: Counters,
}

fn add(to: &Counters, label: &'static str, value: &str, many: u64) {
    to.get_or_create(&vec![(label, value.to_owned())]).inc_by(many);
}

impl Metrics {
    /// Counts an entry that is in the ledger.
    pub(crate) fn count(&self, event: &Event) {
        add(&self.entries, "kind", event.kind(), 1);
        match event {
            Event::Received { sender, bytes, .. } => {
                add(&self.received, "sender", sender, 1);
                add(&self.received_bytes, "sender", sender, *bytes);
            }
            Event::Quarantined { layer, .. } => add(&self.quarantined, "layer", layer, 1),
            Event::Sent { destination, .. } => add(&self.sent, "destination", destination, 1),
            Event::HandedOut { sender, .. } => add(&self.handed_out, "sender", sender, 1),
            Event::Alarmed { detector, .. } => add(&self.alarms, "detector", detector, 1),
            _ => {}
        }
    }
}

/// All there is to say now.
fn text(watch: &Watch, queue: &Queue) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("medward_ward");
    let metrics = watch.metrics();
    for (name, help, counters) in [
        ("entries", "Entries of the ledger, by kind", &metrics.entries),
        ("received", "Objects on stable storage, by sender", &metrics.received),
        ("received_bytes", "Bytes of objects on stable storage, by sender", &metrics.received_bytes),
        ("quarantined", "Objects held back, by the layer that refused", &metrics.quarantined),
        ("sent", "Objects that a destination took", &metrics.sent),
        ("handed_out", "Objects handed to who asked for them, by sender", &metrics.handed_out),
        ("alarms", "Alarms, by detector", &metrics.alarms),
    ] {
        registry.register(name, help, counters.clone());
    }
    let refused = Counters::default();
    for (refusal, times) in watch.totals() {
        let labels = vec![("layer", refusal.layer.word().to_owned()), ("reason", refusal.reason.to_owned())];
        refused.get_or_create(&labels).inc_by(times);
    }
    registry.register("refused", "Refusals, by layer and reason", refused);
    let waiting = Family::<Labels, Gauge>::default();
    for (destination, count) in queue.waiting().unwrap_or_default() {
        waiting.get_or_create(&vec![("destination", destination)]).set(count);
    }
    registry.register("waiting", "Objects that wait for a destination", waiting);
    let owed = Gauge::<i64>::default();
    owed.set(queue.owed().map_or(-1, |owed| i64::from(owed.is_some())));
    registry.register("ledger_owed", "1 while entries are owed to the ledger and nothing is released", owed);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// Answers until the ward stops.
pub(crate) async fn start(
    at: MetricsAt,
    watch: Arc<Watch>,
    queue: Arc<Queue>,
    stop: Receiver<bool>,
) -> io::Result<()> {
    let asked = Asked { watch, queue, connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)) };
    match at {
        MetricsAt::Loopback(address) => {
            let listener = TcpListener::bind(address).await?;
            tokio::spawn(asked.until(stop, move |asked| async move {
                loop {
                    if let Ok((stream, _)) = listener.accept().await {
                        asked.answer(stream);
                    }
                }
            }));
        }
        MetricsAt::Socket(path) => {
            // Of a run that did not end well; another ward that runs holds the lock of the vault.
            let _ = std::fs::remove_file(&path);
            let listener = UnixListener::bind(&path)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            tokio::spawn(asked.until(stop, move |asked| async move {
                loop {
                    if let Ok((stream, _)) = listener.accept().await {
                        asked.answer(stream);
                    }
                }
            }));
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Asked {
    watch: Arc<Watch>,
    queue: Arc<Queue>,
    connections: Arc<Semaphore>,
}

impl Asked {
    async fn until<F: Future<Output = ()>>(self, mut stop: Receiver<bool>, serve: impl FnOnce(Self) -> F) {
        let serve = serve(self);
        tokio::select! {
            () = serve => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Answers one connection; past the last one there is no answer.
    fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() else { return };
        let asked = self.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let asked = asked.clone();
                async move { Ok::<_, Infallible>(asked.response(&request).await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            let served = builder
                .timer(TokioTimer::new())
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // Whoever asked may have gone, or asked too slowly.
            let _ = timeout(PATIENCE, served).await;
            drop(permit);
        });
    }

    async fn response(self, request: &Request<Incoming>) -> Response<String> {
        let mut response = Response::new(String::new());
        if request.method() != Method::GET || request.uri().path() != "/metrics" {
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
        let text = tokio::task::spawn_blocking(move || text(&self.watch, &self.queue)).await;
        let Ok(Ok(text)) = text else {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        };
        *response.body_mut() = text;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORMAT));
        response
    }
}
