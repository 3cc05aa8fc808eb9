//! `watch`: what happened, into the ledger of the ward. Entries hold digests, words of closed lists and ids of the file; no patient.
//!
//! If an entry cannot be written, nothing is released any more; images are still taken in and kept, and what is owed to the ledger
//! is written once it can be ([`crate::release`]). Refusals of strangers are counted and written at most once in a while for each
//! reason, so that a flood of them cannot fill the disk.

use crate::decision::Refusal;
use crate::metrics::Metrics;
use crate::tell::tell;
use crate::traces::{Context, Name, Span, Traces};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use medward_ledger::note::{KeyKind, NoteError};
use medward_ledger::{Log, LogError, Signer};
use medward_ward_ledger::{Entry, Event};
use sha2::Sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Refusals of one kind are written at most this often.
const REFUSALS_EVERY: Duration = Duration::from_secs(10);
/// Kinds of refusal that are counted by address at once; further ones are counted without it, so that many addresses fill no disk.
const SOURCES_MAX: usize = 8;
/// Bytes of the label of an address.
const LABEL_BYTES: usize = 6;
/// How long another process may have the ledger.
const PATIENCE: Duration = Duration::from_secs(10);

/// What refusals are counted by: what, whom, and the label of an address.
type Kind = (Refusal, Option<String>, Option<String>);

#[derive(Debug)]
struct Counted {
    times: u64,
    written: Option<Instant>,
}

impl Counted {
    fn is_due(&self) -> bool {
        self.written.is_none_or(|written| written.elapsed() >= REFUSALS_EVERY)
    }
}

/// The ledger of a ward, opened again after an error of the disk.
pub struct Watch {
    directory: PathBuf,
    name: String,
    secret: Zeroizing<[u8; 32]>,
    log: RwLock<Option<Log>>,
    refusals: Mutex<HashMap<Kind, Counted>>,
    totals: Mutex<HashMap<Refusal, u64>>,
    metrics: Metrics,
    /// Entries known to be on stable storage: as many as the last acknowledged one has before it, and itself.
    durable: AtomicU64,
    /// It lacks entries, and nobody has looked yet.
    is_held: AtomicBool,
    /// What begins spans, where the file wants them.
    traces: OnceLock<Traces>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Watch({})", self.name)
    }
}

/// Why nothing could be written.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The ledger.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The name of the ward is no name of a key.
    #[error("the ledger's key: {0}")]
    Key(#[from] NoteError),
    /// The entry.
    #[error("an entry cannot be made: {0}")]
    Form(#[from] serde_json::Error),
    /// It lacks entries.
    #[error("the ledger lacks entries: look why, and then give `medward ward resume`")]
    Held,
}

/// Whether something leaves by this.
const fn leaves(event: &Event) -> bool {
    matches!(
        event,
        Event::Released { .. }
            | Event::Returned { .. }
            | Event::Queried { .. }
            | Event::HandedOut { .. }
            | Event::Reidentified { .. }
    )
}

impl Watch {
    /// Opens the ledger in a directory. The key is kept, to open it again after an error; where the disk does not let it be opened, it is
    /// tried again with the first entry, so that a full disk keeps nobody from the images. A damaged ledger is an error.
    pub fn open(directory: &Path, name: &str, secret: Zeroizing<[u8; 32]>) -> Result<Self, WatchError> {
        let watch = Self {
            directory: directory.to_path_buf(),
            name: name.to_owned(),
            secret,
            log: RwLock::new(None),
            refusals: Mutex::default(),
            totals: Mutex::default(),
            metrics: Metrics::default(),
            durable: AtomicU64::new(0),
            is_held: AtomicBool::new(false),
            traces: OnceLock::new(),
        };
        match watch.open_again(PATIENCE) {
            Ok(()) | Err(WatchError::Log(LogError::Io { .. } | LogError::Stopped)) => Ok(watch),
            Err(error) => Err(error),
        }
    }

    fn signer(&self) -> Result<Signer, NoteError> {
        Signer::new(&self.name, KeyKind::Log, &self.secret)
    }

    /// The public key that the ledger is verified with.
    pub fn verifier(&self) -> Result<String, WatchError> {
        Ok(self.signer()?.verifier().to_string())
    }

    fn open_again(&self, patience: Duration) -> Result<(), WatchError> {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        // The old one gives its lock back first.
        *log = None;
        *log = Some(Log::open_within(&self.directory, self.signer()?, patience)?);
        Ok(())
    }

    /// Writes an entry and waits until it is on stable storage. After an error of the disk the ledger is opened anew, once.
    /// While the ledger lacks entries, nothing that leaves is written down, and so nothing leaves.
    pub fn record(&self, event: &Event) -> Result<(), WatchError> {
        if leaves(event) && self.is_held() {
            return Err(WatchError::Held);
        }
        let bytes = Entry { at: Timestamp::now().as_second(), event: event.clone() }.bytes()?;
        let is_of_each_image =
            matches!(event, Event::Received { .. } | Event::Released { .. } | Event::Sent { .. });
        let append = || {
            let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
            let log = log.as_ref().ok_or(LogError::Stopped)?;
            if is_of_each_image { log.append_before_head(&bytes) } else { log.append(&bytes) }
        };
        let receipt = match append() {
            Err(LogError::Stopped) => {
                self.open_again(Duration::ZERO)?;
                append()?
            }
            other => other?,
        };
        self.durable.fetch_max(receipt.index.saturating_add(1), Ordering::Release);
        self.metrics.count(event);
        Ok(())
    }

    /// Has spans written from now on.
    pub(crate) fn trace_into(&self, traces: Traces) {
        // The first ones stay.
        let _ = self.traces.set(traces);
    }

    /// Begins a span; nothing where nobody traces.
    pub(crate) fn span(&self, name: Name, parent: Option<Context>) -> Span {
        self.traces.get().map(|traces| traces.begin(name, parent)).unwrap_or_default()
    }

    /// Has nothing written down that leaves, or has it again.
    pub(crate) fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::Release);
    }

    /// Whether nothing may leave.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Acquire)
    }

    /// How many entries are known to be on stable storage; 0 before the first is written.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// What was written since the ward began to run.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Refusals since the ward began to run, by layer and reason.
    pub fn totals(&self) -> HashMap<Refusal, u64> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a refusal that is written down elsewhere, or not at all.
    pub(crate) fn count(&self, refusal: &Refusal) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let total = totals.entry(refusal.clone()).or_default();
        *total = total.saturating_add(1);
    }

    /// Counts a refusal, and writes it where none of its kind was written lately.
    pub fn refused(&self, refusal: &Refusal, sender: Option<&str>) -> Result<(), WatchError> {
        self.refused_from(refusal, sender, None)
    }

    /// The same, of an address. The ledger has a keyed label of it; what the label stands for is told to the ward's own log, which
    /// can be erased.
    pub fn refused_from(
        &self,
        refusal: &Refusal,
        sender: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<(), WatchError> {
        self.count(refusal);
        let label = address.map(|address| self.label(address));
        let (kind, times, is_new_source) = {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            let mut kind = (refusal.clone(), sender.map(str::to_owned), label);
            let is_known = refusals.contains_key(&kind);
            if !is_known && refusals.keys().filter(|(.., source)| source.is_some()).count() >= SOURCES_MAX {
                kind.2 = None;
            }
            let counted = refusals.entry(kind.clone()).or_insert(Counted { times: 0, written: None });
            counted.times = counted.times.saturating_add(1);
            if !counted.is_due() {
                return Ok(());
            }
            counted.written = Some(Instant::now());
            let times = std::mem::take(&mut counted.times);
            (kind, times, !is_known)
        };
        if let (true, Some(address), Some(label)) = (is_new_source, address, &kind.2) {
            tell(&format!("refusals of {address} stand in the ledger as `{label}`"));
        }
        self.write_refused(kind, times)
    }

    fn write_refused(&self, (refusal, sender, source): Kind, times: u64) -> Result<(), WatchError> {
        let (layer, reason) = (refusal.layer.word().to_owned(), refusal.reason.to_owned());
        self.record(&Event::Refused { layer, reason, sender, source, times })
    }

    /// Writes refusals that were only counted, once their time has come, and forgets whom nothing was refused lately.
    pub(crate) fn tell_refusals(&self) {
        let mut due = Vec::new();
        {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.retain(|kind, counted| {
                if !counted.is_due() {
                    return true;
                }
                if counted.times > 0 {
                    due.push((kind.clone(), std::mem::take(&mut counted.times)));
                    counted.written = Some(Instant::now());
                    return true;
                }
                false
            });
        }
        for (kind, times) in due {
            // A ledger that cannot be written changes nothing about a refusal.
            let _ = self.write_refused(kind, times);
        }
    }

    /// What stands for an address in the ledger: letters, from a key. An IPv6 address counts by its network of 64 bits, which one peer has
    /// to itself.
    fn label(&self, address: IpAddr) -> String {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => (address.to_bits() >> 64).to_string(),
        };
        // HMAC takes keys of every length.
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_slice());
        let digest =
            mac.map(|mac| mac.chain_update("address\n").chain_update(network).finalize().into_bytes());
        let letter = |half: u8| char::from(b'a'.saturating_add(half));
        let digest = digest.unwrap_or_default();
        digest.iter().take(LABEL_BYTES).flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medward_file::kinds::WardLayer;
    use medward_ledger::VerifierKey;

    fn entries(directory: &Path) -> Vec<serde_json::Value> {
        let mut reader = medward_ledger::segment::Reader::open(&directory.join("segment")).unwrap();
        let mut found = Vec::new();
        while let medward_ledger::segment::Step::Entry(bytes) = reader.step().unwrap() {
            found.push(serde_json::from_slice(&bytes).unwrap());
        }
        found
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_the_ledger_verifies() {
        let directory = tempfile::tempdir().unwrap();
        let watch = Watch::open(directory.path(), "W-1", Zeroizing::new([7; 32])).unwrap();
        let refusal = Refusal::new(WardLayer::Perimeter, "unknown-network");
        for _ in 0..10_000 {
            watch.refused(&refusal, None).unwrap();
        }
        watch.refused(&Refusal::new(WardLayer::Identity, "no-certificate"), Some("CT-1")).unwrap();
        // Addresses are labels, and no number of them fills the ledger.
        let strange = Refusal::new(WardLayer::Transport, "handshake-failed");
        for host in 0..1_000_u32 {
            let address = IpAddr::from(host.to_be_bytes());
            watch.refused_from(&strange, None, Some(address)).unwrap();
        }
        let verifier = VerifierKey::parse(&watch.verifier().unwrap()).unwrap();
        drop(watch);
        let found = entries(directory.path());
        assert_eq!(found.len(), 2 + SOURCES_MAX + 1, "{found:?}");
        let sources: Vec<_> = found.iter().filter_map(|entry| entry["source"].as_str()).collect();
        assert_eq!(sources.len(), SOURCES_MAX);
        assert!(sources.iter().all(|source| source.len() == 12 && !source.contains('.')), "{sources:?}");
        assert_eq!((&found[0]["layer"], &found[0]["times"]), (&"perimeter".into(), &1.into()));
        assert!(medward_ledger::verify(directory.path(), &verifier, &[]).is_ok());
    }
}
