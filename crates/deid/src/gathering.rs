//! Writing a result: small pieces are gathered, and what is written is digested where that is asked for.

use sha2::{Digest as _, Sha256};
use std::io::{self, IoSlice, Write};

/// What gathers.
pub(crate) struct Gathering<'w, W> {
    out: &'w mut W,
    small: Vec<u8>,
    digest: Option<Sha256>,
    bytes: u64,
}

/// Bytes that are gathered before they are written.
const GATHERED: usize = 64 << 10;

impl<'w, W: Write> Gathering<'w, W> {
    /// Writes to `out`.
    pub fn new(out: &'w mut W, digests: bool) -> Self {
        Self { out, small: Vec::with_capacity(GATHERED), digest: digests.then(Sha256::new), bytes: 0 }
    }

    /// Ends it: the digest, if one was asked for, and how many bytes were written.
    pub fn finish(mut self) -> io::Result<(Option<[u8; 32]>, u64)> {
        self.flush()?;
        Ok((self.digest.map(|digest| digest.finalize().into()), self.bytes))
    }
}

impl<W: Write> Write for Gathering<'_, W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        if self.small.len().saturating_add(piece.len()) <= GATHERED {
            self.small.extend_from_slice(piece);
            return Ok(piece.len());
        }
        // Header and pixels in one call, where the system takes them so.
        let both = [IoSlice::new(&self.small), IoSlice::new(piece)];
        let written = self.out.write_vectored(&both)?;
        let of_small = written.min(self.small.len());
        self.out.write_all(self.small.get(of_small..).unwrap_or_default())?;
        self.out.write_all(piece.get(written.saturating_sub(self.small.len())..).unwrap_or_default())?;
        self.small.clear();
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.small)?;
        self.small.clear();
        self.out.flush()
    }
}
