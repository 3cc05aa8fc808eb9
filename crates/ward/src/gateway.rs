//! A ward that runs: everything opened and composed, then connections taken until it is told to stop.
//!
//! The accept loop never reads from a connection: what one peer does or does not send cannot keep another from being served.

use crate::alarms;
use crate::audit::{self, AuditError};
use crate::configuration::Configuration;
use crate::control::{self, Control};
use crate::decision::{Door, Peer};
use crate::forward::Forward;
use crate::issuer::{Issuer, IssuerError};
use crate::keep::{Keep, Kept};
use crate::layers::{Layers, Policies, PolicyError};
use crate::metrics;
use crate::people::Permits;
use crate::reading::Readers;
use crate::release::Release;
use crate::retrieve::Retrieval;
use crate::revocation::{Revocation, RevocationError};
use crate::rollback;
use crate::service::{Servers, Service};
use crate::signing::Signing;
use crate::state::{State, StateError};
use crate::tell::tell;
use crate::tls::{self, TlsError};
use crate::traces::Traces;
use crate::way_back::WayBack;
use medward_containment::{ContainmentError, Program};
use medward_deid::{Deidentifier, Detail, Policy, ProjectKey};
use medward_ledger::key;
use medward_vault::VaultError;
use medward_ward_ledger::Event;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// Connections at once, answered or not, whatever their source.
const CONNECTIONS_MAX: usize = 4_096;
/// The revocation lists are read again this often.
const REVOCATION_EVERY: Duration = Duration::from_secs(20);
/// Wait after the system could not accept a connection, such as for want of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections that are under way when the ward is told to stop may go on this long.
const STOPPING: Duration = Duration::from_secs(10);

/// Why a ward does not run.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A file that the security file names.
    #[error("cannot read `{path}`: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The policies.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The revocation lists.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// Keys of the token issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// Certificates and keys.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What it keeps.
    #[error(transparent)]
    State(#[from] StateError),
    /// The vault, at the start.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The audit messages.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The ledger, at the start.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
    /// Results of the AI, at the start.
    #[error(transparent)]
    WayBack(#[from] crate::way_back::WayBackError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Metrics cannot be asked for where the file says.
    #[error("cannot listen for metrics: {0}")]
    Metrics(std::io::Error),
    /// No process can be started and confined that reads what comes.
    #[error("nothing can be read: {0}")]
    Reader(#[from] ContainmentError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// A ward that listens, before it is run.
pub struct Gateway {
    listener: TcpListener,
    web: Option<TcpListener>,
    service: Arc<Service>,
    revocation: Arc<Revocation>,
    state: State,
    /// Threads, and what tells them to end.
    threads: Vec<JoinHandle<()>>,
    ends: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Gateway({})", self.service.configuration.id)
    }
}

fn read(path: &Path) -> Result<String, GatewayError> {
    let text = std::fs::read_to_string(path);
    text.map_err(|error| GatewayError::File { path: path.to_path_buf(), reason: error.to_string() })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address).await.map_err(|source| GatewayError::Listen { address, source })
}

/// What makes results, by the site's policy and key. The key file is sealed under the passphrase of the ward's others, or
/// plain.
pub fn deidentifier(configuration: &Configuration, passphrase: &str) -> Result<Deidentifier, GatewayError> {
    let (path, key_path) = (&configuration.deidentification, &configuration.pseudonym_key);
    let unusable = |path: &Path, reason: String| GatewayError::File { path: path.to_path_buf(), reason };
    let policy = Policy::from_toml(&read(path)?).map_err(|error| unusable(path, error.to_string()))?;
    let text = tls::read_secret(key_path)?;
    let key = if ProjectKey::is_plain_file(&text) {
        ProjectKey::from_text(&text).map_err(|error| unusable(key_path, error.to_string()))?
    } else {
        let secret = key::derive(key_path, passphrase, ProjectKey::PURPOSE);
        ProjectKey::new(*secret.map_err(|error| unusable(key_path, error.to_string()))?)
    };
    Ok(Deidentifier::new(policy, &key, Detail::Counts))
}

impl Gateway {
    /// Opens everything, and listens. What the ward had not dealt with when it stopped is dealt with now. The program is started to
    /// read what comes, and calls [`crate::serve_reader`].
    pub async fn open(
        configuration: Configuration,
        passphrase: &str,
        reader: &Program,
    ) -> Result<Self, GatewayError> {
        // Before anything secret is in memory.
        let readers = Readers::start(reader)?;
        let configuration = Arc::new(configuration);
        let policies = Policies::new(&read(&configuration.policies)?, &configuration)?;
        let of_people = policies.clone();
        let revocation = Arc::new(Revocation::open(&configuration.revocation)?);
        let issuer = Issuer::open(&configuration)?;
        let server = Servers::new(&configuration, &revocation)?;
        for destination in configuration.destinations.iter().chain(&configuration.results_to) {
            tls::client(&configuration, &destination.server_name, &destination.trust)?;
        }
        let signing = configuration.sign_results.as_ref();
        let signing = signing.map(|of| Signing::open(of, passphrase)).transpose()?;
        let deidentifier = deidentifier(&configuration, passphrase)?;
        let known = configuration.canaries.iter().map(medward_upper_layer::Uid::as_str);
        let canaries = known.flat_map(|uid| [uid.to_owned(), deidentifier.uid(uid)]).collect();
        let layers = Arc::new(Layers::new(&configuration, policies, &revocation));
        let state = State::open(&configuration, passphrase)?;
        rollback::look(&state, &configuration)?;
        state.watch.record(&Event::Started {
            configuration: tls::fingerprint(format!("{configuration:?}").as_bytes()),
            layers_off: configuration.layers_off.iter().map(|(layer, _)| layer.word().to_owned()).collect(),
        })?;
        let listener = listen(configuration.listen).await?;
        let web = match configuration.web_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let (next, incoming) = channel();
        left_over(&state, &next)?;
        let (of_state, of_layers) = (state.clone(), Arc::clone(&layers));
        let way_back =
            WayBack::new(of_state, Arc::clone(&configuration), of_layers, deidentifier.clone(), signing);
        way_back.left_over()?;
        let ends = Arc::new(AtomicBool::new(false));
        let mut threads = releasing(&state, &configuration, &layers, &deidentifier, incoming, &ends)?;
        threads.extend(tracing(&state, &configuration, &ends)?);
        let alarms = alarms::start(configuration.terms.clone(), &configuration.state, &state, &ends);
        threads.push(alarms.map_err(GatewayError::Thread)?);
        if let Some(repository) = &configuration.audit {
            threads.push(audit::start(&configuration, repository, &state, &ends)?);
        }
        let (stop, stopped) = watch::channel(false);
        if let Some(at) = configuration.metrics.clone() {
            let (watch, queue) = (Arc::clone(&state.watch), Arc::clone(&state.queue));
            metrics::start(at, watch, queue, stopped.clone()).await.map_err(GatewayError::Metrics)?;
        }
        let ways =
            [(&configuration.destinations, &state.results), (&configuration.results_to, &state.identified)];
        for (destinations, vault) in ways {
            for destination in destinations {
                let forward = Forward {
                    configuration: Arc::clone(&configuration),
                    destination: destination.clone(),
                    vault: vault.clone(),
                    queue: Arc::clone(&state.queue),
                    watch: Arc::clone(&state.watch),
                };
                tokio::spawn(forward.run(stopped.clone()));
            }
        }
        let keep = Arc::new(Keep::new(state.clone(), Arc::clone(&layers), way_back, readers.clone(), next));
        let control = Control {
            directory: configuration.state.clone(),
            state: state.clone(),
            keep: Some(Arc::clone(&keep)),
            deidentifier: Some(deidentifier),
            permits: Permits::new(&configuration, Some(of_people)),
            emergency_seconds: configuration.emergency_seconds,
        };
        threads.push(control::serve(&configuration.state, control, &ends).map_err(GatewayError::Thread)?);
        let retrieval = Retrieval {
            configuration: Arc::clone(&configuration),
            layers: Arc::clone(&layers),
            results: state.results.clone(),
            canaries: Arc::new(canaries),
            readers,
            watch: Arc::clone(&state.watch),
            queue: Arc::clone(&state.queue),
        };
        let service = Service {
            keep,
            retrieval,
            watch: Arc::clone(&state.watch),
            tls: RwLock::new(server),
            associations: Arc::new(Semaphore::new(configuration.bounds.associations_max)),
            by_sender: Mutex::default(),
            tokens: Arc::clone(&state.tokens),
            issuer,
            stopped: stop.subscribe(),
            layers,
            configuration,
        };
        let service = Arc::new(service);
        Ok(Self { listener, web, service, revocation, state, threads, ends, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Where it listens for DICOMweb, if it does.
    pub fn web_address(&self) -> Option<SocketAddr> {
        self.web.as_ref().and_then(|web| web.local_addr().ok())
    }

    async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr, Door)> {
        let web = async {
            match &self.web {
                Some(web) => web.accept().await,
                None => std::future::pending().await,
            }
        };
        let (accepted, door) = tokio::select! {
            accepted = self.listener.accept() => (accepted, Door::Association),
            accepted = web => (accepted, Door::Web),
        };
        accepted.map(|(stream, address)| (stream, address, door))
    }

    /// What it keeps.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes connections until the future comes that tells it to stop; then lets go on what is under way, for a while.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let sources: Arc<Mutex<HashMap<IpAddr, usize>>> = Arc::default();
        tokio::pin!(stop);
        let mut revocation = tokio::time::interval(REVOCATION_EVERY);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                _ = revocation.tick() => {
                    self.read_again();
                    continue;
                }
                accepted = self.accept() => accepted,
            };
            let Ok((stream, address, door)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            // Past the last one there is no answer, which costs nothing.
            let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else { continue };
            let source = Source::count(&sources, address.ip().to_canonical());
            let peer = Peer { door, address: source.address, connections: source.count, secured: None };
            let service = Arc::clone(&self.service);
            tokio::spawn(async move {
                service.serve(stream, peer).await;
                drop((source, permit));
            });
        }
        drop((self.listener, self.web));
        // Nobody is left to ask: what waits is on disk.
        let _ = self.stop.send(true);
        let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(STOPPING, connections.acquire_many(all)).await;
        self.ends.store(true, Ordering::Relaxed);
        control::wake(&self.service.configuration.state);
        drop(self.service);
        let joined = tokio::task::spawn_blocking(move || {
            for thread in self.threads {
                // One that panicked has ended as well.
                let _ = thread.join();
            }
        });
        let _ = joined.await;
    }

    /// New handshakes see a new list at once, and so does the next operation of associations that are open.
    fn read_again(&self) {
        if let Some(Err(error)) = self.service.issuer.as_ref().map(Issuer::read_again) {
            tell(&format!("{error}; the last ones hold"));
        }
        if self.revocation.read_again().is_err() {
            tell("the revocation lists cannot be read; the last ones hold until their next update");
            return;
        }
        if let Ok(server) = Servers::new(&self.service.configuration, &self.revocation) {
            *self.service.tls.write().unwrap_or_else(PoisonError::into_inner) = server;
        }
    }
}

/// A connection of a source, counted until it is dropped.
struct Source {
    sources: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
    count: usize,
}

impl Source {
    fn count(sources: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr) -> Self {
        let mut counts = sources.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        *count = count.saturating_add(1);
        let count = *count;
        drop(counts);
        Self { sources: Arc::clone(sources), address, count }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let mut counts = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Originals that nothing became of yet.
fn left_over(state: &State, next: &Sender<Kept>) -> Result<(), GatewayError> {
    for study in state.originals.studies()?.into_iter().filter(|study| study.erased.is_none()) {
        for receipt in state.originals.objects(&study.study)? {
            let is_open = state.queue.is_open(receipt.object.as_str()).unwrap_or(true);
            if is_open {
                // The receiver lives as long as this runs.
                let _ = next.send(Kept { study: receipt.study, object: receipt.object, trace: None });
            }
        }
    }
    Ok(())
}

/// Starts what writes spans, where the file wants them.
fn tracing(
    state: &State,
    configuration: &Configuration,
    ends: &Arc<AtomicBool>,
) -> Result<Option<JoinHandle<()>>, GatewayError> {
    let Some(path) = &configuration.traces else { return Ok(None) };
    let (traces, thread) = Traces::start(path, &configuration.id, ends)
        .map_err(|error| GatewayError::File { path: path.clone(), reason: error.to_string() })?;
    state.watch.trace_into(traces);
    Ok(Some(thread))
}

/// Starts the threads that release.
fn releasing(
    state: &State,
    configuration: &Arc<Configuration>,
    layers: &Arc<Layers>,
    deidentifier: &Deidentifier,
    incoming: Receiver<Kept>,
    ends: &Arc<AtomicBool>,
) -> Result<Vec<JoinHandle<()>>, GatewayError> {
    let incoming = Arc::new(Mutex::new(incoming));
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let start = |number: usize| {
        let (incoming, ends, deidentifier) = (Arc::clone(&incoming), Arc::clone(ends), deidentifier.clone());
        let (state, configuration, layers) = (state.clone(), Arc::clone(configuration), Arc::clone(layers));
        std::thread::Builder::new()
            .name(format!("release {number}"))
            .spawn(move || Release::new(state, configuration, layers, deidentifier).run(&incoming, &ends))
            .map_err(GatewayError::Thread)
    };
    (0..count).map(start).collect()
}
