//! What to change in a data set: removals, replacements, new elements; says nothing of how the bytes are written.

use crate::{Encoding, Tag, Vr, standard_vr};
use std::ops::Range;

/// An element to be written. The value is in the encoding of its place; padding to even length is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewElement {
    /// Tag.
    pub tag: Tag,
    /// VR; written in explicit encodings only.
    pub vr: Vr,
    /// Value without padding.
    pub value: Vec<u8>,
}

impl NewElement {
    /// An element with a value as bytes.
    pub fn new(tag: Tag, vr: Vr, value: impl Into<Vec<u8>>) -> Self {
        Self { tag, vr, value: value.into() }
    }

    /// A sequence of items, made for one encoding ([`crate::DataSet::encoding_in`] of its place): nest by making the
    /// inner one first. `None` if a length does not fit its field.
    pub fn sequence(tag: Tag, items: &[Vec<Self>], encoding: Encoding) -> Option<Self> {
        let mut value = Vec::new();
        for item in items {
            let mut content = Vec::new();
            for element in item {
                element.encode(encoding, &mut content)?;
            }
            put_tag(Tag::ITEM, encoding, &mut value);
            put_length(u32::try_from(content.len()).ok()?, encoding, &mut value);
            value.append(&mut content);
        }
        Some(Self { tag, vr: Vr::SQ, value })
    }

    /// Appends header, value and padding; `None` if the value does not fit the length field.
    pub fn encode(&self, encoding: Encoding, out: &mut Vec<u8>) -> Option<()> {
        encode((self.tag, self.vr), &self.value, encoding, out)
    }
}

/// Appends header, value and padding; `None` if the value does not fit the length field.
pub(crate) fn encode(
    (tag, vr): (Tag, Vr),
    value: &[u8],
    encoding: Encoding,
    out: &mut Vec<u8>,
) -> Option<()> {
    let is_odd = value.len() % 2 == 1;
    encode_header((tag, vr), (value.len() as u64).checked_add(u64::from(is_odd))?, encoding, out)?;
    out.extend_from_slice(value);
    if is_odd {
        // Who knows the element behind an UN would pad it so.
        let vr = if vr == Vr::UN { standard_vr(tag) } else { vr };
        out.push(vr.padding());
    }
    Some(())
}

/// Appends the header of a value of this length.
pub(crate) fn encode_header(
    (tag, vr): (Tag, Vr),
    bytes: u64,
    encoding: Encoding,
    out: &mut Vec<u8>,
) -> Option<()> {
    let length = u32::try_from(bytes).ok().filter(|&length| length < u32::MAX)?;
    if !encoding.is_explicit() {
        put_tag(tag, encoding, out);
        put_length(length, encoding, out);
        return Some(());
    }
    let (short, is_long) = (u16::try_from(length).ok(), vr.has_long_length());
    let word = if is_long { 0 } else { short? };
    let tag = tag_bytes(tag, encoding);
    let letters = vr.letters().as_bytes().first_chunk::<2>()?;
    let ([t0, t1, t2, t3], [v0, v1], [w0, w1]) = (tag, *letters, word_bytes(word, encoding));
    out.extend_from_slice(&[t0, t1, t2, t3, v0, v1, w0, w1]);
    if is_long {
        put_length(length, encoding, out);
    }
    Some(())
}

fn word_bytes(word: u16, encoding: Encoding) -> [u8; 2] {
    if encoding.is_big() { word.to_be_bytes() } else { word.to_le_bytes() }
}

fn tag_bytes(tag: Tag, encoding: Encoding) -> [u8; 4] {
    let ([g0, g1], [e0, e1]) = (word_bytes(tag.group(), encoding), word_bytes(tag.element(), encoding));
    [g0, g1, e0, e1]
}

fn put_tag(tag: Tag, encoding: Encoding, out: &mut Vec<u8>) {
    out.extend_from_slice(&tag_bytes(tag, encoding));
}

pub(crate) fn put_length(length: u32, encoding: Encoding, out: &mut Vec<u8>) {
    out.extend_from_slice(&if encoding.is_big() { length.to_be_bytes() } else { length.to_le_bytes() });
}

/// What happens to one element of the source.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Remove,
    /// The value, under the tag and VR there are: a range of [`Edits::values`].
    Value(Range<usize>),
    /// All of it.
    Element(NewElement),
    /// All of it, with a value of this many bytes that is made while writing.
    Stream(NewElement, u64),
}

/// Changes to one data set, by the indices of [`crate::DataSet::elements`].
///
/// What lies inside a removed or replaced element goes with it, whatever else is asked for it. With any change, group
/// lengths (gggg,0000) are left out: they are retired (PS3.5 section 7.2).
#[derive(Debug, Clone, Default)]
pub struct Edits {
    pub(crate) changes: Vec<(usize, Change)>,
    /// New values one after the other: an allocation for each would cost more than all else that is done to it.
    pub(crate) values: Vec<u8>,
    pub(crate) new: Vec<(Option<usize>, NewElement)>,
}

impl Edits {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.new.is_empty()
    }

    /// Forgets all changes, keeping the buffers.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.values.clear();
        self.new.clear();
    }

    /// Leaves out an element, an item with all of its elements, or a fragment.
    pub fn remove(&mut self, index: usize) {
        self.changes.push((index, Change::Remove));
    }

    /// Writes another value under the same tag and VR; a sequence becomes one of known length with these bytes as its
    /// items, none for an empty one.
    pub fn replace(&mut self, index: usize, value: impl AsRef<[u8]>) {
        self.replace_with(index, |out| out.extend_from_slice(value.as_ref()));
    }

    /// The same with a value that is appended to a buffer, which must not become shorter.
    pub fn replace_with(&mut self, index: usize, append: impl FnOnce(&mut Vec<u8>)) {
        let from = self.values.len();
        append(&mut self.values);
        self.changes.push((index, Change::Value(from..self.values.len())));
    }

    /// Writes another element in its place, for another VR or another tag.
    pub fn replace_element(&mut self, index: usize, element: NewElement) {
        self.changes.push((index, Change::Element(element)));
    }

    /// Writes another element in its place, whose value of so many bytes is made while [`crate::Edited::write`] writes:
    /// for bulk that should not be held. One element of a data set at most.
    pub fn stream(&mut self, index: usize, tag: Tag, vr: Vr, bytes: u64) {
        self.changes.push((index, Change::Stream(NewElement::new(tag, vr, []), bytes)));
    }

    /// Writes an element into a scope (an item by its index, `None` for the top) in the order of tags, instead of all
    /// with its tag that are there.
    pub fn set(&mut self, scope: Option<usize>, element: NewElement) {
        self.new.push((scope, element));
    }
}
