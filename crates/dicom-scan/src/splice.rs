//! From changes by element to cuts in the source: what bytes go where, lengths around mended; reads no source.

use crate::edit::{Change, Edits, NewElement, encode_header, put_length};
use crate::write::WriteError;
use crate::{DataSet, Element, Encoding, Form, Kind, Tag, Vr};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// `from` up to `to` of the source is left out, and bytes of the arena stand there instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Splice {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) bytes: (usize, usize),
    /// Bytes that are made while writing, after those.
    pub(crate) streamed: u64,
    /// Containers around: at one place, what ends deeper comes first.
    depth: u8,
    tag: Tag,
}

impl Splice {
    /// Where it stands among others.
    fn place(&self) -> (u64, bool, Reverse<u8>, Tag) {
        (self.from, self.to > self.from, Reverse(self.depth), self.tag)
    }
}

/// Cuts with the bytes they bring.
#[derive(Debug, Default)]
pub(crate) struct Splices {
    /// Changes, which are many, in the order of the source.
    changes: Vec<Splice>,
    /// Insertions, group lengths that go and lengths that are mended, in the same order.
    around: Vec<Splice>,
    pub(crate) arena: Vec<u8>,
    /// Growth of containers by what is directly in them.
    growth: BTreeMap<usize, i64>,
}

impl Splices {
    pub(crate) fn new(data_set: &DataSet, edits: &Edits) -> Result<Self, WriteError> {
        let new = last_of_each(edits);
        let settled = settle(data_set, edits, &new)?;
        let mut splices = Self {
            changes: Vec::with_capacity(settled.len()),
            around: Vec::new(),
            arena: Vec::with_capacity(edits.values.len().saturating_add(settled.len().saturating_mul(16))),
            growth: BTreeMap::new(),
        };
        splices.insert_all(data_set, &new, &settled)?;
        splices.change_all(data_set, &edits.values, &settled)?;
        splices.drop_group_lengths(data_set, &settled);
        splices.mend_lengths(data_set)?;
        splices.around.sort_by_key(Splice::place);
        Ok(splices)
    }

    /// All cuts in the order of the source.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Splice> {
        let (mut changes, mut around) = (self.changes.iter().peekable(), self.around.iter().peekable());
        std::iter::from_fn(move || {
            let change = changes.peek();
            let is_before = |one: &&Splice| change.is_none_or(|change| one.place() < change.place());
            around.next_if(is_before).or_else(|| changes.next())
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.changes.len().saturating_add(self.around.len())
    }

    /// A cut that brings what was added to the arena.
    fn cut(&self, (from, to): (u64, u64), began: usize, depth: u8, tag: Tag) -> Splice {
        Splice { from, to, bytes: (began, self.arena.len()), streamed: 0, depth, tag }
    }

    /// Counts growth for what is around.
    fn grow(&mut self, scope: Option<usize>, by: i64) {
        if let Some(index) = scope
            && by != 0
        {
            let grown = self.growth.entry(index).or_default();
            *grown = grown.saturating_add(by);
        }
    }

    fn insert_all(
        &mut self,
        data_set: &DataSet,
        new: &[New<'_>],
        settled: &[Settled<'_>],
    ) -> Result<(), WriteError> {
        for of_scope in new.chunk_by(|one, other| one.0 == other.0) {
            let Some(&(scope, _)) = of_scope.first() else { continue };
            let around = scope.and_then(|index| data_set.elements().get(index));
            if let Some(index) = scope
                && around.is_none_or(|element| element.kind != Kind::Item)
            {
                return Err(WriteError::NotAScope(index));
            }
            if is_inside_change(data_set, scope, settled) {
                continue;
            }
            let end = around.map_or(data_set.span().1, Element::value_end);
            let depth = around.map_or(0, |element| element.depth.saturating_add(1));
            // New tags ascend: what stands before one stands before the next.
            let mut children = data_set.children(scope).peekable();
            for &(_, new) in of_scope {
                while children.next_if(|(_, child)| child.tag <= new.tag).is_some() {}
                let place = children.peek().map_or(end, |(_, child)| child.start);
                let began = self.arena.len();
                encode((new.tag, new.vr), &new.value, data_set.encoding_in(scope), &mut self.arena)?;
                self.around.push(self.cut((place, place), began, depth, new.tag));
                let grown = signed(self.arena.len() - began);
                self.grow(scope, grown);
            }
        }
        Ok(())
    }

    /// Removals and replacements; `None` is a removal too, in favour of a new element.
    fn change_all(
        &mut self,
        data_set: &DataSet,
        values: &[u8],
        changes: &[Settled<'_>],
    ) -> Result<(), WriteError> {
        let mut covered = 0;
        for (index, change) in changes {
            let Some(element) = data_set.elements().get(*index) else { continue };
            if element.start < covered {
                continue;
            }
            covered = element.end;
            let began = self.arena.len();
            let mut streamed = 0;
            match change {
                None | Some(Change::Remove) => {}
                Some(Change::Stream(new, bytes)) => {
                    let encoding = data_set.encoding_in(element.parent());
                    let encoded = encode_header((new.tag, new.vr), *bytes, encoding, &mut self.arena);
                    encoded.ok_or(WriteError::TooLong { tag: new.tag, bytes: *bytes })?;
                    streamed = *bytes;
                }
                // Items and fragments have no other form.
                Some(Change::Element(new)) if matches!(element.kind, Kind::Item | Kind::Fragment) => {
                    self.revalue(data_set, element, &new.value)?;
                }
                Some(Change::Element(new)) => {
                    let encoding = data_set.encoding_in(element.parent());
                    encode((new.tag, new.vr), &new.value, encoding, &mut self.arena)?;
                }
                Some(Change::Value(value)) => {
                    self.revalue(data_set, element, values.get(value.clone()).unwrap_or_default())?;
                }
            }
            let cut = self.cut((element.start, element.end), began, element.depth, element.tag);
            self.changes.push(Splice { streamed, ..cut });
            let new = signed(self.arena.len() - began).saturating_add_unsigned(streamed);
            let old = i64::try_from(element.end.saturating_sub(element.start)).unwrap_or(i64::MAX);
            self.grow(element.parent(), new.saturating_sub(old));
        }
        Ok(())
    }

    /// The same header with another length, and another value.
    fn revalue(&mut self, data_set: &DataSet, element: &Element, value: &[u8]) -> Result<(), WriteError> {
        let mut encoding = data_set.encoding_in(element.parent());
        // As it was: an item, or an element that had no VR where one should be.
        if element.form == Form::Implicit && encoding == Encoding::ExplicitLittle {
            encoding = Encoding::ImplicitLittle;
        }
        if element.form == Form::Implicit && encoding == Encoding::ExplicitBig {
            return self.revalue_big(element, value);
        }
        encode((element.tag, element.vr), value, encoding, &mut self.arena)
    }

    /// Items and fragments in big endian, whose header has no VR either.
    fn revalue_big(&mut self, element: &Element, value: &[u8]) -> Result<(), WriteError> {
        let too_long = || WriteError::TooLong { tag: element.tag, bytes: value.len() as u64 };
        let padded = value.len().checked_add(value.len() % 2).ok_or_else(too_long)?;
        let length = u32::try_from(padded).ok().filter(|&length| length < u32::MAX).ok_or_else(too_long)?;
        self.arena.extend_from_slice(&element.tag.0.to_be_bytes());
        put_length(length, Encoding::ExplicitBig, &mut self.arena);
        self.arena.extend_from_slice(value);
        if value.len() % 2 == 1 {
            self.arena.push(element.vr.padding());
        }
        Ok(())
    }

    /// Leaves out every (gggg,0000): retired (PS3.5 section 7.2), and wrong after most changes.
    fn drop_group_lengths(&mut self, data_set: &DataSet, changes: &[Settled<'_>]) {
        if self.len() == 0 || !data_set.has_group_lengths {
            return;
        }
        let mut changes = changes.iter().map(|&(index, _)| index).peekable();
        let mut covered = 0;
        for (index, element) in data_set.elements().iter().enumerate() {
            if changes.next_if_eq(&index).is_some() {
                covered = covered.max(element.end);
            }
            if element.start < covered || !element.tag.is_group_length() || element.kind != Kind::Value {
                continue;
            }
            let began = self.arena.len();
            self.around.push(self.cut((element.start, element.end), began, element.depth, element.tag));
            let old = i64::try_from(element.end.saturating_sub(element.start)).unwrap_or(i64::MAX);
            self.grow(element.parent(), old.saturating_neg());
        }
    }

    /// Writes the new lengths of what is around the changes.
    fn mend_lengths(&mut self, data_set: &DataSet) -> Result<(), WriteError> {
        // From the innermost outwards: what is around comes before in document order.
        while let Some((index, by)) = self.growth.pop_last() {
            let Some(element) = data_set.elements().get(index) else { continue };
            self.grow(element.parent(), by);
            if element.is_undefined_length() || by == 0 {
                continue;
            }
            let length = element.value_bytes().checked_add_signed(by);
            let length =
                length.and_then(|length| u32::try_from(length).ok()).filter(|&length| length < u32::MAX);
            let length =
                length.ok_or(WriteError::TooLong { tag: element.tag, bytes: element.value_bytes() })?;
            let began = self.arena.len();
            let encoding = data_set.encoding_in(element.parent());
            put_length(length, encoding, &mut self.arena);
            let field = (element.value.saturating_sub(4), element.value);
            self.around.push(self.cut(field, began, element.depth, element.tag));
        }
        Ok(())
    }
}

/// What happens to an element of the source; `None` is a removal in favour of a new element.
type Settled<'e> = (usize, Option<&'e Change>);
/// A new element and its scope.
type New<'e> = (Option<usize>, &'e NewElement);

/// New elements by scope and tag; of one set twice the last.
fn last_of_each(edits: &Edits) -> Vec<New<'_>> {
    let mut new: Vec<New<'_>> = edits.new.iter().rev().map(|(scope, element)| (*scope, element)).collect();
    new.sort_by_key(|&(scope, element)| (scope, element.tag));
    new.dedup_by_key(|&mut (scope, element)| (scope, element.tag));
    new
}

/// Changes by index, the last one on each element, and what new elements stand for.
fn settle<'e>(data_set: &DataSet, edits: &'e Edits, new: &[New<'_>]) -> Result<Vec<Settled<'e>>, WriteError> {
    // In their own order first, which is nearly sorted: what comes later on the same element stays.
    let mut changes: Vec<Settled<'e>> = Vec::with_capacity(edits.changes.len().saturating_add(new.len()));
    for (index, change) in &edits.changes {
        if *index >= data_set.elements().len() {
            return Err(WriteError::NoSuchElement(*index));
        }
        changes.push((*index, Some(change)));
    }
    for of_scope in new.chunk_by(|one, other| one.0 == other.0) {
        let Some(&(scope, _)) = of_scope.first() else { continue };
        let is_new = |tag| of_scope.binary_search_by_key(&tag, |(_, element)| element.tag).is_ok();
        let there = data_set.children(scope).filter(|(_, child)| is_new(child.tag));
        changes.extend(there.map(|(index, _)| (index, None)));
    }
    changes.sort_by_key(|&(index, _)| index);
    changes.dedup_by(|later, first| {
        let is_same = later.0 == first.0;
        if is_same {
            *first = *later;
        }
        is_same
    });
    Ok(changes)
}

/// A scope that is, or lies in, something removed or replaced.
fn is_inside_change(data_set: &DataSet, mut scope: Option<usize>, changes: &[Settled<'_>]) -> bool {
    while let Some(index) = scope {
        if changes.binary_search_by_key(&index, |&(index, _)| index).is_ok() {
            return true;
        }
        scope = data_set.elements().get(index).and_then(Element::parent);
    }
    false
}

fn encode(
    (tag, vr): (Tag, Vr),
    value: &[u8],
    encoding: Encoding,
    arena: &mut Vec<u8>,
) -> Result<(), WriteError> {
    if vr == Vr::SQ && value.len() % 2 == 1 {
        return Err(WriteError::OddSequence(tag));
    }
    let encoded = crate::edit::encode((tag, vr), value, encoding, arena);
    encoded.ok_or(WriteError::TooLong { tag, bytes: value.len() as u64 })
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
