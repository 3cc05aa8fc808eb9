//! Who was let in, kept out or given identified data, into the ledger: ids of the file and of pages, never what somebody typed.
//!
//! Signing in must not wait for a disk, and whoever guesses must not fill the ledger: what is alike is counted and written together.
//! Identified data is another matter: [`Journal::before`] writes first, and what cannot be written down is not shown.

use jiff::Timestamp;
use medward_acting::{ActError, LedgerKey};
use medward_ledger::{Came, Entry, RecordId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long after a sign-in it is written at the latest, and after a refusal: refusals can be many.
const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(30);
/// Pause after the ledger could not be written.
const AGAIN: Duration = Duration::from_secs(10);

/// Something that happened, without when.
type Seen = (Came, Option<String>, &'static str);

/// What is waiting, counted.
type Waiting = BTreeMap<Seen, u64>;

/// Writes accesses into the ledger of a device.
#[derive(Debug)]
pub(crate) struct Journal {
    directory: PathBuf,
    key: Arc<LedgerKey>,
    seen: Mutex<Option<Sender<Seen>>>,
    problem: Arc<Mutex<Option<String>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    pub(crate) fn open(directory: &Path, key: &Arc<LedgerKey>) -> Self {
        let (seen, waiting) = channel();
        let problem = Arc::new(Mutex::new(None));
        let thread = {
            let (directory, key, problem) = (directory.to_owned(), Arc::clone(key), Arc::clone(&problem));
            std::thread::spawn(move || keep(&directory, &key, &waiting, &problem))
        };
        let directory = directory.to_owned();
        Self {
            directory,
            key: Arc::clone(key),
            seen: Mutex::new(Some(seen)),
            problem,
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Notes what happened; it is written soon. `person` is an id of the file, or nobody.
    pub(crate) fn note(&self, came: Came, person: Option<&str>, what: &'static str) {
        if let Some(seen) = &*lock(&self.seen) {
            // The thread ends with this alone.
            let _ = seen.send((came, person.map(str::to_owned), what));
        }
    }

    /// Writes that a person is given what identifies somebody, before they are.
    pub(crate) fn before(&self, person: &str, what: &str) -> Result<u64, ActError> {
        let entry = entry(Came::Identified, Some(person), what, 1)?;
        Ok(self.key.open(&self.directory)?.append(&entry.canonical()?)?.index)
    }

    /// Writes what is left and takes nothing more.
    pub(crate) fn end(&self) {
        lock(&self.seen).take();
        if let Some(thread) = lock(&self.thread).take() {
            // It panics over nothing that could be mended here.
            let _ = thread.join();
        }
    }

    /// Why accesses cannot be written at the moment.
    pub(crate) fn problem(&self) -> Option<String> {
        lock(&self.problem).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn entry(came: Came, person: Option<&str>, what: &str, count: u64) -> Result<Entry, ActError> {
    let person = person.map(RecordId::try_from).transpose()?;
    let received = Timestamp::now().as_second();
    Ok(Entry::Access { came, person, what: RecordId::try_from(what)?, count, received, signed: None })
}

/// Collects what happened and writes it in groups until nobody can tell of anything any more.
fn keep(directory: &Path, key: &LedgerKey, seen: &Receiver<Seen>, problem: &Mutex<Option<String>>) {
    let mut waiting = Waiting::new();
    let mut due: Option<Instant> = None;
    loop {
        let left = due.map_or(LATER, |due| due.saturating_duration_since(Instant::now()));
        let ends = match seen.recv_timeout(left) {
            Ok(one) => {
                let soon = if one.0 == Came::Refused { LATER } else { SOON };
                let by = Instant::now().checked_add(soon);
                due = due.into_iter().chain(by).min();
                let count = waiting.entry(one).or_default();
                *count = count.saturating_add(1);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        let written = write(directory, key, &mut waiting);
        due = if waiting.is_empty() { None } else { Instant::now().checked_add(AGAIN) };
        *lock(problem) = written.err().map(|error| error.to_string());
        if ends {
            return;
        }
    }
}

/// Writes what waits; what could not be written goes on waiting.
fn write(directory: &Path, key: &LedgerKey, waiting: &mut Waiting) -> Result<(), ActError> {
    if waiting.is_empty() {
        return Ok(());
    }
    let log = key.open(directory)?;
    while let Some(((came, person, what), count)) = waiting.first_key_value() {
        let entry = entry(*came, person.as_deref(), what, *count)?;
        log.append(&entry.canonical()?)?;
        waiting.pop_first();
    }
    Ok(())
}
