//! Writes an edited file: long runs copied as they are, new bytes at the cuts; never holds what it copies.

use crate::bulk::Bulk;
use crate::edit::{Edits, NewElement};
use crate::splice::Splices;
use crate::{DataSet, Encoding, Tag, Vr};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Cursor, Read, Seek, Write};

const GROUP_LENGTH: Tag = Tag::new(0x0002, 0x0000);

/// Why a file was not written to its end.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An index that the data set does not have.
    #[error("no element {0} in this data set: the edits were made for another one")]
    NoSuchElement(usize),
    /// A new element for something that is no item.
    #[error(
        "element {0} is no item, so no element can be set in it: give the index of an item, or none for the top"
    )]
    NotAScope(usize),
    /// A value that its length field cannot say.
    #[error("{tag}: {bytes} bytes do not fit its length field: use another VR, or a shorter value")]
    TooLong {
        /// The element.
        tag: Tag,
        /// Bytes of its value.
        bytes: u64,
    },
    /// The bytes given for a sequence are no items.
    #[error("{0}: the bytes given for this sequence are odd in number and so no items")]
    OddSequence(Tag),
    /// The source is shorter than when it was scanned.
    #[error(
        "the source ends before byte {0}, which was there when it was scanned: it changed in between; scan it again"
    )]
    SourceChanged(u64),
    /// Source or output failed.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// Where the bytes of a span come from.
enum Source<'s, R> {
    /// The whole file in memory.
    Whole(&'s [u8]),
    Bulk(Bulk<'s, R>),
}

impl<R: Read + Seek> Source<'_, R> {
    fn copy(
        &mut self,
        data_set: &DataSet,
        mut from: u64,
        to: u64,
        out: &mut dyn Write,
    ) -> Result<(), WriteError> {
        let bulk = match self {
            Self::Whole(bytes) => {
                let span = usize::try_from(from).ok().zip(usize::try_from(to).ok());
                let bytes = span.and_then(|(from, to)| bytes.get(from..to));
                return Ok(out.write_all(bytes.ok_or(WriteError::SourceChanged(to))?)?);
            }
            Self::Bulk(bulk) => bulk,
        };
        while from < to {
            let (kept, next) = kept_from(data_set, from);
            if kept.is_empty() {
                let end = next.min(to);
                bulk.copy(from, end, out)?;
                from = end;
            } else {
                let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX).min(kept.len());
                out.write_all(kept.get(..count).unwrap_or_default())?;
                from = from.saturating_add(count as u64);
            }
        }
        Ok(())
    }
}

/// The kept bytes at an offset, up to the next gap, and where the kept bytes after a gap begin.
fn kept_from(data_set: &DataSet, offset: u64) -> (&[u8], u64) {
    let next = data_set.runs.partition_point(|run| run.offset <= offset);
    let following = data_set.runs.get(next);
    let end = following.map_or(data_set.held.len(), |run| run.held as usize);
    let kept = next.checked_sub(1).and_then(|last| data_set.runs.get(last)).and_then(|run| {
        let into = usize::try_from(offset.saturating_sub(run.offset)).ok()?;
        data_set.held.get((run.held as usize).checked_add(into)?..end)
    });
    (kept.unwrap_or_default(), following.map_or(u64::MAX, |run| run.offset))
}

/// Writes the data set with the edits, in the transfer syntax it has, behind a preamble of zeros and the file meta
/// elements given ((0002,0000) is made here); `None` writes a bare data set. Bytes after the last element are not
/// copied. `source` is what was scanned.
pub fn write<R: Read + Seek>(
    data_set: &DataSet,
    source: &mut R,
    edits: &Edits,
    meta: Option<&[NewElement]>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let source = Source::Bulk(Bulk::new(data_set, source)?);
    write_from(data_set, source, edits, meta, out)
}

/// The same from the whole file in memory.
pub fn write_bytes(
    data_set: &DataSet,
    source: &[u8],
    edits: &Edits,
    meta: Option<&[NewElement]>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    if data_set.transfer_syntax().is_deflated {
        return write(data_set, &mut Cursor::new(source), edits, meta, out);
    }
    write_from(data_set, Source::<Cursor<&[u8]>>::Whole(source), edits, meta, out)
}

fn write_from<R: Read + Seek>(
    data_set: &DataSet,
    source: Source<'_, R>,
    edits: &Edits,
    meta: Option<&[NewElement]>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    // Everything that can be refused is refused before the first byte is written.
    let splices = Splices::new(data_set, edits)?;
    let meta = meta.map(encode_meta).transpose()?;
    if let Some(meta) = meta {
        out.write_all(&meta)?;
    }
    if !data_set.transfer_syntax().is_deflated {
        return write_body(data_set, source, &splices, out);
    }
    let mut encoder = DeflateEncoder::new(out, Compression::default());
    write_body(data_set, source, &splices, &mut encoder)?;
    encoder.try_finish()?;
    let is_odd = encoder.total_out() % 2 == 1;
    let out = encoder.finish()?;
    // PS3.5 section A.5.
    if is_odd {
        out.write_all(&[0])?;
    }
    Ok(())
}

fn write_body<R: Read + Seek>(
    data_set: &DataSet,
    mut source: Source<'_, R>,
    splices: &Splices,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let (mut at, end) = data_set.span();
    for splice in &splices.list {
        if splice.from < at {
            // Inside of what was left out already.
            continue;
        }
        if splice.from > at {
            source.copy(data_set, at, splice.from, out)?;
        }
        out.write_all(splices.arena.get(splice.bytes.0..splice.bytes.1).unwrap_or_default())?;
        at = splice.to;
    }
    if end > at {
        source.copy(data_set, at, end, out)?;
    }
    Ok(())
}

/// Preamble and file meta information (PS3.10 section 7.1).
fn encode_meta(elements: &[NewElement]) -> Result<Vec<u8>, WriteError> {
    let mut sorted: Vec<&NewElement> =
        elements.iter().filter(|element| element.tag != GROUP_LENGTH).collect();
    sorted.sort_by_key(|element| element.tag);
    let mut group = Vec::new();
    for element in sorted {
        let too_long = WriteError::TooLong { tag: element.tag, bytes: element.value.len() as u64 };
        element.encode(Encoding::ExplicitLittle, &mut group).ok_or(too_long)?;
    }
    let too_long = || WriteError::TooLong { tag: GROUP_LENGTH, bytes: group.len() as u64 };
    let length = u32::try_from(group.len()).map_err(|_| too_long())?;
    let mut meta = vec![0; 128];
    meta.extend_from_slice(b"DICM");
    let length = NewElement::new(GROUP_LENGTH, Vr::UL, length.to_le_bytes());
    length.encode(Encoding::ExplicitLittle, &mut meta).ok_or_else(too_long)?;
    meta.append(&mut group);
    Ok(meta)
}

/// The file meta elements of a file, to be written again.
pub fn meta_of(data_set: &DataSet) -> Vec<NewElement> {
    let kept = data_set
        .meta()
        .iter()
        .filter_map(|element| Some(NewElement::new(element.tag, element.vr, data_set.value(element)?)));
    kept.filter(|element| element.tag != GROUP_LENGTH).collect()
}
