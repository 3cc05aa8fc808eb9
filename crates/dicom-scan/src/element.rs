//! One element as the scan saw it: where it lies, never what it means.

use crate::{Tag, Vr};

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value.
    Value,
    /// A sequence of items.
    Sequence,
    /// An item of a sequence.
    Item,
    /// Encapsulated pixel data (PS3.5 section A.4).
    Encapsulated,
    /// A fragment of encapsulated pixel data; the first is the basic offset table.
    Fragment,
}

/// How the header of an element is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tag, four-byte length; also items and fragments.
    Implicit,
    /// Tag, VR, two-byte length.
    Short,
    /// Tag, VR, two reserved bytes, four-byte length.
    Long,
}

impl Form {
    /// Bytes of such a header.
    pub const fn header_bytes(self) -> u8 {
        if matches!(self, Self::Long) { 12 } else { 8 }
    }
}

/// `parent` and `held` where there is none.
pub(crate) const NONE: u32 = u32::MAX;

/// One element, item or fragment. Offsets are bytes from the start of the file; inside a deflated data set they count
/// as though its inflated bytes stood in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Offset of the tag.
    pub start: u64,
    /// Offset just past the header.
    pub value: u64,
    /// Offset just past the element, its delimiter included.
    pub end: u64,
    pub(crate) held: u32,
    pub(crate) parent: u32,
    /// Tag; of items and fragments (FFFE,E000).
    pub tag: Tag,
    /// VR as encoded, or the dictionary's where none is; of items and fragments UN.
    pub vr: Vr,
    /// VR that the dictionary has for the tag, as [`crate::standard_vr`] says it.
    pub(crate) standard: Vr,
    /// What it is.
    pub kind: Kind,
    /// How its header is laid out.
    pub form: Form,
    /// Containers around it: 0 at the top of the data set.
    pub depth: u8,
    pub(crate) flags: u8,
}

pub(crate) const UNDEFINED: u8 = 1;
/// Its children are implicit little endian although the data set is not (PS3.5 section 6.2.2, note on UN).
pub(crate) const IMPLICIT_INSIDE: u8 = 2;
/// Carries 8 bytes of delimiter that are no content.
const DELIMITER_BYTES: u64 = 8;

impl Element {
    /// What [`crate::standard_vr`] says of its tag, without looking it up again.
    pub const fn standard_vr(&self) -> Vr {
        self.standard
    }

    /// Its length is undefined: a delimiter ends it.
    pub const fn is_undefined_length(&self) -> bool {
        self.flags & UNDEFINED != 0
    }

    /// Holds elements, items or fragments.
    pub const fn is_container(&self) -> bool {
        matches!(self.kind, Kind::Sequence | Kind::Item | Kind::Encapsulated)
    }

    /// Offset just past the value or the children, before any delimiter.
    pub const fn value_end(&self) -> u64 {
        if self.is_undefined_length() { self.end.saturating_sub(DELIMITER_BYTES) } else { self.end }
    }

    /// Bytes of value or children, without a delimiter.
    pub const fn value_bytes(&self) -> u64 {
        self.value_end().saturating_sub(self.value)
    }

    /// Index of the sequence or item around it; `None` at the top of the data set.
    pub const fn parent(&self) -> Option<usize> {
        if self.parent == NONE { None } else { Some(self.parent as usize) }
    }

    /// Its value stayed in the source: read it there, from `value` to `value_end`.
    pub const fn is_left_in_source(&self) -> bool {
        matches!(self.kind, Kind::Value | Kind::Fragment) && self.held == NONE
    }
}
