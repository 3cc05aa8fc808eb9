//! The bytes kept of a source: everything but bulk values, in one buffer; never grows by what a length field says.

use crate::input::{Input, Stopped};
use crate::refused::Reason;
use serde::{Deserialize, Serialize};

/// A run of kept bytes: from `offset` in the source they lie from `held` on, up to where the next run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) offset: u64,
    pub(crate) held: u32,
}

/// First read of a source, doubled up to the second figure: headers of a few kilobytes need one read.
const READ_BYTES: (usize, usize) = (8 << 10, 64 << 10);

pub(crate) struct Window<'h, I> {
    pub(crate) input: I,
    pub(crate) held: &'h mut Vec<u8>,
    runs: &'h mut Vec<Run>,
    /// Index in `held` of the next byte to read.
    pub(crate) at: usize,
    /// Offset in the source minus index in `held`.
    base: u64,
    read_bytes: usize,
    held_max: usize,
}

impl<'h, I: Input> Window<'h, I> {
    /// Goes on at `offset` of the source, after what `held` has.
    pub(crate) fn new(
        input: I,
        held: &'h mut Vec<u8>,
        runs: &'h mut Vec<Run>,
        offset: u64,
        held_max: u32,
    ) -> Self {
        let at = held.len();
        runs.push(Run { offset, held: u32::try_from(at).unwrap_or(u32::MAX) });
        let base = offset.saturating_sub(at as u64);
        // One below, so that every index fits the 32 bits of an element.
        let held_max = held_max.min(u32::MAX - 1) as usize;
        Self { input, held, runs, at, base, read_bytes: READ_BYTES.0, held_max }
    }

    pub(crate) fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    fn ready(&self) -> usize {
        self.held.len().saturating_sub(self.at)
    }

    /// Bytes to the end of the source, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.input.left().map(|left| left.saturating_add(self.ready() as u64))
    }

    /// The next bytes: `count`, or fewer at the end of the source.
    #[inline]
    pub(crate) fn peek(&mut self, count: usize) -> Result<&[u8], Reason> {
        if self.ready() < count {
            self.fill(count)?;
        }
        let end = self.at.saturating_add(count).min(self.held.len());
        Ok(self.held.get(self.at..end).unwrap_or_default())
    }

    #[cold]
    fn fill(&mut self, count: usize) -> Result<(), Reason> {
        while self.ready() < count {
            let room = self.held_max.saturating_sub(self.held.len());
            let want = (count - self.ready()).max(self.read_bytes).min(room);
            if want == 0 {
                return Err(Reason::HeaderBytes(u32::try_from(self.held_max).unwrap_or(u32::MAX)));
            }
            if self.input.more(self.held, want)? == 0 {
                break;
            }
            self.read_bytes = (self.read_bytes * 2).min(READ_BYTES.1);
        }
        Ok(())
    }

    /// Moves past bytes that were peeked at.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.held.len());
    }

    /// Moves past bytes without keeping them; says how many there were.
    pub(crate) fn skip(&mut self, bytes: u64) -> Result<u64, Reason> {
        let after = self.position();
        let ready = self.ready();
        let skipped = match usize::try_from(bytes) {
            Ok(count) if count <= ready => {
                self.held.drain(self.at..self.at.saturating_add(count));
                bytes
            }
            _ => {
                self.held.truncate(self.at);
                let skipped = self.input.skip(bytes.saturating_sub(ready as u64))?;
                skipped.saturating_add(ready as u64)
            }
        };
        let offset = after.saturating_add(skipped);
        self.base = offset.saturating_sub(self.at as u64);
        self.runs.push(Run { offset, held: u32::try_from(self.at).unwrap_or(u32::MAX) });
        Ok(skipped)
    }

    /// Gives the input back; bytes read ahead are dropped.
    pub(crate) fn close(self) -> I {
        self.held.truncate(self.at);
        self.input
    }
}

impl From<Stopped> for Reason {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Broken(error) => Self::Read(error),
            Stopped::Bomb(bytes) => Self::Bomb(bytes),
        }
    }
}
