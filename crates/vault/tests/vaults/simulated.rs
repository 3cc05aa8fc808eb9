//! A disk in memory that can lose its power, fill up and fail: what was not synced is there in part or not at all.

#![allow(clippy::indexing_slicing, reason = "a disk that cannot be simulated is a failed test")]

use super::bytes;
use medward_vault::storage::{Storage, StoredFile};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// What reaches a disk whole or not at all, in bytes.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Change {
    /// One sector or less.
    Bytes(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Bytes(offset, bytes) => {
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }
}

#[derive(Debug, Default, Clone)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Default)]
struct State {
    contents: HashMap<u64, Content>,
    /// Names as they are now, and as the disk has them.
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    next: u64,
    /// Bytes that fit.
    capacity: Option<usize>,
    /// How many calls that change something succeed before one fails; with what.
    fails: Option<(u64, io::ErrorKind)>,
    calls: u64,
    has_failed: bool,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Simulated(Arc<Mutex<State>>);

#[derive(Debug)]
struct OpenFile {
    disk: Simulated,
    number: u64,
}

impl Simulated {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// So many bytes fit from now on.
    pub fn limit(&self, capacity: Option<usize>) {
        self.state().capacity = capacity;
    }

    /// Lets a later call that changes something fail, once.
    pub fn fail_after(&self, calls: u64, kind: io::ErrorKind) {
        self.state().fails = Some((calls, kind));
    }

    /// Whether the call that was to fail has failed.
    pub fn has_failed(&self) -> bool {
        self.state().has_failed
    }

    /// The disk after a power cut: what was synced, and of the rest what chance leaves.
    pub fn after_power_cut(&self, seed: usize) -> Self {
        let state = self.state();
        let mut chance = bytes(seed, 1 << 16).into_iter().cycle();
        let mut luck = || chance.next().unwrap() & 1 == 0;
        let mut names = state.durable_names.clone();
        // A change of names is whole or not at all.
        if luck() {
            names.clone_from(&state.names);
        }
        let mut contents = HashMap::new();
        for (number, content) in &state.contents {
            let mut kept = content.durable.clone();
            for change in &content.pending {
                if luck() {
                    change.apply(&mut kept);
                }
            }
            let content = Content { now: kept.clone(), durable: kept, pending: Vec::new() };
            contents.insert(*number, content);
        }
        let after =
            State { contents, durable_names: names.clone(), names, next: state.next, ..State::default() };
        Self(Arc::new(Mutex::new(after)))
    }
}

impl State {
    fn change(&mut self) -> io::Result<()> {
        self.calls += 1;
        match &mut self.fails {
            Some((0, kind)) => {
                let kind = *kind;
                self.fails = None;
                self.has_failed = true;
                Err(kind.into())
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn used(&self) -> usize {
        let is_named = |number: &u64| self.names.values().any(|named| named == number);
        let named = self.contents.iter().filter(|(number, _)| is_named(number));
        // Blocks of zeros that were given back do not count; all others do.
        named
            .flat_map(|(_, content)| content.now.chunks(4_096))
            .filter(|block| block.iter().any(|b| *b != 0))
            .count()
            * 4_096
    }
}

impl Storage for Simulated {
    fn create_directory(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>> {
        let number = self.state().names.get(path).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(OpenFile { disk: self.clone(), number }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>> {
        let mut state = self.state();
        if !state.names.contains_key(path) {
            state.change()?;
            let number = state.next;
            state.next += 1;
            state.names.insert(path.to_path_buf(), number);
            state.contents.insert(number, Content::default());
        }
        drop(state);
        self.open(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let names = state.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(names.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        let number = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), number);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        state.names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        state.durable_names = state.names.clone();
        Ok(())
    }
}

impl OpenFile {
    fn apply(&self, state: &mut State, changes: Vec<Change>) {
        let content = state.contents.get_mut(&self.number).unwrap();
        for change in changes {
            change.apply(&mut content.now);
            content.pending.push(change);
        }
    }
}

impl StoredFile for OpenFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.state().contents[&self.number].now.len() as u64)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.change()?;
        self.apply(&mut state, vec![Change::Length(usize::try_from(length).unwrap())]);
        Ok(())
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        let mut state = self.disk.state();
        state.change()?;
        if state.capacity.is_some_and(|capacity| state.used() + length > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.apply(&mut state, vec![Change::Length(length)]);
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let content = &state.contents[&self.number].now;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.change()?;
        if let Some(capacity) = state.capacity
            && state.used() + bytes.len() > capacity
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (mut changes, mut offset, mut rest) = (Vec::new(), usize::try_from(offset).unwrap(), bytes);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(SECTOR - offset % SECTOR));
            changes.push(Change::Bytes(offset, now.to_vec()));
            offset += now.len();
            rest = later;
        }
        self.apply(&mut state, changes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let failed = state.change();
        let content = state.contents.get_mut(&self.number).unwrap();
        if failed.is_err() {
            // As Linux does: what could not be written is forgotten as if it were, and read from memory all the same.
            content.pending.clear();
            return failed;
        }
        content.durable = content.now.clone();
        content.pending.clear();
        // A new file that is synced has its name too, on the file systems meant here.
        let names: Vec<_> =
            state.names.iter().filter(|(_, it)| **it == self.number).map(|(it, _)| it.clone()).collect();
        for name in names {
            state.durable_names.entry(name).or_insert(self.number);
        }
        Ok(())
    }

    fn release(&self, offset: u64, length: u64) -> io::Result<()> {
        self.write_at(&vec![0; usize::try_from(length).unwrap()], offset)
    }

    fn try_lock(&self) -> io::Result<bool> {
        Ok(true)
    }
}
