//! The device as it stands: file and ledger, read again when either changes, and what all pages need of them. No request waits for
//! that, and what was read last is shown, with the reason, while something newer cannot be.

use crate::WebError;
use crate::exposed::{Counting, Exposed, Row};
use crate::summary::{self, CatalogRow, ClockRow, Map, RiskRow};
use axum::body::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_diagnostic::Diagnostic;
use medward_file::{Limits, SecurityFile, load};
use medward_ledger::Checkpoint;
use medward_live::{DIRECTORY, live};
use medward_risk::{FileMethod, register};
use medward_rules::{Live, Ring, check, rings};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often file and ledger are looked at for a change.
const LOOK: Duration = Duration::from_secs(2);
/// After how long they are read again though nothing changed: proof runs out and clocks run.
const AGE: Duration = Duration::from_mins(1);
/// How long whoever has written something waits for it to be shown.
const RENEWED: Duration = Duration::from_secs(5);
/// How many times longer than it takes the reading is left alone at least, where nothing changed.
const REST: u32 = 20;

/// What is shown.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) directory: PathBuf,
    pub(crate) file: SecurityFile,
    pub(crate) live: Live,
    pub(crate) head: Checkpoint,
    pub(crate) findings: Vec<Diagnostic>,
    /// Worst first.
    pub(crate) risks: Vec<RiskRow>,
    /// Safety and privacy, with the controls in force.
    pub(crate) maps: [Map; 2],
    pub(crate) rings: Vec<Ring>,
    /// Open clocks, the first to end first.
    pub(crate) clocks: Vec<ClockRow>,
    pub(crate) catalogs: Vec<CatalogRow>,
    /// Zones, assets and flows, as SVG.
    pub(crate) drawing: Bytes,
    exposed: Exposed,
}

impl Snapshot {
    fn read(directory: &Path) -> Result<Self, WebError> {
        let (file, mut findings) = load(directory, Limits::default());
        let read = live(&file, directory, |_| Timestamp::now(), true)?;
        let read = read.ok_or_else(|| WebError::NoLedger(directory.join(DIRECTORY)))?;
        let live = read.live;
        findings.extend(check(&file, TimeZone::UTC.to_datetime(live.at).date(), Some(&live)));
        let method = FileMethod::of(&file);
        let ranked = register(&file, &method, |control| live.is_in_force(control));
        let (risks, maps) = (summary::risks(&ranked, &method), summary::maps(&ranked, &method));
        let rings = rings(&file, |control| live.is_in_force(control));
        let (clocks, catalogs) = (summary::clocks(&file, &live)?, summary::catalogs(&file)?);
        let directory = directory.to_owned();
        let (exposed, drawing) = (Exposed::default(), medward_paths::svg::draw(&file).into());
        let head = read.head;
        let read = Self {
            directory,
            file,
            live,
            head,
            findings,
            risks,
            maps,
            rings,
            clocks,
            catalogs,
            drawing,
            exposed,
        };
        // What is asked for first is there before anybody asks.
        read.exposed(Counting::Proven, &BTreeSet::new());
        Ok(read)
    }

    /// The weakest path of every pair of entry and critical asset with these layers lost, the weakest first.
    pub(crate) fn exposed(&self, counting: Counting, lost: &BTreeSet<String>) -> Arc<[Row]> {
        self.exposed.without(&(counting, lost.clone()), &self.file, &self.live)
    }

    /// What the device is called.
    pub(crate) fn name(&self) -> &str {
        self.file.device.as_ref().map_or("unnamed device", |(_, device)| &device.name)
    }
}

#[derive(Debug)]
struct Shown {
    snapshot: Arc<Snapshot>,
    problem: Option<String>,
}

/// The device, kept up to date.
#[derive(Debug)]
pub(crate) struct Device {
    shown: Arc<RwLock<Shown>>,
    changes: watch::Receiver<u64>,
    wake: Sender<()>,
}

impl Device {
    /// Reads file and ledger, and goes on watching them.
    pub(crate) fn open(directory: &Path) -> Result<Self, WebError> {
        let stamp = stamp(directory);
        let began = Instant::now();
        let snapshot = Arc::new(Snapshot::read(directory)?);
        let took = began.elapsed();
        let shown = Arc::new(RwLock::new(Shown { snapshot, problem: None }));
        let (sender, changes) = watch::channel(0);
        let (wake, woken) = channel();
        let (watched, directory) = (Arc::downgrade(&shown), directory.to_owned());
        std::thread::spawn(move || watch(&watched, &directory, &sender, &woken, stamp, took));
        Ok(Self { shown, changes, wake })
    }

    /// As it was read last.
    pub(crate) fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).snapshot)
    }

    /// Why nothing newer can be shown.
    pub(crate) fn problem(&self) -> Option<String> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).problem.clone()
    }

    /// Has file and ledger read now.
    pub(crate) fn wake(&self) {
        // Nobody watches any more only where everything ends.
        let _ = self.wake.send(());
    }

    /// Has file and ledger read now, and waits for that, though not for long: who has just written wants to see it.
    pub(crate) async fn renewed(&self) {
        let mut changes = self.changes();
        changes.mark_unchanged();
        if self.wake.send(()).is_ok() {
            // Where it takes longer the page tells of it when it is there.
            let _ = tokio::time::timeout(RENEWED, changes.changed()).await;
        }
    }

    /// Tells when there is something newer.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

fn watch(
    shown: &Weak<RwLock<Shown>>,
    directory: &Path,
    changes: &watch::Sender<u64>,
    woken: &Receiver<()>,
    mut known: u64,
    mut took: Duration,
) {
    let mut read_at = Instant::now();
    loop {
        let is_woken = match woken.recv_timeout(LOOK) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let Some(shown) = shown.upgrade() else { return };
        // Before the reading, so that a change meanwhile is seen at the next look.
        let stamp = stamp(directory);
        if !is_woken && stamp == known && read_at.elapsed() < AGE.max(took.saturating_mul(REST)) {
            continue;
        }
        let began = Instant::now();
        let read = Snapshot::read(directory);
        (took, read_at, known) = (began.elapsed(), Instant::now(), stamp);
        let mut shown = shown.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(snapshot) => *shown = Shown { snapshot: Arc::new(snapshot), problem: None },
            Err(error) => shown.problem = Some(error.to_string()),
        }
        drop(shown);
        changes.send_modify(|version| *version = version.wrapping_add(1));
    }
}

/// A number that changes with any file of the directory or the head of the ledger.
fn stamp(directory: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort_unstable();
        for path in paths {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != DIRECTORY) {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                hash(&path, &mut hasher);
            }
        }
    }
    hash(&directory.join(DIRECTORY).join("checkpoint"), &mut hasher);
    hasher.finish()
}

fn hash(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if let Ok(data) = path.metadata() {
        data.len().hash(hasher);
        data.modified().ok().hash(hasher);
    }
}
