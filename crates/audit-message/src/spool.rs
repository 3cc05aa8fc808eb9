//! The spool: messages on disk from the moment they are made until the server has them. Bounded; a full one refuses, and drops nothing.
//!
//! A directory of numbered files in the form of the ledger's segment, and one file that says up to which message the server has
//! them. That one is written when there is time: after a crash some messages are sent twice, and none never.

use medward_ledger::segment::{ENTRY_BYTES_MAX, Reader, Step, Writer};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes after which a new file is begun.
const FILE_BYTES: u64 = 4 << 20;
const SETTLED: &str = "settled";

/// Why a message is not kept.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// As many bytes wait as may: the server was not reached for long. Nothing that waits was dropped.
    #[error(
        "{waiting} bytes of audit messages wait for the server, {most} may; nothing more can be recorded"
    )]
    Full {
        /// Bytes that wait.
        waiting: u64,
        /// Bytes that may.
        most: u64,
    },
    /// The message is empty or too long.
    #[error("an audit message has 1 to {ENTRY_BYTES_MAX} bytes")]
    Length,
    /// The system failed.
    #[error("cannot {action} audit messages in `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has the spool.
    #[error("the audit messages in `{0}` are in use by another process")]
    InUse(PathBuf),
}

/// A place in the spool: file, messages before it in the file, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub file: u64,
    pub count: u64,
    pub bytes: u64,
}

#[derive(Debug)]
struct State {
    /// Absent after an error: the next message begins a new file.
    writer: Option<Writer>,
    end: Place,
    settled: Place,
    /// Bytes of complete files before the one that is written, by their number.
    sizes: Vec<(u64, u64)>,
}

/// A spool, open. Any number of threads may put messages.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
    more: Condvar,
    _lock: fs::File,
}

fn path_of(directory: &Path, file: u64) -> PathBuf {
    directory.join(format!("{file:08}.spool"))
}

/// Counts the messages of a file: how many, and their bytes.
fn counted(path: &Path) -> io::Result<(u64, u64)> {
    let mut reader = Reader::open(path)?;
    while let Step::Entry(_) = reader.step()? {}
    Ok((reader.count, reader.bytes))
}

impl Spool {
    /// Opens the spool in a directory, or begins one; so many bytes may wait in it.
    pub fn open(directory: &Path, bytes_max: u64) -> Result<Self, SpoolError> {
        let failed = |action| move |source| SpoolError::Io { action, path: directory.to_path_buf(), source };
        fs::create_dir_all(directory).map_err(failed("keep"))?;
        let lock =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(directory.join("lock"));
        let lock = lock.map_err(failed("keep"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(SpoolError::InUse(directory.to_path_buf())),
            Err(fs::TryLockError::Error(source)) => return Err(failed("keep")(source)),
        }
        let state = found(directory).map_err(failed("read"))?;
        let (state, more) = (Mutex::new(state), Condvar::new());
        Ok(Self { directory: directory.to_path_buf(), bytes_max, state, more, _lock: lock })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> SpoolError {
        let path = self.directory.clone();
        move |source| SpoolError::Io { action, path, source }
    }

    /// Keeps messages; they are on stable storage when this returns, all or, after an error, perhaps some.
    pub fn put(&self, messages: &[&[u8]]) -> Result<(), SpoolError> {
        if messages.iter().any(|message| message.is_empty() || message.len() > ENTRY_BYTES_MAX) {
            return Err(SpoolError::Length);
        }
        let mut state = self.lock();
        let new: u64 = messages.iter().map(|message| message.len() as u64).sum();
        let waiting = state.waiting();
        if waiting.saturating_add(new) > self.bytes_max {
            return Err(SpoolError::Full { waiting, most: self.bytes_max });
        }
        if state.writer.is_none() || state.end.bytes >= FILE_BYTES {
            self.begin_file(&mut state).map_err(self.failed("keep"))?;
        }
        let Some(mut writer) = state.writer.take() else { return Err(SpoolError::Length) };
        for message in messages {
            writer.add(message);
        }
        writer.commit().map_err(self.failed("keep"))?;
        state.writer = Some(writer);
        state.end.count = state.end.count.saturating_add(messages.len() as u64);
        // Each with its length and checksum before it.
        let heads = (messages.len() as u64).saturating_mul(12);
        state.end.bytes = state.end.bytes.saturating_add(new).saturating_add(heads);
        drop(state);
        self.more.notify_all();
        Ok(())
    }

    fn begin_file(&self, state: &mut State) -> io::Result<()> {
        let file = state.end.file.saturating_add(1);
        let writer = Writer::open(&path_of(&self.directory, file), 0, 0)?;
        fs::File::open(&self.directory)?.sync_all()?;
        if state.end.file > 0 {
            let size = (state.end.file, state.end.bytes);
            state.sizes.push(size);
        }
        state.end = Place { file, count: 0, bytes: 0 };
        state.writer = Some(writer);
        Ok(())
    }

    /// Bytes that wait for the server, with what the form of the file adds.
    pub fn waiting_bytes(&self) -> u64 {
        self.lock().waiting()
    }

    /// The place up to which the server has all.
    pub(crate) fn settled(&self) -> Place {
        self.lock().settled
    }

    /// Up to so many messages behind a place, each with the place behind it; empty when there are none. Waits for one as long
    /// as given.
    pub(crate) fn after(
        &self,
        place: Place,
        most: usize,
        patience: Duration,
    ) -> Result<Vec<(Vec<u8>, Place)>, SpoolError> {
        let state = self.lock();
        let waits = |state: &mut State| state.end <= place;
        let (state, _) =
            self.more.wait_timeout_while(state, patience, waits).unwrap_or_else(PoisonError::into_inner);
        let (end, mut files) = (state.end, vec![state.end.file]);
        files.extend(state.sizes.iter().map(|(file, _)| *file));
        drop(state);
        files.sort_unstable();
        let mut found = Vec::new();
        for file in files.into_iter().filter(|file| *file >= place.file.max(1)) {
            let from = if file == place.file { place } else { Place { file, count: 0, bytes: 0 } };
            let read = Reader::open_at(&path_of(&self.directory, file), from.count, from.bytes);
            let mut reader = read.map_err(self.failed("read"))?;
            while found.len() < most {
                // What is behind the end is not durable yet.
                let is_known = file < end.file || reader.count < end.count;
                let step = if is_known { reader.step().map_err(self.failed("read"))? } else { Step::End };
                let Step::Entry(message) = step else { break };
                found.push((message, Place { file, count: reader.count, bytes: reader.bytes }));
            }
        }
        Ok(found)
    }

    /// Notes that the server has all up to a place, and removes files that nobody waits for.
    pub(crate) fn settle(&self, place: Place) -> Result<(), SpoolError> {
        let mut state = self.lock();
        if place <= state.settled {
            return Ok(());
        }
        state.settled = place;
        let gone: Vec<u64> =
            state.sizes.iter().map(|(file, _)| *file).filter(|file| *file < place.file).collect();
        state.sizes.retain(|(file, _)| *file >= place.file);
        drop(state);
        let kept = || {
            let mut new = tempfile::NamedTempFile::new_in(&self.directory)?;
            write!(new, "{} {} {}", place.file, place.count, place.bytes)?;
            new.persist(self.directory.join(SETTLED)).map_err(|error| error.error)?;
            gone.iter().try_for_each(|file| fs::remove_file(path_of(&self.directory, *file)))
        };
        kept().map_err(self.failed("settle"))
    }
}

impl State {
    fn waiting(&self) -> u64 {
        let before: u64 = self.sizes.iter().map(|(_, bytes)| *bytes).sum();
        let all = before.saturating_add(self.end.bytes);
        // Files before the settled one are gone.
        all.saturating_sub(if self.settled.file == 0 { 0 } else { self.settled.bytes })
    }
}

/// What a directory holds.
fn found(directory: &Path) -> io::Result<State> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".spool")).map(str::parse::<u64>);
        files.extend(number.and_then(Result::ok));
    }
    files.sort_unstable();
    let settled = match fs::read_to_string(directory.join(SETTLED)) {
        Ok(text) => parsed(&text).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Place::default(),
        Err(error) => return Err(error),
    };
    let mut sizes = Vec::new();
    for file in &files {
        let (_, bytes) = counted(&path_of(directory, *file))?;
        sizes.push((*file, bytes));
    }
    let (file, bytes) = sizes.pop().unwrap_or_default();
    let count = if file == 0 { 0 } else { counted(&path_of(directory, file))?.0 };
    let end = Place { file, count, bytes };
    // Behind the end: of a spool that lost its files. All that is there is sent.
    let settled = if settled <= end { settled } else { Place::default() };
    Ok(State { writer: None, end, settled, sizes })
}

fn parsed(text: &str) -> Option<Place> {
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let (file, count, bytes) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(Place { file, count, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spool: &Spool, place: Place) -> Vec<(Vec<u8>, Place)> {
        spool.after(place, usize::MAX, Duration::ZERO).unwrap()
    }

    #[test]
    fn messages_come_out_in_order_and_survive_closing() {
        let place = tempfile::tempdir().unwrap();
        for round in 0..3_u8 {
            let spool = Spool::open(place.path(), 1 << 20).unwrap();
            spool.put(&[&[round, 1], &[round, 2]]).unwrap();
            assert!(matches!(Spool::open(place.path(), 1), Err(SpoolError::InUse(_))));
        }
        let spool = Spool::open(place.path(), 1 << 20).unwrap();
        let messages = all(&spool, spool.settled());
        let contents: Vec<_> = messages.iter().map(|(message, _)| message.as_slice()).collect();
        assert_eq!(contents, [[0, 1], [0, 2], [1, 1], [1, 2], [2, 1], [2, 2]]);
        spool.settle(messages[3].1).unwrap();
        assert_eq!(spool.waiting_bytes(), 28);
        drop(spool);
        let spool = Spool::open(place.path(), 1 << 20).unwrap();
        assert_eq!(all(&spool, spool.settled()).len(), 2);
        assert!(matches!(spool.put(&[b""]), Err(SpoolError::Length)));
    }

    #[test]
    fn a_full_spool_refuses_and_drops_nothing() {
        let place = tempfile::tempdir().unwrap();
        let spool = Spool::open(place.path(), 9 << 20).unwrap();
        let message = vec![7; 60_000];
        let mut kept = 0;
        let refused = loop {
            match spool.put(&[&message]) {
                Ok(()) => kept += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, SpoolError::Full { .. }), "{refused}");
        let messages = all(&spool, Place::default());
        assert_eq!(messages.len(), kept);
        // Half of them arrive: there is room again, and the files of what arrived are gone.
        spool.settle(messages[kept / 2].1).unwrap();
        spool.put(&[&message]).unwrap();
        let files = fs::read_dir(place.path()).unwrap().count();
        drop(spool);
        let spool = Spool::open(place.path(), 9 << 20).unwrap();
        assert_eq!(all(&spool, spool.settled()).len(), kept - kept / 2);
        assert!(files <= 5, "{files} files");
    }
}
