//! From changes by element to cuts in the source: what bytes go where, lengths around mended; reads no source.

use crate::edit::{Change, Edits, NewElement, put_length};
use crate::write::WriteError;
use crate::{DataSet, Element, Encoding, Form, Kind, Tag, Vr};
use std::cmp::Reverse;

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

/// Cuts in the order of the source, with the bytes they bring.
#[derive(Debug, Default)]
pub(crate) struct Splices {
    pub(crate) list: Vec<Splice>,
    pub(crate) arena: Vec<u8>,
    /// Growth of containers of known length.
    growth: Vec<(usize, i64)>,
}

impl Splices {
    pub(crate) fn new(data_set: &DataSet, edits: &Edits) -> Result<Self, WriteError> {
        let mut splices = Self::default();
        let new = last_of_each(edits);
        let settled = settle(data_set, edits, &new)?;
        splices.insert_all(data_set, &new, &settled)?;
        splices.change_all(data_set, &settled)?;
        splices.drop_group_lengths(data_set, &settled);
        splices.mend_lengths(data_set)?;
        splices
            .list
            .sort_by_key(|splice| (splice.from, splice.to > splice.from, Reverse(splice.depth), splice.tag));
        Ok(splices)
    }

    fn push(&mut self, from: u64, to: u64, began: usize, depth: u8, tag: Tag) {
        self.list.push(Splice { from, to, bytes: (began, self.arena.len()), streamed: 0, depth, tag });
    }

    /// Counts growth for everything of known length around.
    fn grow(&mut self, data_set: &DataSet, mut scope: Option<usize>, by: i64) {
        while let Some(index) = scope {
            let Some(element) = data_set.elements().get(index) else { return };
            if !element.is_undefined_length() && by != 0 {
                self.growth.push((index, by));
            }
            scope = element.parent();
        }
    }

    fn insert_all(
        &mut self,
        data_set: &DataSet,
        new: &[New<'_>],
        settled: &[Settled<'_>],
    ) -> Result<(), WriteError> {
        for &(scope, new) in new {
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
            let after = data_set.children(scope).find(|(_, child)| child.tag > new.tag);
            let place = after.map_or(end, |(_, child)| child.start);
            let began = self.arena.len();
            encode(new, data_set.encoding_in(scope), &mut self.arena)?;
            let depth = around.map_or(0, |element| element.depth.saturating_add(1));
            self.push(place, place, began, depth, new.tag);
            let grown = signed(self.arena.len() - began);
            self.grow(data_set, scope, grown);
        }
        Ok(())
    }

    /// Removals and replacements; `None` is a removal too, in favour of a new element.
    fn change_all(&mut self, data_set: &DataSet, changes: &[Settled<'_>]) -> Result<(), WriteError> {
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
                    let encoded = new.encode_header(encoding, *bytes, &mut self.arena);
                    encoded.ok_or(WriteError::TooLong { tag: new.tag, bytes: *bytes })?;
                    streamed = *bytes;
                }
                // Items and fragments have no other form.
                Some(Change::Element(new)) if matches!(element.kind, Kind::Item | Kind::Fragment) => {
                    self.revalue(data_set, element, &new.value)?;
                }
                Some(Change::Element(new)) => {
                    encode(new, data_set.encoding_in(element.parent()), &mut self.arena)?;
                }
                Some(Change::Value(value)) => self.revalue(data_set, element, value)?,
            }
            self.push(element.start, element.end, began, element.depth, element.tag);
            if let Some(splice) = self.list.last_mut() {
                splice.streamed = streamed;
            }
            let new = signed(self.arena.len() - began).saturating_add_unsigned(streamed);
            let old = i64::try_from(element.end.saturating_sub(element.start)).unwrap_or(i64::MAX);
            self.grow(data_set, element.parent(), new.saturating_sub(old));
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
        encode(&NewElement::new(element.tag, element.vr, value), encoding, &mut self.arena)
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
        if self.list.is_empty() {
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
            self.push(element.start, element.end, began, element.depth, element.tag);
            let old = i64::try_from(element.end.saturating_sub(element.start)).unwrap_or(i64::MAX);
            self.grow(data_set, element.parent(), old.saturating_neg());
        }
    }

    /// Writes the new lengths of what is around the changes.
    fn mend_lengths(&mut self, data_set: &DataSet) -> Result<(), WriteError> {
        let mut growth = std::mem::take(&mut self.growth);
        growth.sort_unstable_by_key(|&(index, _)| index);
        for group in growth.chunk_by(|one, other| one.0 == other.0) {
            let by: i64 = group.iter().fold(0, |sum, &(_, by)| sum.saturating_add(by));
            let Some((index, element)) =
                group.first().and_then(|&(index, _)| Some((index, data_set.elements().get(index)?)))
            else {
                continue;
            };
            let length = element.value_bytes().checked_add_signed(by);
            let length =
                length.and_then(|length| u32::try_from(length).ok()).filter(|&length| length < u32::MAX);
            let length =
                length.ok_or(WriteError::TooLong { tag: element.tag, bytes: element.value_bytes() })?;
            let began = self.arena.len();
            let encoding = data_set.encoding_in(data_set.elements().get(index).and_then(Element::parent));
            put_length(length, encoding, &mut self.arena);
            self.push(element.value.saturating_sub(4), element.value, began, element.depth, element.tag);
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
    let mut changes: Vec<Settled<'e>> = Vec::with_capacity(edits.changes.len());
    for &(scope, element) in new {
        let there = data_set.children(scope).filter(|(_, child)| child.tag == element.tag);
        changes.extend(there.map(|(index, _)| (index, None)));
    }
    for (index, change) in edits.changes.iter().rev() {
        if *index >= data_set.elements().len() {
            return Err(WriteError::NoSuchElement(*index));
        }
        changes.push((*index, Some(change)));
    }
    changes.sort_by_key(|&(index, _)| index);
    changes.dedup_by_key(|&mut (index, _)| index);
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

fn encode(element: &NewElement, encoding: Encoding, arena: &mut Vec<u8>) -> Result<(), WriteError> {
    let too_long = WriteError::TooLong { tag: element.tag, bytes: element.value.len() as u64 };
    if element.vr == Vr::SQ && element.value.len() % 2 == 1 {
        return Err(WriteError::OddSequence(element.tag));
    }
    element.encode(encoding, arena).ok_or(too_long)
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
