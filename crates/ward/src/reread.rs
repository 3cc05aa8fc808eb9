//! A sealed object as something that can be sought in: going back opens it again, going on reads past.

use medward_vault::{ObjectReader, VaultError};
use std::io::{self, Read, Seek, SeekFrom};

/// The object.
pub(crate) struct Reread<O> {
    open: O,
    reader: ObjectReader,
    /// Where the reader stands.
    position: u64,
    /// Where the next read is to begin: nothing moves until then, so that asking for the length is free.
    wanted: u64,
}

impl<O: Fn() -> Result<ObjectReader, VaultError>> Reread<O> {
    /// Opens it.
    pub(crate) fn new(open: O) -> Result<Self, VaultError> {
        let reader = open()?;
        Ok(Self { open, reader, position: 0, wanted: 0 })
    }

    /// Its length, in bytes.
    pub(crate) fn length(&self) -> u64 {
        ObjectReader::bytes(&self.reader)
    }

    /// Its digest, as it was stored.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.reader.digest()
    }
}

impl<O: Fn() -> Result<ObjectReader, VaultError>> Read for Reread<O> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.wanted >= ObjectReader::bytes(&self.reader) {
            return Ok(0);
        }
        if self.wanted < self.position {
            self.reader = (self.open)().map_err(io::Error::other)?;
            self.position = 0;
        }
        let ahead = self.wanted.saturating_sub(self.position);
        io::copy(&mut (&mut self.reader).take(ahead), &mut io::sink())?;
        let read = self.reader.read(out)?;
        self.wanted = self.wanted.saturating_add(read as u64);
        self.position = self.wanted;
        Ok(read)
    }
}

impl<O: Fn() -> Result<ObjectReader, VaultError>> Seek for Reread<O> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(by) => self.wanted.checked_add_signed(by),
            SeekFrom::End(by) => ObjectReader::bytes(&self.reader).checked_add_signed(by),
        };
        self.wanted = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.wanted)
    }
}
