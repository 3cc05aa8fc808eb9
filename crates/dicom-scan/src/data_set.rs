//! What a scan gives: elements in document order and the bytes that were kept; never the source itself.

use crate::element::{IMPLICIT_INSIDE, NONE};
use crate::window::Run;
use crate::{Element, Encoding, Problem, Tag, TransferSyntax, Vr, charset};
use std::borrow::Cow;
use std::ops::Range;

/// The elements of one file, where they lie, and the bytes of all but the bulk values.
#[derive(Debug, Clone, Default)]
pub struct DataSet {
    pub(crate) held: Vec<u8>,
    pub(crate) runs: Vec<Run>,
    pub(crate) meta: Vec<Element>,
    pub(crate) elements: Vec<Element>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) problems_left_out: u64,
    pub(crate) has_preamble: bool,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) transfer_syntax: Option<TransferSyntax>,
    pub(crate) syntax_uid: Option<Vec<u8>>,
    pub(crate) group_length: Option<u32>,
    /// There are retired group lengths in it.
    pub(crate) has_group_lengths: bool,
    /// Scope and index of every Specific Character Set, sorted.
    charsets: Vec<(u32, u32)>,
}

impl DataSet {
    /// Empties it, keeping the buffers.
    pub(crate) fn clear(&mut self) {
        self.held.clear();
        self.runs.clear();
        self.meta.clear();
        self.elements.clear();
        self.problems.clear();
        self.charsets.clear();
        self.problems_left_out = 0;
        self.has_preamble = false;
        self.has_group_lengths = false;
        (self.start, self.end) = (0, 0);
        self.transfer_syntax = None;
        self.syntax_uid = None;
        self.group_length = None;
    }

    /// Prepares look-ups, once everything is there.
    pub(crate) fn seal(&mut self) {
        for (element, index) in self.elements.iter().zip(0_u32..) {
            self.has_group_lengths |= element.tag.is_group_length();
            if element.tag == Tag::SPECIFIC_CHARACTER_SET {
                self.charsets.push((element.parent, index));
            }
        }
        self.charsets.sort_unstable();
    }

    /// The 128 bytes before "DICM"; `None` for a file without.
    pub fn preamble(&self) -> Option<&[u8]> {
        if self.has_preamble { self.held.get(..128) } else { None }
    }

    /// File meta information (group 0002).
    pub fn meta(&self) -> &[Element] {
        &self.meta
    }

    /// All elements, items and fragments of the data set in document order.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Oddities met, in the order they were met.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What else the preamble makes of the file.
    pub fn disguise(&self) -> Option<crate::Disguise> {
        self.problems.iter().find_map(|problem| match problem.oddity {
            crate::Oddity::Disguised(disguise) => Some(disguise),
            _ => None,
        })
    }

    /// Oddities past the first thousand, which are counted only.
    pub fn problems_left_out(&self) -> u64 {
        self.problems_left_out
    }

    /// How the data set is laid out: as found, which a [`crate::Oddity::OtherEncoding`] says differs from the claim.
    pub fn transfer_syntax(&self) -> TransferSyntax {
        self.transfer_syntax
            .unwrap_or(TransferSyntax { encoding: Encoding::ExplicitLittle, is_deflated: false })
    }

    /// Offset of the first byte of the data set, and just past its last element; inflated where it is deflated.
    pub fn span(&self) -> (u64, u64) {
        (self.start, self.end)
    }

    /// Bytes of memory that this data set holds.
    pub fn held_bytes(&self) -> usize {
        self.held.capacity()
            + (self.elements.capacity() + self.meta.capacity()) * size_of::<Element>()
            + self.problems.capacity() * size_of::<Problem>()
            + self.runs.capacity() * size_of::<Run>()
            + self.charsets.capacity() * size_of::<(u32, u32)>()
    }

    /// Value of an element; `None` for containers and for bulk that stayed in the source.
    #[inline]
    pub fn value(&self, element: &Element) -> Option<&[u8]> {
        if element.held == NONE {
            return None;
        }
        let from = element.held as usize;
        let bytes = usize::try_from(element.value_bytes()).ok()?;
        self.held.get(from..from.checked_add(bytes)?)
    }

    /// All kept bytes in the order of the source: headers and values of everything but bulk, without gaps between.
    pub fn kept(&self) -> &[u8] {
        &self.held
    }

    /// The element whose value holds a range of [`Self::kept`], and where in the value that is.
    pub fn element_of_kept(&self, range: &Range<usize>) -> Option<(&Element, Range<usize>)> {
        let last = self.runs.partition_point(|run| run.held as usize <= range.start).checked_sub(1)?;
        let run = self.runs.get(last)?;
        let offset = run.offset.checked_add((range.start - run.held as usize) as u64)?;
        let index = self.elements.partition_point(|element| element.start <= offset).checked_sub(1)?;
        let element = self.elements.get(index).filter(|element| element.held != NONE)?;
        let from = range.start.checked_sub(element.held as usize)?;
        let to = range.end.checked_sub(element.held as usize)?;
        (to as u64 <= element.value_bytes()).then_some((element, from..to))
    }

    /// The kept bytes at an offset, up to the next gap, and where the kept bytes after a gap begin.
    pub(crate) fn kept_from(&self, offset: u64) -> (&[u8], u64) {
        let next = self.runs.partition_point(|run| run.offset <= offset);
        let following = self.runs.get(next);
        let end = following.map_or(self.held.len(), |run| run.held as usize);
        let kept = next.checked_sub(1).and_then(|last| self.runs.get(last)).and_then(|run| {
            let into = usize::try_from(offset.saturating_sub(run.offset)).ok()?;
            self.held.get((run.held as usize).checked_add(into)?..end)
        });
        (kept.unwrap_or_default(), following.map_or(u64::MAX, |run| run.offset))
    }

    /// The elements directly inside a scope: an item or sequence by its index, or `None` for the top of the data set.
    pub fn children(&self, scope: Option<usize>) -> Children<'_> {
        let next = scope.map_or(0, |index| index.saturating_add(1));
        let end = match scope {
            None => u64::MAX,
            Some(index) => self.elements.get(index).map_or(0, |element| element.end),
        };
        Children { elements: &self.elements, next, end }
    }

    /// The first element with a tag directly inside a scope, with its index.
    pub fn find(&self, scope: Option<usize>, tag: Tag) -> Option<(usize, &Element)> {
        self.children(scope).find(|(_, element)| element.tag == tag)
    }

    /// The element at a path of sequences with item numbers from 0, and a tag inside the last item.
    pub fn find_path(&self, path: &[(Tag, usize)], tag: Tag) -> Option<(usize, &Element)> {
        let mut scope = None;
        for &(sequence, item) in path {
            let (index, _) = self.find(scope, sequence)?;
            scope = Some(self.children(Some(index)).nth(item)?.0);
        }
        self.find(scope, tag)
    }

    /// Encoding of the elements inside a scope: implicit inside an UN sequence, else that of the data set.
    pub fn encoding_in(&self, scope: Option<usize>) -> Encoding {
        let mut scope = scope.and_then(|index| self.elements.get(index));
        while let Some(element) = scope {
            if element.flags & IMPLICIT_INSIDE != 0 {
                return Encoding::ImplicitLittle;
            }
            scope = element.parent().and_then(|index| self.elements.get(index));
        }
        self.transfer_syntax().encoding
    }

    /// The Specific Character Set that holds for an element: of its item, or of what is around (PS3.5 section 7.5.3).
    pub fn character_set(&self, element: &Element) -> &[u8] {
        let mut scope = element.parent;
        loop {
            let first = self.charsets.partition_point(|&(of, _)| of < scope);
            if let Some(&(of, index)) = self.charsets.get(first)
                && of == scope
            {
                let element = self.elements.get(index as usize);
                return element.and_then(|element| self.value(element)).unwrap_or_default();
            }
            if scope == NONE {
                return &[];
            }
            scope = self.elements.get(scope as usize).map_or(NONE, |element| element.parent);
        }
    }

    /// Text of an element, all values with their backslashes, padding at the end left out; `None` where the VR is no
    /// text or the value stayed in the source. Bytes that the character set does not have become U+FFFD.
    pub fn text(&self, element: &Element) -> Option<Cow<'_, str>> {
        if !element.vr.is_text() {
            return None;
        }
        let value = self.value(element)?;
        let end = value.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
        let value = value.get(..end)?;
        if value.is_ascii() && !value.contains(&0x1B) && !element.vr.has_character_set() {
            return Some(String::from_utf8_lossy(value));
        }
        let terms = if element.vr.has_character_set() { self.character_set(element) } else { &[] };
        Some(charset::decode(value, terms, element.vr))
    }

    /// Text of a file meta element, which is always ASCII (PS3.10 section 7.1).
    pub fn meta_text(&self, tag: Tag) -> Option<Cow<'_, str>> {
        let element = self.meta.iter().find(|element| element.tag == tag && element.vr != Vr::UN)?;
        let text = String::from_utf8_lossy(self.value(element)?);
        let padding = [' ', '\0'];
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(padding)),
            Cow::Owned(text) => Cow::Owned(text.trim_end_matches(padding).to_owned()),
        })
    }
}

/// Elements directly inside a scope, with their indices.
#[derive(Debug, Clone)]
pub struct Children<'d> {
    elements: &'d [Element],
    next: usize,
    end: u64,
}

impl<'d> Iterator for Children<'d> {
    type Item = (usize, &'d Element);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        let element = self.elements.get(index)?;
        if element.start >= self.end {
            return None;
        }
        self.next = index.saturating_add(1);
        if element.is_container() {
            // Document order: what starts before its end is inside of it; mostly few, so the search begins near by.
            let rest = self.elements.get(self.next..).unwrap_or_default();
            let mut reach = 4;
            while rest.get(reach).is_some_and(|inner| inner.start < element.end) {
                reach *= 4;
            }
            let near = rest.get(..reach).unwrap_or(rest);
            self.next += near.partition_point(|inner| inner.start < element.end);
        }
        Some((index, element))
    }
}
