//! Where the bytes of a scanned file are copied from: memory, a file, or a deflate stream; never changes them.

use crate::write::WriteError;
use crate::{DataSet, Element};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};

/// Bytes moved in one step.
const STEP: usize = 128 << 10;

/// What a data set was scanned from, for copying spans of it. Of a deflated data set, spans must be asked for in their
/// order.
pub struct Source<'s> {
    data_set: &'s DataSet,
    origin: Origin<'s>,
    buffer: Vec<u8>,
}

trait ReadSeek: Read + Seek {}
impl<R: Read + Seek> ReadSeek for R {}

enum Origin<'s> {
    /// The whole file in memory.
    Whole(&'s [u8]),
    File(&'s mut dyn ReadSeek),
    /// A deflate stream, and the offset of its next byte.
    Inflating(DeflateDecoder<BufReader<Box<dyn ReadSeek + 's>>>, u64),
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Source(..)")
    }
}

impl<'s> Source<'s> {
    /// What was scanned, at whatever place it stands.
    pub fn new<R: Read + Seek>(data_set: &'s DataSet, source: &'s mut R) -> Result<Self, WriteError> {
        let origin = if data_set.transfer_syntax().is_deflated {
            Self::inflating(data_set, Box::new(source))?
        } else {
            Origin::File(source)
        };
        Ok(Self { data_set, origin, buffer: Vec::new() })
    }

    /// The whole file in memory.
    pub fn whole(data_set: &'s DataSet, bytes: &'s [u8]) -> Result<Self, WriteError> {
        let origin = if data_set.transfer_syntax().is_deflated {
            Self::inflating(data_set, Box::new(Cursor::new(bytes)))?
        } else {
            Origin::Whole(bytes)
        };
        Ok(Self { data_set, origin, buffer: Vec::new() })
    }

    fn inflating(data_set: &DataSet, mut source: Box<dyn ReadSeek + 's>) -> io::Result<Origin<'s>> {
        let (start, _) = data_set.span();
        source.seek(SeekFrom::Start(start))?;
        Ok(Origin::Inflating(DeflateDecoder::new(BufReader::new(source)), start))
    }

    /// What it was scanned into.
    pub fn data_set(&self) -> &'s DataSet {
        self.data_set
    }

    /// Value of an element, in one piece.
    pub fn value(&mut self, element: &Element) -> Result<Vec<u8>, WriteError> {
        let mut value = Vec::new();
        self.copy(element.value, element.value_end(), &mut value)?;
        Ok(value)
    }

    /// Copies a span, from what the scan kept where it has it.
    pub fn copy(&mut self, mut from: u64, to: u64, out: &mut dyn Write) -> Result<(), WriteError> {
        if let Origin::Whole(bytes) = self.origin {
            let span = usize::try_from(from).ok().zip(usize::try_from(to).ok());
            let bytes = span.and_then(|(from, to)| bytes.get(from..to));
            return Ok(out.write_all(bytes.ok_or(WriteError::SourceChanged(to))?)?);
        }
        while from < to {
            let (kept, next) = self.data_set.kept_from(from);
            if kept.is_empty() {
                let end = next.min(to);
                self.copy_bulk(from, end, out)?;
                from = end;
            } else {
                let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX).min(kept.len());
                out.write_all(kept.get(..count).unwrap_or_default())?;
                from = from.saturating_add(count as u64);
            }
        }
        Ok(())
    }

    fn copy_bulk(&mut self, from: u64, to: u64, out: &mut dyn Write) -> Result<(), WriteError> {
        self.buffer.resize(STEP, 0);
        let reader: &mut dyn Read = match &mut self.origin {
            Origin::File(source) => {
                source.seek(SeekFrom::Start(from))?;
                source
            }
            Origin::Inflating(decoder, at) => {
                io::copy(&mut decoder.take(from.saturating_sub(*at)), &mut io::sink())?;
                *at = to;
                decoder
            }
            // Handled above.
            Origin::Whole(_) => return Err(WriteError::SourceChanged(to)),
        };
        let mut left = to.saturating_sub(from);
        while left > 0 {
            let step = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let Some(part) = self.buffer.get_mut(..step) else { break };
            match reader.read(part) {
                Ok(0) => return Err(WriteError::SourceChanged(to)),
                Ok(count) => {
                    out.write_all(part.get(..count).unwrap_or_default())?;
                    left = left.saturating_sub(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
