//! Whether the ledger still is the one that the ward left: what else the ward keeps bears witness to it.
//!
//! A ledger that was put back to an earlier day is sound in itself. But the vaults then hold objects that it never heard of, and who
//! follows it stands behind its end. Such a ward goes on taking images, and releases nothing until somebody looked. Whoever puts back
//! the whole directory is found by what is elsewhere: the audit repository, and copies of the ledger's head.

use crate::configuration::Configuration;
use crate::control::{Answered, Control, done, reason, text};
use crate::follow;
use crate::gateway::GatewayError;
use crate::keep::hex;
use crate::queue::QueueError;
use crate::state::{State, StateError};
use crate::tell::tell;
use medward_detector::Pattern;
use medward_ledger::segment::{Reader, Step};
use medward_vault::{Receipt, Vault, VaultError};
use medward_ward_ledger::{Entry, Event, LEDGER, Vouchers};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// Files that hold how far somebody followed the ledger, in the directory of a ward.
const FOLLOWED: [&str; 2] = ["alarms/known", "audit/followed"];

/// What the ledger says of itself, and what of the vaults it does not know.
struct Compared {
    /// Where it ends.
    end: follow::Place,
    /// It was found to lack entries, and nobody has looked since.
    is_open: bool,
    /// Of originals; a kill leaves a few that were never acknowledged.
    originals: Vec<Receipt>,
    /// Of results.
    results: Vec<Receipt>,
    /// Of results that carry their patient again.
    identified: Vec<Receipt>,
}

/// Why it cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The ledger.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
    /// The disk.
    #[error("cannot read `{path}`: {source}")]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn io_of(path: &Path) -> impl FnOnce(io::Error) -> RollbackError {
    let path = path.to_path_buf();
    move |source| RollbackError::Io { path, source }
}

fn each(vault: &Vault, mut look: impl FnMut(Receipt)) -> Result<(), VaultError> {
    for study in vault.studies()?.into_iter().filter(|study| study.erased.is_none()) {
        vault.objects(&study.study)?.into_iter().for_each(&mut look);
    }
    Ok(())
}

/// Strikes out what an entry knows of.
fn strike(unknown: &mut HashSet<String>, event: &Event) {
    match event {
        Event::Received { object, .. }
        | Event::Found { object, .. }
        | Event::Returned { object, .. }
        | Event::Quarantined { object, .. } => {
            unknown.remove(object);
        }
        Event::Released { original, object, .. } => {
            unknown.remove(original);
            unknown.remove(object);
        }
        _ => {}
    }
}

fn compare(state: &State, directory: &Path) -> Result<Compared, RollbackError> {
    let vaults = [&state.originals, &state.results, &state.identified];
    let mut unknown = HashSet::new();
    for vault in vaults {
        each(vault, |receipt| unknown.extend([hex(receipt.digest)]))?;
    }
    for entry in state.queue.all_owed()? {
        if let Ok(event) = serde_json::from_str(&entry) {
            strike(&mut unknown, &event);
        }
    }
    let segment = directory.join(LEDGER).join("segment");
    let (mut is_open, mut end) = (false, follow::Place::default());
    match Reader::open(&segment) {
        Ok(mut reader) => {
            while let Step::Entry(bytes) = reader.step().map_err(io_of(&segment))? {
                let Some(Entry { event, .. }) = Entry::parse(&bytes) else { continue };
                match event {
                    Event::RolledBack { .. } => is_open = true,
                    Event::Resumed { .. } => is_open = false,
                    other => strike(&mut unknown, &other),
                }
            }
            end = follow::Place { count: reader.count, bytes: reader.bytes };
        }
        // A full disk kept it from being begun.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_of(&segment)(error)),
    }
    let mut left = vaults.map(|_| Vec::new());
    for (vault, left) in vaults.into_iter().zip(&mut left) {
        each(vault, |receipt| left.extend(unknown.contains(&hex(receipt.digest)).then_some(receipt)))?;
    }
    let [originals, results, identified] = left;
    Ok(Compared { end, is_open, originals, results, identified })
}

fn found(state: &State, receipts: &[Receipt]) -> Result<(), RollbackError> {
    for receipt in receipts {
        let (object, study_key, bytes) = (hex(receipt.digest), hex(receipt.key), receipt.bytes);
        state.watch.record(&Event::Found { object, study_key, bytes })?;
    }
    Ok(())
}

/// At the start, before anything is written: compares, and has the ward release nothing where the ledger lacks entries.
pub(crate) fn look(state: &State, configuration: &Configuration) -> Result<(), RollbackError> {
    let directory = &configuration.state;
    let compared = compare(state, directory)?;
    let Compared { end, is_open, originals, results, identified } = &compared;
    let mut entries = 0;
    for path in FOLLOWED.map(|name| directory.join(name)) {
        let behind = follow::set_back(&path, *end).map_err(io_of(&path))?;
        entries = entries.max(behind);
    }
    // Whoever deals with an original, or brings a result back, has the ledger know of it first.
    let mut certain = identified.len();
    for receipt in originals {
        certain = certain.saturating_add(usize::from(!state.queue.is_open(receipt.object.as_str())?));
    }
    // A kill comes between vault and ledger once for each association and each thread at most.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let in_flight = configuration.bounds.associations_max.saturating_add(threads);
    let all =
        [originals, results, identified].iter().fold(0_usize, |all, some| all.saturating_add(some.len()));
    let lacks = entries > 0 || certain > 0 || all > in_flight;
    if !lacks && !is_open {
        // They were never acknowledged, and go their way all the same.
        return found(state, originals);
    }
    if lacks && !is_open {
        state.watch.record(&Event::RolledBack { entries, objects: all as u64 })?;
        // Here and not by a detector: whoever could write to the ledger may have taken from the detectors what they knew.
        let (detector, about) = (Pattern::Rollback.word().to_owned(), configuration.id.clone());
        let title = format!("{about}: the ledger lacks entries; nothing is released until somebody looked");
        state.watch.record(&Event::Alarmed { detector, about, title })?;
    }
    state.watch.hold(true);
    tell(&format!(
        "THE LEDGER LACKS ENTRIES: it was put back to an earlier day, or is another one ({entries} entries, {all} objects that it does not \
         know). Images are taken, and nothing is released until somebody looked, and gave `medward ward resume`"
    ));
    Ok(())
}

impl From<RollbackError> for GatewayError {
    fn from(error: RollbackError) -> Self {
        match error {
            RollbackError::Vault(error) => error.into(),
            RollbackError::Queue(error) => StateError::from(error).into(),
            RollbackError::Watch(error) => error.into(),
            RollbackError::Io { path, source } => Self::File { path, reason: source.to_string() },
        }
    }
}

impl Control {
    /// Somebody looked at why the ledger lacks entries: it is told what it does not know, and the ward releases again.
    pub(crate) fn resume(&self, because: &str, by: Option<Vouchers>) -> Answered {
        let because = reason(because)?;
        let compared = compare(&self.state, &self.directory).map_err(text)?;
        if !compared.is_open {
            return Err("the ledger lacks nothing, and nothing is held for it".to_owned());
        }
        for some in [&compared.originals, &compared.results, &compared.identified] {
            found(&self.state, some).map_err(text)?;
        }
        self.state.watch.record(&Event::Resumed { because, by }).map_err(text)?;
        self.state.watch.hold(false);
        done("the ledger says so, and what waits is released".to_owned())
    }
}
