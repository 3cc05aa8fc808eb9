//! The segment: the one file that makes an entry durable.
//!
//! Records stand one after the other in a file that is written full of zeros ahead of use: a write into it changes no file size, so
//! that making it durable costs no journal commit of the file system. A record is its length, a checksum over position and
//! content, and the content; a length of zero is the end. What a crash tears at the end has never been acknowledged and is
//! overwritten; a fault before that is damage and is reported with the number of the entry.

use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Largest entry, in bytes: what an entry bundle of two length bytes can carry.
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// Zeros written ahead at a time, in bytes.
const AHEAD: u64 = 1 << 20;
/// Bytes before the content: length and checksum.
const HEAD: usize = 12;

fn checksum(index: u64, entry: &[u8]) -> [u8; 8] {
    let digest = Sha256::new().chain_update(index.to_be_bytes()).chain_update(entry).finalize();
    let [one, two, three, four, five, six, seven, eight, ..] = <[u8; 32]>::from(digest);
    [one, two, three, four, five, six, seven, eight]
}

/// What stands at a position of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// An entry.
    Entry(Vec<u8>),
    /// The end: zeros, or the end of the file.
    End,
    /// Bytes that are no entry: torn at the end by a crash, or damaged.
    Damaged,
}

/// Reads a segment from its beginning.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    /// Entries read so far.
    pub count: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Reader<BufReader<File>> {
    /// Opens a segment file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_at(path, 0, 0)
    }

    /// Opens a segment file behind entries read before: as many, of as many bytes, as a reader counted.
    pub fn open_at(path: &Path, count: u64, bytes: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Self { from: BufReader::with_capacity(1 << 18, file), count, bytes })
    }
}

impl<R: Read> Reader<R> {
    /// Reads from a stream.
    pub fn new(from: R) -> Self {
        Self { from, count: 0, bytes: 0 }
    }

    /// The next step. After [`Step::End`] or [`Step::Damaged`] nothing more can be read.
    pub fn step(&mut self) -> io::Result<Step> {
        let mut head = [0; HEAD];
        if !fill(&mut self.from, &mut head)? {
            // Fewer bytes than a record needs: the end, if they say nothing.
            return Ok(if head.iter().all(|byte| *byte == 0) { Step::End } else { Step::Damaged });
        }
        let [a, b, c, d, sum @ ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length == 0 {
            return Ok(if sum == [0; 8] { Step::End } else { Step::Damaged });
        }
        if length > ENTRY_BYTES_MAX {
            return Ok(Step::Damaged);
        }
        let mut entry = vec![0; length];
        if !fill(&mut self.from, &mut entry)? || checksum(self.count, &entry) != sum {
            return Ok(Step::Damaged);
        }
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add((HEAD.saturating_add(length)) as u64);
        Ok(Step::Entry(entry))
    }
}

/// Fills a buffer; `false` when the stream ends before.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Appends to a segment. Not for several writers at once: the log holds a lock.
#[derive(Debug)]
pub struct Writer {
    file: File,
    count: u64,
    end: u64,
    zeroed: u64,
    batch: Vec<u8>,
}

impl Writer {
    /// Goes on behind the entries that a reader found; what stands behind them is overwritten with zeros first.
    pub fn open(path: &Path, count: u64, end: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        // Whatever a crash left behind the last entry must not be read as one later.
        file.set_len(end)?;
        file.sync_all()?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Self { file, count, end, zeroed: end, batch: Vec::new() })
    }

    /// Adds an entry to the batch that [`Self::commit`] makes durable; the caller has checked its length.
    pub fn add(&mut self, entry: &[u8]) {
        let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
        self.batch.extend(length.to_be_bytes());
        self.batch.extend(checksum(self.count, entry));
        self.batch.extend(entry);
        self.count = self.count.saturating_add(1);
    }

    /// Makes the batch durable. On an error nobody knows what the disk holds: the writer must not be used again.
    pub fn commit(&mut self) -> io::Result<()> {
        let end = self.end.saturating_add(self.batch.len() as u64);
        if end.saturating_add(HEAD as u64) > self.zeroed {
            self.zero_until(end.saturating_add(AHEAD))?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&self.batch)?;
        self.file.sync_data()?;
        self.end = end;
        self.batch.clear();
        Ok(())
    }

    fn zero_until(&mut self, until: u64) -> io::Result<()> {
        let missing = usize::try_from(until.saturating_sub(self.zeroed)).unwrap_or(usize::MAX);
        self.file.seek(SeekFrom::Start(self.zeroed))?;
        self.file.write_all(&vec![0; missing])?;
        self.file.sync_all()?;
        self.zeroed = until;
        Ok(())
    }
}
