//! The 8 or 12 bytes before a value (PS3.5 section 7.1); never reads past them.

use crate::refused::Reason;
use crate::{Encoding, Form, Tag, Vr};

/// Length FFFFFFFF: a delimiter ends the value.
pub(crate) const UNDEFINED_LENGTH: u32 = u32::MAX;
/// The longest header.
pub(crate) const HEADER_BYTES_MAX: usize = 12;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) tag: Tag,
    /// `None` where the file has none.
    pub(crate) vr: Option<Vr>,
    pub(crate) length: u32,
    pub(crate) form: Form,
}

/// What a header turned out to be.
pub(crate) enum Read {
    Header(Header),
    /// Fewer bytes than it needs.
    Short,
}

fn word(bytes: [u8; 2], encoding: Encoding) -> u16 {
    if encoding.is_big() { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
}

pub(crate) fn double_word(bytes: [u8; 4], encoding: Encoding) -> u32 {
    if encoding.is_big() { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// Reads the header at the front of `bytes`.
///
/// Two letters that are no VR are refused: the length field after them may have two bytes or four, and readers differ.
/// Anything else in the place of a VR is an element written as implicit, as some writers do inside sequences.
#[inline]
pub(crate) fn read(bytes: &[u8], encoding: Encoding) -> Result<Read, (Tag, Reason)> {
    let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = bytes.first_chunk::<8>() else { return Ok(Read::Short) };
    let tag = Tag::new(word([g0, g1], encoding), word([e0, e1], encoding));
    let implicit =
        Header { tag, vr: None, length: double_word([v0, v1, l0, l1], encoding), form: Form::Implicit };
    if !encoding.is_explicit() || tag.group() == 0xFFFE {
        return Ok(Read::Header(implicit));
    }
    let Some(vr) = Vr::from_letters([v0, v1]) else {
        return if v0.is_ascii_uppercase() && v1.is_ascii_uppercase() {
            Err((tag, Reason::UnknownVr([v0, v1])))
        } else {
            Ok(Read::Header(implicit))
        };
    };
    if !vr.has_long_length() {
        let length = u32::from(word([l0, l1], encoding));
        return Ok(Read::Header(Header { tag, vr: Some(vr), length, form: Form::Short }));
    }
    let Some(&[.., l0, l1, l2, l3]) = bytes.first_chunk::<12>() else { return Ok(Read::Short) };
    let length = double_word([l0, l1, l2, l3], encoding);
    Ok(Read::Header(Header { tag, vr: Some(vr), length, form: Form::Long }))
}
