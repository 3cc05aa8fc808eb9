//! Writes an edited file: long runs copied as they are, new bytes at the cuts; never holds what it copies.

use crate::edit::{Edits, NewElement};
use crate::edited::Edited;
use crate::source::Source;
use crate::{DataSet, Encoding, Tag, Vr};
use std::io::{self, Read, Seek, Write};

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
    /// A streamed value came shorter than announced, by this many bytes.
    #[error("{0} bytes of a streamed value are missing")]
    Streamed(u64),
    /// Source or output failed.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
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
    let edited = Edited::new(data_set, edits)?;
    edited.write(Source::new(data_set, source)?, meta, out, &mut |_, _| Ok(()))
}

/// The same from the whole file in memory.
pub fn write_bytes(
    data_set: &DataSet,
    source: &[u8],
    edits: &Edits,
    meta: Option<&[NewElement]>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let edited = Edited::new(data_set, edits)?;
    edited.write(Source::whole(data_set, source)?, meta, out, &mut |_, _| Ok(()))
}

/// Preamble and file meta information (PS3.10 section 7.1).
pub(crate) fn encode_meta(elements: &[NewElement]) -> Result<Vec<u8>, WriteError> {
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
