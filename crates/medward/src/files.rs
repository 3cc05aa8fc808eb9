//! Many files in and out: what lies below a path in batches, how far it has come, and results apart from originals.

use crate::output::Error;
use indicatif::ProgressBar;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Seek, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Files between two moments at which what they came to is brought to an end: what is held is bounded by this, not by the
/// size of a study.
const BATCH: usize = 256;
/// Begins the names of files that are not finished.
pub(crate) const UNFINISHED: &str = ".medward-part-";

/// Says which policy and key made a directory of results.
pub(crate) const MARK: &str = ".medward-deidentify";
/// Longer than it is, and shorter than any image.
const MARK_BYTES_MAX: u64 = 64;

/// Hands on all files that are paths or lie below them, by name, in batches.
pub(crate) fn batches(
    paths: &[PathBuf],
    mut each: impl FnMut(&[PathBuf]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut batch = Vec::with_capacity(BATCH);
    for path in paths {
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(path).to_owned();
                Error::Io { action: "read", path, source: error.into() }
            })?;
            if !entry.file_type().is_file() || is_mark(&entry) {
                continue;
            }
            batch.push(entry.into_path());
            if batch.len() == BATCH {
                each(&batch)?;
                batch.clear();
            }
        }
    }
    each(&batch)
}

fn is_mark(entry: &walkdir::DirEntry) -> bool {
    entry.file_name() == MARK && entry.metadata().is_ok_and(|metadata| metadata.len() <= MARK_BYTES_MAX)
}

/// Counts files on a terminal.
pub(crate) fn progress() -> ProgressBar {
    crate::progress::counting("files")
}

/// A whole file of up to so many bytes. A longer one is an error, never read in part.
pub(crate) fn whole(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    if u64::try_from(bytes.len()).is_ok_and(|read| read <= bytes_max) {
        return Ok(bytes);
    }
    let path = path.display();
    Err(Error::Usage(format!("`{path}` is longer than the {} KiB that are read; divide it", bytes_max >> 10)))
}

/// The same for text in UTF-8.
pub(crate) fn whole_text(path: &Path, bytes_max: u64) -> Result<String, Error> {
    String::from_utf8(whole(path, bytes_max)?)
        .map_err(|error| Error::Usage(format!("`{}` is no text in UTF-8: {error}", path.display())))
}

/// Makes the directory for results and gives both places in full: originals are never changed, and results never taken for
/// originals.
pub(crate) fn apart(input: &Path, output: &Path) -> Result<(PathBuf, PathBuf), Error> {
    fs::create_dir_all(output).map_err(Error::io("make", output))?;
    let input = input.canonicalize().map_err(Error::io("read", input))?;
    let output = output.canonicalize().map_err(Error::io("read", output))?;
    if output.starts_with(&input) || input.starts_with(&output) {
        let message = "input and output lie inside of one another: choose another directory for the results";
        return Err(Error::Usage(message.to_owned()));
    }
    Ok((input, output))
}

/// Writes a file with these permissions, only where none stands, and brings it to stable storage.
pub(crate) fn write_new(path: &Path, bytes: impl AsRef<[u8]>, mode: u32) -> Result<(), Error> {
    let file = File::options().create_new(true).write(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes.as_ref()).and_then(|()| file.sync_all()))
        .map_err(Error::io("write", path))
}

/// A file to be read: a small one whole in memory, a large one where it lies, so that memory stays bounded.
pub(crate) enum Source {
    Whole(io::Cursor<Vec<u8>>),
    Open(File),
}

/// Largest file that is read whole: there is one a core.
const WHOLE_BYTES_MAX: u64 = 4 << 20;

impl Source {
    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes > WHOLE_BYTES_MAX {
            return Ok(Self::Open(file));
        }
        let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        // However it grows meanwhile.
        file.take(WHOLE_BYTES_MAX).read_to_end(&mut whole)?;
        Ok(Self::Whole(io::Cursor::new(whole)))
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Whole(bytes) => bytes.read(buffer),
            Self::Open(file) => file.read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        match self {
            Self::Whole(bytes) => bytes.seek(to),
            Self::Open(file) => file.seek(to),
        }
    }
}

/// Gives finished parts their names, after one barrier for all: a name is given only to what is on stable storage.
pub(crate) fn name_parts(directory: &Path, parts: Vec<(TempPath, PathBuf)>) -> Result<(), Error> {
    if parts.is_empty() {
        return Ok(());
    }
    let barrier = File::open(directory).map_err(Error::io("read", directory))?;
    rustix::fs::syncfs(&barrier).map_err(|error| Error::io("write", directory)(error.into()))?;
    for (part, name) in parts {
        if let Some(directory) = name.parent() {
            fs::create_dir_all(directory).map_err(Error::io("make", directory))?;
        }
        part.persist_noclobber(&name).map_err(|error| Error::io("write", &name)(error.error))?;
    }
    Ok(())
}

/// Removes the unfinished parts that a crash left in a directory of results.
pub(crate) fn clear_unfinished(directory: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::io("read", directory))? {
        let entry = entry.map_err(Error::io("read", directory))?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path()).map_err(Error::io("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Whether two files have the same bytes.
pub(crate) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let mut sides = [BufReader::new(File::open(one)?), BufReader::new(File::open(other)?)];
    loop {
        let [one, other] = &mut sides;
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let count = left.len().min(right.len());
        if count == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        if left.get(..count) != right.get(..count) {
            return Ok(false);
        }
        one.consume(count);
        other.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_file_longer_than_the_limit_is_refused_and_never_read_in_part() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("complaints.csv");
        std::fs::write(&path, [b'x'; 2048]).unwrap();
        assert_eq!(whole(&path, 2048).unwrap().len(), 2048);
        let refused = whole(&path, 2047).unwrap_err().to_string();
        assert!(refused.contains("complaints.csv` is longer"), "{refused}");
    }
}
