//! The bytes that a DICOM digital signature is over (PS3.15 section C.1.1): a data set as seen from a list of its elements.
//!
//! The listed elements of one item, or of the top, in explicit VR little endian: values with their headers; sequences
//! without their length, items and fragments with their tag alone and without a delimiter, each sequence closed by the tag
//! of its delimiter. So neither defined nor undefined length shows, and fragments of pixel data are signed as they are.

use crate::algorithm::{Hasher, MacAlgorithm};
use crate::reading::{Reading, Swap};
use medward_dicom_scan::{DataSet, Element, Kind, Tag, Vr};
use std::ops::Range;

/// Elements of a scope that a digest runs over, and the digest.
#[derive(Clone)]
pub(crate) struct MacStream<'d> {
    data_set: &'d DataSet,
    /// Indices of the elements with all that is in them.
    ranges: Vec<Range<usize>>,
    range: usize,
    at: usize,
    /// Ends of the sequences that are open.
    open: Vec<u64>,
    padding: Option<u8>,
    pub(crate) hasher: Hasher,
}

impl<'d> MacStream<'d> {
    /// Over these ranges of indices, which ascend.
    pub(crate) fn new(data_set: &'d DataSet, ranges: Vec<Range<usize>>, algorithm: MacAlgorithm) -> Self {
        let at = ranges.first().map_or(0, |range| range.start);
        let hasher = Hasher::new(algorithm);
        Self { data_set, ranges, range: 0, at, open: Vec::new(), padding: None, hasher }
    }

    /// Bytes that the digest will run over, near enough to bound the work.
    pub(crate) fn bytes(&self) -> u64 {
        let elements = self.data_set.elements();
        let ends = self.ranges.iter().filter_map(|range| {
            let (first, last) = (elements.get(range.start)?, elements.get(range.end.checked_sub(1)?)?);
            Some(last.end.saturating_sub(first.start))
        });
        ends.fold(0, u64::saturating_add)
    }

    fn close_before(&mut self, offset: u64) {
        while self.open.last().is_some_and(|&end| end <= offset) {
            self.open.pop();
            self.hasher.update(&tag_bytes(Tag::SEQUENCE_END));
        }
    }

    /// Header of a value; the length is even, as it is written.
    fn header(&mut self, element: &Element) {
        let length = element.value_bytes();
        let length = u32::try_from(length.saturating_add(length % 2)).unwrap_or(u32::MAX);
        self.hasher.update(&tag_bytes(element.tag));
        if element.kind == Kind::Fragment {
            return;
        }
        self.hasher.update(element.vr.letters().as_bytes());
        if element.vr.has_long_length() {
            self.hasher.update(&[0, 0]);
            self.hasher.update(&length.to_le_bytes());
        } else {
            // Longer ones are not signable.
            self.hasher.update(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
        }
    }
}

fn tag_bytes(tag: Tag) -> [u8; 4] {
    let ([g0, g1], [e0, e1]) = (tag.group().to_le_bytes(), tag.element().to_le_bytes());
    [g0, g1, e0, e1]
}

impl Reading for MacStream<'_> {
    fn next_left(&mut self) -> Option<usize> {
        if let Some(padding) = self.padding.take() {
            self.hasher.update(&[padding]);
        }
        loop {
            let Some(range) = self.ranges.get(self.range) else { return None };
            if self.at >= range.end {
                self.close_before(u64::MAX);
                self.range += 1;
                self.at = self.ranges.get(self.range).map_or(0, |range| range.start);
                continue;
            }
            let index = self.at;
            let element = self.data_set.elements().get(index)?;
            self.at += 1;
            self.close_before(element.start);
            match element.kind {
                Kind::Sequence | Kind::Encapsulated => {
                    self.hasher.update(&tag_bytes(element.tag));
                    self.hasher.update(element.vr.letters().as_bytes());
                    self.hasher.update(&[0, 0]);
                    self.open.push(element.end);
                }
                Kind::Item => self.hasher.update(&tag_bytes(element.tag)),
                Kind::Value | Kind::Fragment => {
                    self.header(element);
                    let is_odd = element.value_bytes() % 2 == 1;
                    self.padding = is_odd.then(|| element.vr.padding());
                    let Some(value) = self.data_set.value(element) else { return Some(index) };
                    let swap = Swap::of(self.data_set, element);
                    if swap.is_idle() {
                        self.hasher.update(value);
                    } else {
                        self.hasher.update(&swap.turn_whole(value));
                    }
                    if let Some(padding) = self.padding.take() {
                        self.hasher.update(&[padding]);
                    }
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }
}

/// The range of indices of an element with all that is in it.
pub(crate) fn range_of(data_set: &DataSet, index: usize) -> Range<usize> {
    let elements = data_set.elements();
    let Some(element) = elements.get(index) else { return index..index };
    let next = index.saturating_add(1);
    if !element.is_container() {
        return index..next;
    }
    let rest = elements.get(next..).unwrap_or_default();
    index..next.saturating_add(rest.partition_point(|inner| inner.start < element.end))
}

/// A tag that a signature may cover (PS3.15 section C.1.1): no group lengths, nothing below group 0008, not the signatures
/// themselves.
pub(crate) const fn is_signable_tag(tag: Tag) -> bool {
    !tag.is_group_length()
        && tag.group() >= 0x0008
        && tag.group() != 0xFFFA
        && tag.0 != 0x0008_0001
        && tag.0 != 0x4FFE_0001
        && tag.0 != 0xFFFC_FFFC
}

/// Which elements cannot be signed for what they are, or hold: UN has no byte order that all readers agree on, and a value
/// too long for its VR has no explicit form.
pub(crate) fn unsignable(data_set: &DataSet) -> Vec<bool> {
    let elements = data_set.elements();
    let mut blocked = vec![false; elements.len()];
    for (index, element) in elements.iter().enumerate() {
        let is_structure = matches!(element.kind, Kind::Item | Kind::Fragment);
        let is_unknown = element.vr == Vr::UN && !is_structure;
        let is_too_long = !is_structure
            && element.kind == Kind::Value
            && !element.vr.has_long_length()
            && element.value_bytes() > 0xFFFE;
        if !is_unknown && !is_too_long {
            continue;
        }
        let mut around = Some(index);
        while let Some(index) = around {
            match blocked.get_mut(index) {
                Some(blocked) if !*blocked => *blocked = true,
                _ => break,
            }
            around = elements.get(index).and_then(Element::parent);
        }
    }
    blocked
}
