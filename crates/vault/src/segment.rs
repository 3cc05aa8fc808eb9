//! Segments: files of a fixed size, with room set aside ahead of use, that hold the sealed chunks of many objects one after the other.
//!
//! Whoever has bytes reserves a run, writes it and makes it durable before the journal names it. A run is never used twice, so that
//! nothing a failed write left can come up in another object.
//!
//! The room comes from `fallocate`: zeros written ahead, as the journal has them, cost more than they save where every byte of
//! them is a byte of the disk's bandwidth (`examples/measure.rs`).

use crate::error::{VaultError, io_error};
use crate::record::Extent;
use crate::storage::{Storage, StoredFile};
use medward_sabotage::{Broken, is};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Directory of the segments.
pub(crate) const SEGMENTS: &str = "segments";
/// Most files kept open for reading.
const OPEN_MAX: usize = 128;

pub(crate) type File = Arc<dyn StoredFile>;

/// All segments of a vault.
#[derive(Debug)]
pub(crate) struct Segments {
    storage: Arc<dyn Storage>,
    directory: PathBuf,
    /// Size of a segment.
    bytes: u64,
    writing: Mutex<Writing>,
    open: Mutex<HashMap<u32, File>>,
}

#[derive(Debug)]
struct Writing {
    number: u32,
    /// Not until something is reserved, nor after the disk failed.
    is_prepared: bool,
    end: u64,
    /// Segments that failed while they were made durable.
    failed: HashSet<u32>,
}

/// Locks; what a panicking thread left is whole, since nothing panics between two changes.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn path_of(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{number:08}"))
}

/// Sets room aside for a segment.
fn prepare(storage: &dyn Storage, directory: &Path, number: u32, bytes: u64) -> Result<(), VaultError> {
    let path = path_of(directory, number);
    let file = storage.create(&path).map_err(io_error("open", &path))?;
    let length = file.length().map_err(io_error("measure", &path))?;
    if length < bytes
        && let Err(error) = file.allocate(bytes)
    {
        // Half a segment would only keep the disk full.
        let _ = storage.remove(&path);
        return Err(io_error("write", &path)(error));
    }
    storage.sync_directory(directory).map_err(io_error("write", directory))
}

impl Segments {
    /// Segments of a vault; goes on behind the end of the last one that the index knows.
    pub fn new(storage: Arc<dyn Storage>, vault: &Path, bytes: u64, last: Option<(u32, u64)>) -> Self {
        let (number, end) = last.unwrap_or_default();
        let writing = Writing { number, is_prepared: false, end, failed: HashSet::new() };
        let directory = vault.join(SEGMENTS);
        Self { storage, directory, bytes, writing: Mutex::new(writing), open: Mutex::default() }
    }

    /// Reserves a run of bytes.
    pub fn reserve(&self, bytes: u64) -> Result<Extent, VaultError> {
        let mut writing = lock(&self.writing);
        let has_room = writing.end.saturating_add(bytes) <= self.bytes;
        if !writing.is_prepared || !has_room {
            let is_usable = has_room && !writing.failed.contains(&writing.number);
            let number = writing.number.saturating_add(u32::from(!is_usable));
            prepare(&*self.storage, &self.directory, number, self.bytes)?;
            if !is_usable {
                (writing.number, writing.end) = (number, 0);
            }
            writing.is_prepared = true;
        }
        let extent = Extent { segment: writing.number, offset: writing.end, bytes };
        writing.end = writing.end.saturating_add(bytes);
        Ok(extent)
    }

    /// Opens a segment for one who writes: through a file of its own it learns of every error of the disk since then, whoever else
    /// learns of it too (as Linux does since 4.13).
    pub fn open(&self, number: u32) -> Result<File, VaultError> {
        let path = path_of(&self.directory, number);
        self.storage.open(&path).map_err(io_error("open", &path))
    }

    fn file(&self, number: u32) -> Result<File, VaultError> {
        let mut open = lock(&self.open);
        if let Some(file) = open.get(&number) {
            return Ok(Arc::clone(file));
        }
        let file = self.open(number)?;
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// Reads from a segment; `false` when it ends before.
    pub fn read(&self, segment: u32, buffer: &mut [u8], offset: u64) -> Result<bool, VaultError> {
        let read = crate::storage::read_exact(&*self.file(segment)?, buffer, offset);
        read.map_err(io_error("read", &path_of(&self.directory, segment)))
    }

    /// Makes what was written through these files durable. A segment that fails takes no more bytes, and what was written to it and
    /// is not yet committed is not to be trusted.
    pub fn sync(&self, files: &HashMap<u32, File>) {
        for (number, file) in files {
            if !is(Broken::NotSynced) && file.sync().is_err() {
                let mut writing = lock(&self.writing);
                writing.failed.insert(*number);
                if writing.number == *number {
                    writing.is_prepared = false;
                }
            }
        }
    }

    /// Whether one of these segments failed.
    pub fn has_failed(&self, files: &HashMap<u32, File>) -> bool {
        let writing = lock(&self.writing);
        files.keys().any(|number| writing.failed.contains(number))
    }

    /// Gives the space of runs back. Whatever cannot be given back stays taken and harms nobody.
    pub fn release(&self, extents: &[Extent]) {
        for extent in extents {
            let _ = self.file(extent.segment).map(|file| file.release(extent.offset, extent.bytes));
        }
    }
}
