//! Bytes that a scan left in the source, in the order of the document; never keeps them.

use crate::{DataSet, WriteError};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

/// Bytes of the source by the offsets of a data set, from a source that can be sought in or that must be inflated.
/// Spans must ascend where it must be inflated.
pub struct Bulk<'s, R>(Source<'s, R>);

enum Source<'s, R> {
    Plain(&'s mut R),
    /// The stream, and the offset of its next byte.
    Inflating(DeflateDecoder<BufReader<&'s mut R>>, u64),
}

impl<R> std::fmt::Debug for Bulk<'_, R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Bulk(..)")
    }
}

impl<'s, R: Read + Seek> Bulk<'s, R> {
    /// Of the source that was scanned.
    pub fn new(data_set: &DataSet, source: &'s mut R) -> io::Result<Self> {
        if !data_set.transfer_syntax().is_deflated {
            return Ok(Self(Source::Plain(source)));
        }
        let (start, _) = data_set.span();
        source.seek(SeekFrom::Start(start))?;
        Ok(Self(Source::Inflating(DeflateDecoder::new(BufReader::new(source)), start)))
    }

    /// Copies a span.
    pub fn copy(&mut self, from: u64, to: u64, out: &mut dyn Write) -> Result<(), WriteError> {
        let bytes = to.saturating_sub(from);
        let copied = match &mut self.0 {
            Source::Plain(source) => {
                source.seek(SeekFrom::Start(from))?;
                io::copy(&mut source.take(bytes), out)?
            }
            Source::Inflating(decoder, at) => {
                io::copy(&mut decoder.take(from.saturating_sub(*at)), &mut io::sink())?;
                *at = to;
                io::copy(&mut decoder.take(bytes), out)?
            }
        };
        if copied == bytes { Ok(()) } else { Err(WriteError::SourceChanged(to)) }
    }
}
