//! The journal: the one file that says what the vault holds. A record is acknowledged once it is in here and on stable storage.
//!
//! It stands beside the segments and is written full of zeros ahead of use, so that making a record durable changes no length
//! of a file. A record is its length in 4 bytes and the sealed bytes; a length of zero is the end. What a crash tears at the end was never
//! acknowledged. The index is made from it and can be made anew.

use crate::error::{VaultError, io_error};
use crate::record::{Record, RecordCipher};
use crate::storage::{Storage, StoredFile, read_exact, write_zeros};
use medward_sabotage::{Broken, is};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// File name of the journal.
pub(crate) const JOURNAL: &str = "journal";
/// Zeros written ahead at a time, in bytes.
const AHEAD: u64 = 1 << 20;
/// Part of them that only erasing and discarding may use, in bytes: they make room on a full disk.
const RESERVE: u64 = 1 << 16;
/// Longest sealed record, in bytes: that of an object of 64 GiB in extents of its own each.
const SEALED_BYTES_MAX: u64 = 1 << 21;
/// Bytes before a record.
const HEAD: u64 = 4;

/// What stands at a place of the journal.
#[derive(Debug)]
pub(crate) enum Step {
    /// A record, its sealed bytes, and where the next one begins.
    Record { record: Box<Record>, sealed: Vec<u8>, next: u64 },
    /// The end.
    End,
    /// Bytes that are no record of this place. Where the next one may begin, if these give a length.
    Damaged { next: Option<u64> },
}

/// Where a journal goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Records before.
    pub count: u64,
    /// Bytes before.
    pub offset: u64,
}

/// The journal, open for reading and appending.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Arc<dyn StoredFile>,
    cipher: Arc<RecordCipher>,
    end: Place,
    zeroed: u64,
    has_failed: bool,
}

impl Journal {
    /// Opens the journal of a directory, or begins one; [`Self::go_on_at`] before the first append.
    pub fn open(
        storage: &dyn Storage,
        directory: &Path,
        cipher: Arc<RecordCipher>,
    ) -> Result<Self, VaultError> {
        let path = directory.join(JOURNAL);
        let file = storage.create(&path).map_err(io_error("open", &path))?;
        Ok(Self { path, file, cipher, end: Place::default(), zeroed: 0, has_failed: false })
    }

    /// What stands at a place.
    pub fn step(&self, place: Place) -> Result<Step, VaultError> {
        let read = |buffer: &mut [u8], offset| {
            read_exact(&*self.file, buffer, offset).map_err(io_error("read", &self.path))
        };
        let mut length = [0; 4];
        if !read(&mut length, place.offset)? {
            return Ok(if length == [0; 4] { Step::End } else { Step::Damaged { next: None } });
        }
        let length = u64::from(u32::from_be_bytes(length));
        if length == 0 {
            return Ok(Step::End);
        }
        if length > SEALED_BYTES_MAX {
            return Ok(Step::Damaged { next: None });
        }
        let begin = place.offset.saturating_add(HEAD);
        let next = begin.saturating_add(length);
        let mut sealed = vec![0; usize::try_from(length).unwrap_or_default()];
        if !read(&mut sealed, begin)? {
            return Ok(Step::Damaged { next: None });
        }
        Ok(match self.cipher.open(place.count, &sealed) {
            Some(record) => Step::Record { record: Box::new(record), sealed, next },
            None => Step::Damaged { next: Some(next) },
        })
    }

    /// Goes on behind the last record. What a crash left behind it must not be read as one later: it is set aside in a file, if it is
    /// anything, and cut off. Gives how many bytes were set aside.
    pub fn go_on_at(&mut self, end: Place, storage: &dyn Storage) -> Result<u64, VaultError> {
        let path = self.path.clone();
        let failed = |action| io_error(action, &path);
        let tail = self.tail(end.offset)?;
        if !tail.is_empty() {
            let aside = self.path.with_extension(format!("torn-{}", end.count));
            let file = storage.create(&aside).map_err(io_error("open", &aside))?;
            file.write_at(&tail, 0).and_then(|()| file.sync()).map_err(io_error("write", &aside))?;
        }
        self.file.set_length(end.offset).map_err(failed("cut"))?;
        // After a failed write-out the page cache may claim what the disk does not hold: the last records are written again.
        let begin = end.offset.saturating_sub(AHEAD);
        let mut last = vec![0; usize::try_from(end.offset.saturating_sub(begin)).unwrap_or_default()];
        read_exact(&*self.file, &mut last, begin).map_err(failed("read"))?;
        self.file.write_at(&last, begin).map_err(failed("write"))?;
        self.zeroed = end.offset;
        self.end = end;
        match self.zero_ahead(end.offset) {
            // A full disk hinders nobody to read.
            Ok(()) | Err(VaultError::Full) => {}
            Err(error) => return Err(error),
        }
        self.file.sync().map_err(failed("write"))?;
        Ok(tail.len() as u64)
    }

    /// Bytes behind the end, as far as they are not zeros.
    fn tail(&self, from: u64) -> Result<Vec<u8>, VaultError> {
        let length = self.file.length().map_err(io_error("measure", &self.path))?;
        let rest = length.saturating_sub(from).min(SEALED_BYTES_MAX.saturating_add(AHEAD));
        let mut tail = vec![0; usize::try_from(rest).unwrap_or_default()];
        read_exact(&*self.file, &mut tail, from).map_err(io_error("read", &self.path))?;
        let used = tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        tail.truncate(used);
        Ok(tail)
    }

    fn zero_ahead(&mut self, end: u64) -> Result<(), VaultError> {
        let until = end.saturating_add(AHEAD);
        let written = write_zeros(&*self.file, self.zeroed, until).and_then(|()| self.file.sync());
        written.map_err(io_error("write", &self.path))?;
        self.zeroed = until;
        Ok(())
    }

    /// What opens its records.
    pub fn cipher(&self) -> Arc<RecordCipher> {
        Arc::clone(&self.cipher)
    }

    /// Where the next record goes.
    pub fn end(&self) -> Place {
        self.end
    }

    /// That what the file holds is known; an error that the vault stopped otherwise.
    pub fn is_known(&self) -> Result<(), VaultError> {
        if self.has_failed { Err(VaultError::Stopped) } else { Ok(()) }
    }

    /// Makes records durable, all in one; gives the sealed bytes of each. `makes_room` may use the reserve.
    pub fn append(&mut self, records: &[Record], makes_room: bool) -> Result<Vec<Vec<u8>>, VaultError> {
        self.is_known()?;
        let (mut bytes, mut all) = (Vec::new(), Vec::new());
        for (position, record) in (self.end.count..).zip(records) {
            let sealed = self.cipher.seal(position, record)?;
            let length = u32::try_from(sealed.len()).ok().filter(|it| u64::from(*it) <= SEALED_BYTES_MAX);
            bytes.extend(length.ok_or(VaultError::System)?.to_be_bytes());
            bytes.extend_from_slice(&sealed);
            all.push(sealed);
        }
        let end = self.end.offset.saturating_add(bytes.len() as u64);
        if end.saturating_add(RESERVE) > self.zeroed {
            let has_room = makes_room && end.saturating_add(HEAD) <= self.zeroed;
            match self.zero_ahead(end) {
                Err(VaultError::Full) if has_room => {}
                other => other?,
            }
        }
        if let Err(error) = self.file.write_at(&bytes, self.end.offset) {
            let error = io_error("write", &self.path)(error);
            return Err(self.undone(error));
        }
        if !is(Broken::JournalNotSynced) && self.file.sync().is_err() {
            self.has_failed = true;
            return Err(VaultError::Stopped);
        }
        let count = self.end.count.saturating_add(records.len() as u64);
        self.end = Place { count, offset: end };
        Ok(all)
    }

    /// Takes back what a failed write may have left. If that fails too, what the file holds is unknown.
    fn undone(&mut self, error: VaultError) -> VaultError {
        if self.file.set_length(self.end.offset).and_then(|()| self.file.sync()).is_err() {
            self.has_failed = true;
            return VaultError::Stopped;
        }
        self.zeroed = self.end.offset;
        error
    }
}
