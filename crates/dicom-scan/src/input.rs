//! Where bytes come from: a file that can be skipped in, or a deflate stream that cannot; never more than asked for.

use crate::Limits;
use crate::limits::RATIO_FREE_BYTES;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Why no more bytes come.
pub(crate) enum Stopped {
    Broken(io::Error),
    /// A deflate stream past this many bytes.
    Bomb(u64),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

pub(crate) trait Input {
    /// Appends up to `want` bytes; says how many, 0 only at the end.
    fn more(&mut self, held: &mut Vec<u8>, want: usize) -> Result<usize, Stopped>;
    /// Passes over `bytes`; says how many there were.
    fn skip(&mut self, bytes: u64) -> Result<u64, Stopped>;
    /// Bytes to the end, where that is known.
    fn left(&self) -> Option<u64>;
}

/// A source read as it is.
pub(crate) struct Plain<'r, R> {
    pub(crate) reader: &'r mut R,
    pub(crate) left: u64,
}

impl<'r, R: Read + Seek> Plain<'r, R> {
    pub(crate) fn new(reader: &'r mut R) -> io::Result<Self> {
        let left = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        Ok(Self { reader, left })
    }
}

impl<R: Read + Seek> Input for Plain<'_, R> {
    fn more(&mut self, held: &mut Vec<u8>, want: usize) -> Result<usize, Stopped> {
        let want = self.left.min(want as u64);
        held.reserve(usize::try_from(want).unwrap_or(0));
        let got = (&mut *self.reader).take(want).read_to_end(held)?;
        // A file that shrinks while it is read ends here instead of asking for ever.
        self.left = if got == 0 { 0 } else { self.left.saturating_sub(got as u64) };
        Ok(got)
    }

    fn skip(&mut self, bytes: u64) -> Result<u64, Stopped> {
        let bytes = bytes.min(self.left);
        self.reader.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))?;
        self.left = self.left.saturating_sub(bytes);
        Ok(bytes)
    }

    fn left(&self) -> Option<u64> {
        Some(self.left)
    }
}

/// A raw deflate stream (RFC 1951) from where the reader stands.
pub(crate) struct Inflated<'r, R> {
    decoder: DeflateDecoder<BufReader<&'r mut R>>,
    bytes_max: u64,
    ratio_max: u64,
}

impl<'r, R: Read> Inflated<'r, R> {
    pub(crate) fn new(reader: &'r mut R, limits: &Limits) -> Self {
        Self {
            decoder: DeflateDecoder::new(BufReader::new(reader)),
            bytes_max: limits.inflated_bytes,
            ratio_max: u64::from(limits.inflate_ratio),
        }
    }

    fn check(&self) -> Result<(), Stopped> {
        let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
        if given > self.bytes_max {
            return Err(Stopped::Bomb(self.bytes_max));
        }
        let allowed = taken.saturating_mul(self.ratio_max).max(RATIO_FREE_BYTES);
        if given > allowed { Err(Stopped::Bomb(allowed)) } else { Ok(()) }
    }

    /// Bytes after the end of the stream, of which one may be padding (PS3.5 section A.5).
    pub(crate) fn bytes_after(self) -> io::Result<u64> {
        let mut rest = self.decoder.into_inner();
        io::copy(&mut rest, &mut io::sink())
    }
}

impl<R: Read> Input for Inflated<'_, R> {
    fn more(&mut self, held: &mut Vec<u8>, want: usize) -> Result<usize, Stopped> {
        let got = (&mut self.decoder).take(want as u64).read_to_end(held)?;
        self.check()?;
        Ok(got)
    }

    fn skip(&mut self, bytes: u64) -> Result<u64, Stopped> {
        const STEP: u64 = 1 << 20;
        let mut skipped = 0;
        while skipped < bytes {
            let got = io::copy(&mut (&mut self.decoder).take(STEP.min(bytes - skipped)), &mut io::sink())?;
            self.check()?;
            if got == 0 {
                break;
            }
            skipped += got;
        }
        Ok(skipped)
    }

    fn left(&self) -> Option<u64> {
        None
    }
}
