//! The log: appends that are durable before they are acknowledged, a signed head over them, tiles for public tools.

use crate::checkpoint::Checkpoint;
use crate::edge::Edge;
use crate::head::{self, HeadError};
use crate::merkle::{Frontier, leaf_hash};
use crate::note::{Note, Signer};
use crate::published;
use crate::segment::{ENTRY_BYTES_MAX, Reader, Step, Writer};
use crate::tile::Tile;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most entries made durable at once.
const BATCH_MAX: usize = 1_024;

/// The head is published at most this often for entries that do not wait for it: with its tiles that is three new files.
const HEAD_EVERY: Duration = Duration::from_millis(100);

/// File names inside a log's directory.
pub(crate) const SEGMENT: &str = "segment";
const LOCK: &str = "lock";

/// Why a log cannot be opened or appended to.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system failed.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process appends.
    #[error("`{0}` is in use by another process; try again when it is done")]
    InUse(PathBuf),
    /// The log lacks entries that its signed head counts, or has others. Appending would bury the damage.
    #[error(
        "the log at `{path}` does not hold what its head signs: {reason}; verify it and restore it from a copy"
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The head is not one of this log, or not signed by its key.
    #[error("the head of the log at `{path}` cannot be used: {reason}")]
    Head {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The entry is empty or too long.
    #[error("an entry has between 1 and {ENTRY_BYTES_MAX} bytes")]
    Length,
    /// The writer stopped after an error of the disk; whether the entry is there is unknown until the log is opened anew.
    #[error("the log stopped after an error of the disk; open it again to see what it holds")]
    Stopped,
}

/// An entry that is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its position, from 0.
    pub index: u64,
}

struct Request {
    entry: Vec<u8>,
    awaits_head: bool,
    answer: Sender<Result<Receipt, LogError>>,
}

/// A log open for appending. Any number of threads may append; one thread writes.
#[derive(Debug)]
pub struct Log {
    requests: Option<Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
    let path = path.to_path_buf();
    move |source| LogError::Io { action, path, source }
}

/// What a directory holds before anything is appended.
struct Found {
    frontier: Frontier,
    edge: Edge,
    bytes: u64,
}

/// Pause between two tries for the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

impl Log {
    /// Opens the log in a directory, or begins one. Entries behind the signed head that a crash left are kept and signed;
    /// tiles that are missing are made anew.
    pub fn open(directory: &Path, signer: Signer) -> Result<Self, LogError> {
        Self::open_within(directory, signer, Duration::ZERO)
    }

    /// Opens the log, waiting as long as given for another process to be done with it.
    pub fn open_within(directory: &Path, signer: Signer, patience: Duration) -> Result<Self, LogError> {
        std::fs::create_dir_all(directory).map_err(io_error("create", directory))?;
        let lock_path = directory.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(io_error("open", &lock_path))?;
        let asked = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::WouldBlock) if asked.elapsed() < patience => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(LogError::InUse(directory.to_path_buf()));
                }
                Err(std::fs::TryLockError::Error(source)) => {
                    return Err(io_error("lock", &lock_path)(source));
                }
            }
        }
        let found = found(directory, &signer)?;
        let segment = directory.join(SEGMENT);
        let writer =
            Writer::open(&segment, found.frontier.size(), found.bytes).map_err(io_error("open", &segment))?;
        let Found { frontier, edge, .. } = found;
        let head = Head { directory: directory.to_path_buf(), signer, frontier, edge };
        head.publish(published::write_where_missing)?;
        head.keep()?;
        let (requests, waiting) = channel();
        let writer = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || write_all(&waiting, writer, head, lock))
            .map_err(io_error("start a thread for", directory))?;
        Ok(Self { requests: Some(requests), writer: Some(writer) })
    }

    /// Appends an entry and waits until it is on stable storage, and the head in place that counts it.
    pub fn append(&self, entry: &[u8]) -> Result<Receipt, LogError> {
        self.request(entry, true)
    }

    /// Appends one of many entries a second and waits until it is on stable storage. The head that counts it may follow, by up to a
    /// tenth of a second; a crash before leaves it to the next opening.
    pub fn append_before_head(&self, entry: &[u8]) -> Result<Receipt, LogError> {
        self.request(entry, false)
    }

    fn request(&self, entry: &[u8], awaits_head: bool) -> Result<Receipt, LogError> {
        if entry.is_empty() || entry.len() > ENTRY_BYTES_MAX {
            return Err(LogError::Length);
        }
        let (answer, answered) = channel();
        let requests = self.requests.as_ref().ok_or(LogError::Stopped)?;
        requests
            .send(Request { entry: entry.to_vec(), awaits_head, answer })
            .map_err(|_| LogError::Stopped)?;
        answered.recv().map_err(|_| LogError::Stopped)?
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // Closing the channel lets the writer finish what waits, then end.
        self.requests.take();
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has answered everyone with an error already.
            let _ = writer.join();
        }
    }
}

/// Makes what waits durable in groups until nobody can ask any more or the disk fails.
fn write_all(waiting: &Receiver<Request>, mut writer: Writer, mut head: Head, lock: File) {
    let mut published = Published { last: None, is_behind: false };
    loop {
        let first = match waiting.recv_timeout(published.patience()) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) if published.now(&head).is_ok() => continue,
            Err(_) => break,
        };
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(BATCH_MAX.saturating_sub(1)));
        let start = head.frontier.size();
        for request in &batch {
            writer.add(&request.entry);
        }
        if writer.commit().is_err() {
            // After a failed sync the page cache may claim what the disk does not hold: nothing is acknowledged any more.
            break;
        }
        let signed = batch.iter().try_for_each(|request| head.push(&request.entry));
        let awaited = batch.iter().any(|request| request.awaits_head);
        let signed = signed.and_then(|()| published.after_batch(&head, awaited)).is_ok();
        for (index, request) in (start..).zip(batch) {
            // Without a head the entries are there, and the next opening signs them.
            let answer = if signed { Ok(Receipt { index }) } else { Err(LogError::Stopped) };
            // Whoever asked may have gone; the entry stands all the same.
            let _ = request.answer.send(answer);
        }
        if !signed {
            break;
        }
    }
    // What cannot be published or kept now is signed anew by the next opening.
    let _ = published.now(&head).and_then(|()| head.keep());
    drop(lock);
}

/// When the head was published.
struct Published {
    last: Option<Instant>,
    /// There are entries that it does not count.
    is_behind: bool,
}

impl Published {
    /// How long the writer may wait for an entry.
    fn patience(&self) -> Duration {
        let left = |last: Instant| HEAD_EVERY.saturating_sub(last.elapsed());
        if self.is_behind { self.last.map(left).unwrap_or_default() } else { Duration::MAX }
    }

    fn after_batch(&mut self, head: &Head, awaited: bool) -> Result<(), LogError> {
        self.is_behind = true;
        let is_early = self.last.is_some_and(|last| last.elapsed() < HEAD_EVERY);
        if is_early && !awaited { Ok(()) } else { self.now(head) }
    }

    fn now(&mut self, head: &Head) -> Result<(), LogError> {
        if self.is_behind {
            head.publish(published::write_ahead_of_head)?;
            (self.last, self.is_behind) = (Some(Instant::now()), false);
        }
        Ok(())
    }
}

/// The signed head and what it is made of.
struct Head {
    directory: PathBuf,
    signer: Signer,
    frontier: Frontier,
    edge: Edge,
}

impl Head {
    /// Counts an entry and publishes the tiles that it fills.
    fn push(&mut self, entry: &[u8]) -> Result<(), LogError> {
        let leaf = leaf_hash(entry);
        self.frontier.push(leaf);
        let directory = &self.directory;
        let written =
            self.edge.push(entry, leaf, &mut |tile, bytes| published::write(directory, tile, bytes));
        written.map_err(io_error("publish tiles in", directory))
    }

    /// Publishes the partial tiles, then the head: whoever reads a head finds the tiles it counts.
    fn publish(&self, write: fn(&Path, Tile, &[u8]) -> io::Result<()>) -> Result<(), LogError> {
        let directory = &self.directory;
        let write = |tile, bytes: &[u8]| write(directory, tile, bytes);
        self.edge.partial(&mut { write }).map_err(io_error("publish tiles in", directory))?;
        self.sign()
    }

    /// Signs the head as it is and puts it in place.
    fn sign(&self) -> Result<(), LogError> {
        head::write(&self.directory, &self.note()?).map_err(io_error("replace the head in", &self.directory))
    }

    /// Signs the head as it is and puts it on stable storage, for after a power cut.
    fn keep(&self) -> Result<(), LogError> {
        let kept = head::write_synced(&self.directory, &self.note()?);
        kept.map_err(io_error("keep the head in", &self.directory))
    }

    fn note(&self) -> Result<Note, LogError> {
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size: self.frontier.size(),
            root: self.frontier.root(),
            extensions: Vec::new(),
        };
        let head = |reason: String| LogError::Head { path: self.directory.clone(), reason };
        let mut note = Note::new(checkpoint.to_string()).map_err(|error| head(error.to_string()))?;
        note.add(self.signer.sign(note.text(), 0));
        Ok(note)
    }
}

/// Reads what is there and holds it against the signed head.
fn found(directory: &Path, signer: &Signer) -> Result<Found, LogError> {
    let known = head::read(directory, signer.verifier()).map_err(|error| match error {
        HeadError::Io(source) => io_error("read the head in", directory)(source),
        HeadError::Form(reason) => LogError::Head { path: directory.to_path_buf(), reason },
    })?;
    let known = known.map(|found| found.checkpoint);
    let path = directory.join(SEGMENT);
    let mut reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(error) if error.kind() == io::ErrorKind::NotFound && known.is_none() => {
            return Ok(Found { frontier: Frontier::default(), edge: Edge::default(), bytes: 0 });
        }
        Err(error) => return Err(io_error("read", &path)(error)),
    };
    let damaged = |reason: String| LogError::Damaged { path: directory.to_path_buf(), reason };
    let (mut frontier, mut tiles) = (Frontier::default(), published::Comparison::of(directory));
    let mut is_same = known.as_ref().is_none_or(|head| head.size == 0);
    while let Step::Entry(entry) = reader.step().map_err(io_error("read", &path))? {
        let leaf = leaf_hash(&entry);
        frontier.push(leaf);
        tiles.push(&entry, leaf);
        if let Some(head) = known.as_ref().filter(|head| head.size == frontier.size()) {
            if head.root != frontier.root() {
                return Err(damaged(format!("its first {} entries have another root", head.size)));
            }
            is_same = true;
        }
    }
    match known {
        Some(head) if !is_same => {
            Err(damaged(format!("entry {} of {} is missing or changed", frontier.size(), head.size)))
        }
        _ => {
            let (edge, is_complete) = tiles.into_edge();
            if !is_complete {
                publish_anew(&path, directory).map_err(io_error("publish tiles in", directory))?;
            }
            Ok(Found { frontier, edge, bytes: reader.bytes })
        }
    }
}

/// Writes the full tiles that are missing or differ. Only for a segment that holds what its head signs: damaged entries must not
/// spoil the tiles, which are a second copy of them.
fn publish_anew(segment: &Path, directory: &Path) -> io::Result<()> {
    let (mut reader, mut edge) = (Reader::open(segment)?, Edge::default());
    let write = |tile, bytes: &[u8]| published::write_where_missing(directory, tile, bytes);
    while let Step::Entry(entry) = reader.step()? {
        edge.push(&entry, leaf_hash(&entry), &mut { write })?;
    }
    Ok(())
}
