//! What a request is about: bytes that stay with the parent, of which the worker asks for those that it wants to see.
//!
//! Most of an image is pixels that nobody looks at; so they are neither copied nor sealed open for a look at the header.

use crate::frame;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::net::UnixStream;

/// First byte of a frame of a worker: an answer, or a span that it wants to see.
pub(crate) const ANSWER: u8 = b'A';
pub(crate) const WANTED: u8 = b'W';
/// Most bytes of a span.
pub(crate) const SPAN_BYTES_MAX: u32 = 256 << 10;
/// A span as it is asked for: offset and length, big-endian.
pub(crate) const SPAN: usize = 12;

/// The worker's view of an object.
#[derive(Debug)]
pub struct Object<'p> {
    parent: &'p UnixStream,
    length: u64,
    position: u64,
    /// The span that came last, and where it begins.
    span: Vec<u8>,
    start: u64,
}

impl<'p> Object<'p> {
    /// So long, with its first bytes.
    pub(crate) fn new(parent: &'p UnixStream, length: u64, first: Vec<u8>) -> Self {
        Self { parent, length, position: 0, span: first, start: 0 }
    }

    /// What of the last span lies at the position.
    fn ready(&self) -> &[u8] {
        let into = self.position.checked_sub(self.start).and_then(|into| usize::try_from(into).ok());
        into.and_then(|into| self.span.get(into..)).unwrap_or_default()
    }

    fn fetch(&mut self, count: usize) -> io::Result<()> {
        let left = self.length.saturating_sub(self.position);
        let count = u32::try_from(count).unwrap_or(SPAN_BYTES_MAX).min(SPAN_BYTES_MAX);
        let count = u32::try_from(left).unwrap_or(count).min(count);
        let wanted =
            [&[WANTED], self.position.to_be_bytes().as_slice(), count.to_be_bytes().as_slice()].concat();
        let mut parent = self.parent;
        frame::write(&mut parent, &wanted)?;
        let span = frame::read(&mut parent, SPAN_BYTES_MAX)?;
        self.span = span.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.start = self.position;
        Ok(())
    }
}

impl Read for Object<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || out.is_empty() {
            return Ok(0);
        }
        if self.ready().is_empty() {
            self.fetch(out.len())?;
        }
        let read = self.ready().read(out)?;
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for Object<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.position = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
