//! Files as the vault needs them. Everything that makes an object durable goes through [`Storage`], so that tests can
//! cut the power, fill the disk and fail any call; [`Disk`] is the real one.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

/// Directories and the files in them.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Makes a directory for its owner alone, and those above it; one that stands is well.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>>;
    /// Opens a file for reading and writing; made for its owner alone where none stands.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>>;
    /// Names of the files in a directory.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// Puts a file in the place of another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Waits until names made, changed and removed in a directory are on stable storage.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// One open file. Offsets and lengths are in bytes.
pub trait StoredFile: Send + Sync + fmt::Debug {
    /// How long it is.
    fn length(&self) -> io::Result<u64>;
    /// Makes it longer with zeros, or shorter.
    fn set_length(&self, bytes: u64) -> io::Result<()>;
    /// Makes it so long, with room on the disk for all of it.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
    /// Reads up to a buffer; 0 is the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Waits until content and length are on stable storage.
    fn sync(&self) -> io::Result<()>;
    /// Gives the space of a range back to the file system; the range reads as zeros. The length stays.
    fn release(&self, offset: u64, bytes: u64) -> io::Result<()>;
    /// Takes the file for this process as long as it is open; `false` when another has it.
    fn try_lock(&self) -> io::Result<bool>;
}

/// Fills a buffer from a place in a file; `false` when the file ends before.
pub(crate) fn read_exact(file: &dyn StoredFile, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
    let (mut rest, mut offset) = (buffer, offset);
    while !rest.is_empty() {
        let read = match file.read_at(rest, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if read == 0 {
            return Ok(false);
        }
        rest = rest.get_mut(read..).unwrap_or_default();
        offset = offset.saturating_add(read as u64);
    }
    Ok(true)
}

/// Writes zeros over a range.
pub(crate) fn write_zeros(file: &dyn StoredFile, from: u64, until: u64) -> io::Result<()> {
    const STEP: usize = 1 << 20;
    let zeros = vec![0; STEP];
    let mut offset = from;
    while offset < until {
        let length = usize::try_from(until.saturating_sub(offset)).map_or(STEP, |rest| rest.min(STEP));
        file.write_at(zeros.get(..length).unwrap_or_default(), offset)?;
        offset = offset.saturating_add(length as u64);
    }
    Ok(())
}

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Storage for Disk {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn StoredFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        Ok(Arc::new(options.open(path)?))
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let name =
            |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        std::fs::read_dir(directory)?.map(name).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl StoredFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        match fallocate(self, FallocateFlags::empty(), 0, bytes) {
            // A file system that cannot set room aside: a full disk shows when bytes are written.
            Err(rustix::io::Errno::OPNOTSUPP) => self.set_len(bytes),
            other => Ok(other?),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        // fdatasync: the content, and of the rest what is needed to read it.
        self.sync_data()
    }

    fn release(&self, offset: u64, bytes: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match fallocate(self, flags, offset, bytes) {
            // A file system without holes keeps the space.
            Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
            other => Ok(other?),
        }
    }

    fn try_lock(&self) -> io::Result<bool> {
        match Self::try_lock(self) {
            Ok(()) => Ok(true),
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}
