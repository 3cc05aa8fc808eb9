//! Content of an object without its clothes: the same for implicit, explicit, deflated and big endian data sets, for defined
//! and undefined lengths, and for private sequences that a conversion turned into UN.
//!
//! Each value is fed to the digest of its group as path, tag, value and length, without its VR, which implicit encodings do not
//! have. Padding counts for nothing where the dictionary says that the element is text. Out are group lengths, (0008,0001) and
//! (FFFC,FFFC), which mean nothing; file meta information and preamble, which every conversion writes anew; and text of more
//! than a megabyte keeps its padding. Sequences inside UN are looked into [`NESTED_MAX`] deep and up to [`NESTED_BYTES_MAX`].

use crate::algorithm::{Hasher, MacAlgorithm};
use crate::group::Group;
use crate::reading::{Reading, Swap};
use aws_lc_rs::hmac;
use medward_dicom_scan::{DataSet, Element, Kind, Limits, Tag, Vr, scan_bytes};

/// Sequences in UN inside of one another that are looked into; deeper ones count as bytes.
const NESTED_MAX: u8 = 8;
/// Largest UN that is looked into.
const NESTED_BYTES_MAX: u64 = 16 << 20;
/// An item, and VR of what has none.
const ITEM: (Tag, Vr) = (Tag::ITEM, Vr::UN);
/// Longest value that goes to the digest with its header in one piece, as small ones do at half the cost.
const GATHERED_MAX: usize = 1024;
const ITEM_BYTES: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
/// A sequence of the dictionary, to have an UN read as one.
const SOME_SEQUENCE: [u8; 8] = [0x08, 0x00, 0x40, 0x11, b'U', b'N', 0, 0];

/// Sequence and item number on the way to a value.
type Path = Vec<(Tag, u32)>;

/// Digests of the groups of a header, and of the pixels at the top.
pub(crate) struct Content<'d> {
    data_set: &'d DataSet,
    at: usize,
    open: Vec<Open>,
    groups: [hmac::Context; Group::ALL.len()],
    pixels: Hasher,
    /// What `take` feeds, and the bytes taken of it.
    taking: Option<(usize, u64)>,
    /// Bytes of an UN that may be a sequence.
    kept: Option<Vec<u8>>,
    /// Room for what the digest of a group takes at once.
    gathered: Vec<u8>,
}

/// A container that is open.
struct Open {
    tag: Tag,
    end: u64,
    /// Of the item that is open; items count from 0.
    item: Option<u32>,
    is_item: bool,
}

pub(crate) const fn is_pixels(tag: Tag) -> bool {
    matches!(tag.0, 0x7FE0_0008..=0x7FE0_0010)
}

const fn is_nothing(tag: Tag) -> bool {
    tag.is_group_length() || matches!(tag.0, 0x0008_0001 | 0xFFFC_FFFC)
}

fn may_be_sequence(element: &Element) -> bool {
    element.kind == Kind::Value
        && (element.vr == Vr::UN || (element.vr == Vr::OB && element.tag.is_private()))
        && element.value_bytes() <= NESTED_BYTES_MAX
}

impl<'d> Content<'d> {
    pub(crate) fn new(data_set: &'d DataSet, key: &hmac::Key) -> Self {
        let groups = Group::ALL.map(|group| {
            let mut context = hmac::Context::with_key(key);
            context.update(b"medward seal 1 ");
            context.update(group.name().as_bytes());
            context
        });
        Self {
            data_set,
            at: 0,
            open: Vec::new(),
            groups,
            pixels: Hasher::new(MacAlgorithm::Sha256),
            taking: None,
            kept: None,
            gathered: Vec::new(),
        }
    }

    /// Digests of the groups in their order, and of the pixels.
    pub(crate) fn finish(self) -> ([[u8; 32]; Group::ALL.len()], [u8; 32]) {
        let groups = self.groups.map(|context| context.sign().as_ref().try_into().unwrap_or_default());
        (groups, self.pixels.finish().try_into().unwrap_or_default())
    }

    fn group(&mut self, tag: Tag) -> Option<&mut hmac::Context> {
        self.groups.get_mut(Group::of(tag) as usize)
    }

    fn path(&self) -> Path {
        let sequences = self.open.iter().filter(|open| !open.is_item);
        sequences.map(|open| (open.tag, open.item.unwrap_or_default())).collect()
    }

    /// A whole value, of an element whose VR the dictionary says to be this.
    fn record(&mut self, path: &[(Tag, u32)], (tag, standard): (Tag, Vr), value: &[u8]) {
        let Some(group) = self.groups.get_mut(Group::of(tag) as usize) else { return };
        let value = without_padding(tag, standard, value);
        begin(&mut self.gathered, path, tag);
        if value.len() <= GATHERED_MAX {
            self.gathered.extend_from_slice(value);
        } else {
            group.update(&self.gathered);
            group.update(value);
            self.gathered.clear();
        }
        self.gathered.extend_from_slice(&(value.len() as u64).to_be_bytes());
        group.update(&self.gathered);
    }

    /// Elements of an UN as those of a sequence; `false` where it is none.
    fn nested(&mut self, path: &[(Tag, u32)], tag: Tag, value: &[u8], depth: u8) -> bool {
        if depth == 0 || !value.starts_with(&ITEM_BYTES) {
            return false;
        }
        let Ok(length) = u32::try_from(value.len()) else { return false };
        let mut bytes = SOME_SEQUENCE.to_vec();
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(value);
        // Everything is kept: what is in an UN is read at once.
        let limits = Limits { binary_bytes_held: u32::MAX, value_bytes_held: u32::MAX, ..Limits::default() };
        let Ok(inner) = scan_bytes(&bytes, &limits) else { return false };
        let items: Vec<_> = inner.children(Some(0)).map(|(item, _)| item).collect();
        for (item, number) in items.into_iter().zip(0_u32..) {
            let mut below = path.to_vec();
            below.push((tag, number));
            self.record(&below, ITEM, b"");
            self.elements(&inner, item, &below, depth);
        }
        true
    }

    /// All elements of an item of another data set; as deep as that goes, whose scan bounds it.
    fn elements(&mut self, inner: &DataSet, item: usize, path: &[(Tag, u32)], depth: u8) {
        for (index, child) in inner.children(Some(item)) {
            if is_nothing(child.tag) {
                continue;
            }
            let value = inner.value(child).unwrap_or_default();
            let is_empty = child.value_bytes() == 0;
            match child.kind {
                Kind::Sequence | Kind::Encapsulated if !is_empty => {
                    let items: Vec<_> = inner.children(Some(index)).collect();
                    for ((item, element), number) in items.into_iter().zip(0_u32..) {
                        let mut below = path.to_vec();
                        below.push((child.tag, number));
                        let value = inner.value(element).unwrap_or_default();
                        self.record(&below, ITEM, value);
                        if element.kind == Kind::Item {
                            self.elements(inner, item, &below, depth);
                        }
                    }
                }
                _ if may_be_sequence(child)
                    && self.nested(path, child.tag, value, depth.saturating_sub(1)) => {}
                _ => self.record(path, listed(child), value),
            }
        }
    }

    /// Opens a container; an item and a fragment count in what is around them.
    fn enter(&mut self, element: &Element) {
        if let Some(around) = self.open.last_mut().filter(|around| !around.is_item) {
            around.item = Some(around.item.map_or(0, |item| item.saturating_add(1)));
        }
        if element.is_container() {
            let is_item = element.kind == Kind::Item;
            self.open.push(Open { tag: element.tag, end: element.end, item: None, is_item });
        }
    }

    /// The value that `take` fed is whole.
    fn settle(&mut self) {
        let Some((index, taken)) = self.taking.take() else { return };
        let Some(element) = self.data_set.elements().get(index) else { return };
        let tag = element.tag;
        if let Some(kept) = self.kept.take() {
            let path = self.path();
            if !self.nested(&path, tag, &kept, NESTED_MAX) {
                self.record(&path, listed(element), &kept);
            }
        } else if self.is_top_pixels(element) {
            self.pixels.update(&taken.to_be_bytes());
        } else if let Some(group) = self.group(tag) {
            group.update(&taken.to_be_bytes());
        }
    }

    /// Pixel data at the top, or a fragment of it.
    fn is_top_pixels(&self, element: &Element) -> bool {
        match element.parent().and_then(|parent| self.data_set.elements().get(parent)) {
            None => is_pixels(element.tag),
            Some(around) => around.parent().is_none() && around.kind == Kind::Encapsulated,
        }
    }

    fn value(&mut self, element: &Element, value: &[u8]) {
        if self.is_top_pixels(element) {
            self.begin_pixels(element);
            self.pixels.update(value);
            self.pixels.update(&(value.len() as u64).to_be_bytes());
            return;
        }
        let path = self.path();
        let is_nested = may_be_sequence(element) && self.nested(&path, element.tag, value, NESTED_MAX);
        if !is_nested {
            self.record(&path, listed(element), value);
        }
    }

    /// Native pixels by their tag alone; fragments with the transfer syntax, without which they mean nothing.
    fn begin_pixels(&mut self, element: &Element) {
        self.pixels.update(&element.tag.0.to_be_bytes());
    }
}

/// What stands before a value, in the place of what was there.
fn begin(gathered: &mut Vec<u8>, path: &[(Tag, u32)], tag: Tag) {
    gathered.clear();
    // The scan limits the depth to a byte.
    gathered.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
    for (sequence, item) in path {
        gathered.extend_from_slice(&sequence.0.to_be_bytes());
        gathered.extend_from_slice(&item.to_be_bytes());
    }
    gathered.extend_from_slice(&tag.0.to_be_bytes());
}

fn listed(element: &Element) -> (Tag, Vr) {
    (element.tag, element.standard_vr())
}

/// By the dictionary alone: an implicit data set has no other VR.
fn without_padding(tag: Tag, standard: Vr, value: &[u8]) -> &[u8] {
    if !standard.is_text() || tag.is_private() {
        return value;
    }
    let end = value.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}

impl Reading for Content<'_> {
    fn next_left(&mut self) -> Option<usize> {
        self.settle();
        loop {
            let index = self.at;
            let element = self.data_set.elements().get(index)?;
            self.at += 1;
            while self.open.last().is_some_and(|open| open.end <= element.start) {
                self.open.pop();
            }
            if is_nothing(element.tag) {
                if element.is_container() {
                    self.at = crate::mac_stream::range_of(self.data_set, index).end;
                }
                continue;
            }
            self.enter(element);
            match element.kind {
                Kind::Sequence if element.value_bytes() == 0 => {
                    // As empty as an UN without a value.
                    self.open.pop();
                    let path = self.path();
                    self.record(&path, listed(element), b"");
                }
                Kind::Sequence => {}
                Kind::Encapsulated => {
                    if self.is_top_pixels(element) {
                        let syntax = self.data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap_or_default();
                        self.pixels.update(syntax.as_bytes());
                    }
                }
                Kind::Item => {
                    let path = self.path();
                    self.record(&path, ITEM, b"");
                }
                Kind::Value | Kind::Fragment => {
                    let Some(value) = self.data_set.value(element) else {
                        self.taking = Some((index, 0));
                        if self.is_top_pixels(element) {
                            self.begin_pixels(element);
                        } else if !may_be_sequence(element) {
                            let path = self.path();
                            begin(&mut self.gathered, &path, element.tag);
                            if let Some(group) = self.groups.get_mut(Group::of(element.tag) as usize) {
                                group.update(&self.gathered);
                            }
                        } else {
                            self.kept = Some(Vec::new());
                        }
                        return Some(index);
                    };
                    let swap = Swap::of(self.data_set, element);
                    if swap.is_idle() {
                        self.value(element, value);
                    } else {
                        self.value(element, &swap.turn_whole(value));
                    }
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let Some((index, taken)) = &mut self.taking else { return };
        *taken = taken.saturating_add(bytes.len() as u64);
        let index = *index;
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
            return;
        }
        let Some(element) = self.data_set.elements().get(index) else { return };
        if self.is_top_pixels(element) {
            self.pixels.update(bytes);
        } else if let Some(group) = self.group(element.tag) {
            group.update(bytes);
        }
    }
}
