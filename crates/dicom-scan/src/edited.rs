//! A data set with its edits: what will be written, scanned before it is and then written; never holds what it copies.

use crate::edit::{Edits, NewElement};
use crate::input::{Input, Stopped};
use crate::source::Source;
use crate::splice::Splices;
use crate::write::{WriteError, encode_meta};
use crate::{DataSet, Refused, Scanner};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};

/// Gives the value of [`Edits::stream`]: writes as many bytes as were announced, from the source or of its own making.
pub type Stream<'f> = &'f mut dyn FnMut(&mut Source<'_>, &mut dyn Write) -> Result<(), WriteError>;

/// A run of bytes of what will be written.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// New bytes: a range of the arena.
    New(usize, usize),
    /// Bytes that are made while writing.
    Streamed(u64),
    /// A span of the source.
    Source(u64, u64),
}

impl Piece {
    fn bytes(self) -> u64 {
        match self {
            Self::New(from, to) => to.saturating_sub(from) as u64,
            Self::Streamed(bytes) => bytes,
            Self::Source(from, to) => to.saturating_sub(from),
        }
    }
}

/// What a data set becomes with its edits. Everything that can be refused was refused when it was made.
#[derive(Debug)]
pub struct Edited<'d> {
    data_set: &'d DataSet,
    pieces: Vec<Piece>,
    arena: Vec<u8>,
}

impl<'d> Edited<'d> {
    /// Works out what is cut where.
    pub fn new(data_set: &'d DataSet, edits: &Edits) -> Result<Self, WriteError> {
        let splices = Splices::new(data_set, edits)?;
        let mut pieces = Vec::with_capacity(splices.len().saturating_mul(2));
        let (mut at, end) = data_set.span();
        for splice in splices.in_order() {
            if splice.from < at {
                // Inside of what was left out already.
                continue;
            }
            if splice.from > at {
                pieces.push(Piece::Source(at, splice.from));
            }
            match pieces.last_mut() {
                Some(Piece::New(_, to)) if *to == splice.bytes.0 => *to = splice.bytes.1,
                _ => pieces.push(Piece::New(splice.bytes.0, splice.bytes.1)),
            }
            if splice.streamed > 0 {
                pieces.push(Piece::Streamed(splice.streamed));
            }
            at = splice.to;
        }
        if end > at {
            pieces.push(Piece::Source(at, end));
        }
        Ok(Self { data_set, pieces, arena: splices.arena })
    }

    /// Bytes of the data set that will be written, before any deflating.
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.bytes()))
    }

    /// Scans the data set that will be written as [`Scanner::scan`] does a file: bulk is passed over, streamed bytes
    /// count as zeros. Offsets are from the start of the data set.
    pub fn scan<'s>(&self, source: Source<'_>, scanner: &'s mut Scanner) -> Result<&'s DataSet, Refused> {
        let input = Pieces { edited: self, source, next: 0, within: 0, left: self.bytes() };
        scanner.scan_input(input, self.data_set.transfer_syntax().encoding)
    }

    /// Writes it as [`crate::write`] does. `stream` is asked for the value of [`Edits::stream`].
    pub fn write(
        &self,
        source: Source<'_>,
        meta: Option<&[NewElement]>,
        out: &mut dyn Write,
        stream: Stream<'_>,
    ) -> Result<(), WriteError> {
        if let Some(meta) = meta {
            out.write_all(&encode_meta(meta)?)?;
        }
        if !self.data_set.transfer_syntax().is_deflated {
            return self.write_pieces(source, out, stream);
        }
        let mut encoder = DeflateEncoder::new(out, Compression::default());
        self.write_pieces(source, &mut encoder, stream)?;
        encoder.try_finish()?;
        let is_odd = encoder.total_out() % 2 == 1;
        let out = encoder.finish()?;
        // PS3.5 section A.5.
        if is_odd {
            out.write_all(&[0])?;
        }
        Ok(())
    }

    fn write_pieces(
        &self,
        mut source: Source<'_>,
        out: &mut dyn Write,
        stream: Stream<'_>,
    ) -> Result<(), WriteError> {
        for piece in &self.pieces {
            match *piece {
                Piece::New(from, to) => out.write_all(self.arena.get(from..to).unwrap_or_default())?,
                Piece::Source(from, to) => source.copy(from, to, out)?,
                Piece::Streamed(bytes) => {
                    let mut counting = Counting { out, left: bytes };
                    stream(&mut source, &mut counting)?;
                    if counting.left != 0 {
                        return Err(WriteError::Streamed(counting.left));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Lets no more through than was announced.
struct Counting<'w> {
    out: &'w mut dyn Write,
    left: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| io::Error::other("more bytes than its length says"))?;
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The pieces one after the other, as a scan reads a file.
struct Pieces<'e, 'd, 's> {
    edited: &'e Edited<'d>,
    source: Source<'s>,
    next: usize,
    /// Bytes of the next piece that were read.
    within: u64,
    left: u64,
}

impl Pieces<'_, '_, '_> {
    fn take(&mut self, bytes: u64) {
        self.within = self.within.saturating_add(bytes);
        self.left = self.left.saturating_sub(bytes);
        while let Some(piece) = self.edited.pieces.get(self.next)
            && piece.bytes() <= self.within
        {
            self.within = self.within.saturating_sub(piece.bytes());
            self.next += 1;
        }
    }
}

impl Input for Pieces<'_, '_, '_> {
    fn more(&mut self, held: &mut Vec<u8>, want: usize) -> Result<usize, Stopped> {
        let before = held.len();
        while let Some(piece) = self.edited.pieces.get(self.next) {
            let wanted = (want as u64).saturating_sub((held.len() - before) as u64);
            let count = piece.bytes().saturating_sub(self.within).min(wanted);
            if wanted == 0 {
                break;
            }
            match *piece {
                Piece::New(from, _) => {
                    let from = from.saturating_add(usize::try_from(self.within).unwrap_or(usize::MAX));
                    let to = from.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
                    held.extend_from_slice(self.edited.arena.get(from..to).unwrap_or_default());
                }
                Piece::Streamed(_) => {
                    held.resize(held.len().saturating_add(usize::try_from(count).unwrap_or(0)), 0);
                }
                Piece::Source(from, _) => {
                    let from = from.saturating_add(self.within);
                    let copied = self.source.copy(from, from.saturating_add(count), held);
                    copied.map_err(|error| Stopped::Broken(io::Error::other(error)))?;
                }
            }
            self.take(count);
        }
        Ok(held.len() - before)
    }

    fn skip(&mut self, bytes: u64) -> Result<u64, Stopped> {
        let bytes = bytes.min(self.left);
        self.take(bytes);
        Ok(bytes)
    }

    fn left(&self) -> Option<u64> {
        Some(self.left)
    }
}
