//! The walk over elements: one loop, an explicit stack of containers; never recurses and never follows a length unchecked.

use crate::dictionary::{Dictionary, Listed};
use crate::element::{IMPLICIT_INSIDE, NONE, UNDEFINED};
use crate::header::{self, HEADER_BYTES_MAX, Header, Read, UNDEFINED_LENGTH};
use crate::input::Input;
use crate::problem::PROBLEMS_KEPT;
use crate::refused::Reason;
use crate::window::Window;
use crate::{Element, Encoding, Form, Kind, Limits, Oddity, Problem, Refused, Tag, Vr};

/// A container that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Its index; `NONE` for the data set.
    pub(crate) element: u32,
    /// Where it ends; `u64::MAX` while unknown.
    pub(crate) end: u64,
    /// Of its children.
    pub(crate) encoding: Encoding,
    pub(crate) kind: Kind,
    pub(crate) last: Option<Tag>,
}

/// VR of items and fragments, as encoded and as listed.
const UNTYPED: (Vr, Vr) = (Vr::UN, Vr::UN);

/// Which elements a walk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Group 0002; ends before any other group.
    Meta,
    DataSet,
}

/// What the walk writes to; all of it is used again for the next file.
pub(crate) struct Walk<'w> {
    pub(crate) limits: Limits,
    pub(crate) part: Part,
    pub(crate) dictionary: &'w mut Dictionary,
    pub(crate) stack: &'w mut Vec<Frame>,
    pub(crate) elements: &'w mut Vec<Element>,
    pub(crate) problems: &'w mut Vec<Problem>,
    pub(crate) problems_left_out: &'w mut u64,
    pub(crate) fragments: u32,
}

/// What one step found.
enum Step {
    Next,
    End,
}

pub(crate) fn note(problems: &mut Vec<Problem>, left_out: &mut u64, problem: Problem) {
    if problems.len() < PROBLEMS_KEPT {
        problems.push(problem);
    } else {
        *left_out += 1;
    }
}

impl Walk<'_> {
    fn problem(&mut self, offset: u64, tag: Tag, oddity: Oddity) {
        note(self.problems, self.problems_left_out, Problem { offset, tag: Some(tag), oddity });
    }

    /// Reads elements to the end of the part.
    pub(crate) fn run<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        encoding: Encoding,
    ) -> Result<(), Refused> {
        self.stack.clear();
        let mut frame = Frame { element: NONE, end: u64::MAX, encoding, kind: Kind::Item, last: None };
        loop {
            self.plain_values(window, &mut frame);
            let position = window.position();
            if position >= frame.end {
                self.close(&mut frame, position);
                continue;
            }
            match self.step(window, &mut frame, position) {
                Ok(Step::Next) => {}
                Ok(Step::End) => return Ok(()),
                Err((tag, reason)) => return Err(Refused { offset: position, tag, reason }),
            }
        }
    }

    /// Ends the open container at `end` and goes on in the one around it.
    fn close(&mut self, frame: &mut Frame, end: u64) {
        if let Some(element) = self.elements.get_mut(frame.element as usize) {
            element.end = end;
        }
        if let Some(outer) = self.stack.pop() {
            *frame = outer;
        }
    }

    fn step<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &mut Frame,
        position: u64,
    ) -> Result<Step, (Option<Tag>, Reason)> {
        let is_top = frame.element == NONE;
        if is_top && self.part == Part::Meta && self.is_past_meta(window, position).map_err(|r| (None, r))? {
            return Ok(Step::End);
        }
        let bytes = window.peek(HEADER_BYTES_MAX).map_err(|reason| (None, reason))?;
        let is_empty = bytes.is_empty();
        let is_blank = bytes.first_chunk::<8>() == Some(&[0; 8]);
        let header = match header::read(bytes, frame.encoding) {
            Ok(Read::Header(header)) => header,
            Ok(Read::Short) if is_top && is_empty => return Ok(Step::End),
            Ok(Read::Short) if is_top => {
                self.problem(position, Tag(0), Oddity::TrailingBytes);
                return Ok(Step::End);
            }
            Ok(Read::Short) => return Err((None, Reason::Unclosed)),
            Err((tag, reason)) => return Err((Some(tag), reason)),
        };
        let refuse = |reason| Err((Some(header.tag), reason));
        let value = position.saturating_add(u64::from(header.form.header_bytes()));
        if value > frame.end {
            let left = frame.end.saturating_sub(position);
            return refuse(Reason::Overrun { declared: u64::from(header.form.header_bytes()), left });
        }
        if is_top {
            // Zeros fill the last block of tapes and of careless writers.
            if is_blank {
                self.problem(position, header.tag, Oddity::TrailingBytes);
                return Ok(Step::End);
            }
        }
        if header.tag.group() == 0xFFFE {
            return self.structure(window, frame, position, header).map_err(|r| (Some(header.tag), r));
        }
        if matches!(frame.kind, Kind::Sequence | Kind::Encapsulated) {
            return refuse(Reason::NotAnItem);
        }
        self.element(window, frame, position, header).map_err(|reason| (Some(header.tag), reason))
    }

    /// Whether the file meta information ends here. What follows may be a deflate stream, so it is not read as a header;
    /// and it may begin as group 0002 does, so (0002,0000) is believed once the transfer syntax is known.
    fn is_past_meta<I: Input>(&self, window: &mut Window<'_, I>, position: u64) -> Result<bool, Reason> {
        if window.peek(2)? != [0x02, 0x00] {
            return Ok(true);
        }
        let Some(length) = self.elements.first().filter(|first| first.tag == Tag::new(0x0002, 0)) else {
            return Ok(false);
        };
        let bytes = window.held.get(length.held as usize..).and_then(<[u8]>::first_chunk);
        let declared = bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes));
        let is_known = self.elements.iter().any(|element| element.tag == Tag::TRANSFER_SYNTAX);
        Ok(is_known && position == length.end.saturating_add(u64::from(declared)))
    }

    /// An item, a fragment or a delimiter.
    fn structure<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &mut Frame,
        position: u64,
        header: Header,
    ) -> Result<Step, Reason> {
        let is_open = frame.end == u64::MAX && frame.element != NONE;
        let ends = match header.tag {
            Tag::ITEM => match frame.kind {
                Kind::Sequence => return self.open(window, frame, position, header, UNTYPED, Kind::Item),
                Kind::Encapsulated => return self.fragment(window, frame, position, header),
                _ => return Err(Reason::StrayDelimiter),
            },
            Tag::ITEM_END => is_open && frame.kind == Kind::Item,
            Tag::SEQUENCE_END => is_open && frame.kind != Kind::Item,
            _ => return Err(Reason::StrayDelimiter),
        };
        if !ends {
            return Err(Reason::StrayDelimiter);
        }
        if header.length != 0 {
            self.problem(position, header.tag, Oddity::DelimiterLength);
        }
        window.advance(8);
        self.close(frame, position.saturating_add(8));
        Ok(Step::Next)
    }

    /// Declared length against the container around and against the source.
    fn check_length<I: Input>(
        window: &Window<'_, I>,
        frame: &Frame,
        position: u64,
        header: Header,
    ) -> Result<u64, Reason> {
        let header_bytes = u64::from(header.form.header_bytes());
        let value = position.saturating_add(header_bytes);
        let declared = u64::from(header.length);
        let end = value.saturating_add(declared);
        if end > frame.end {
            return Err(Reason::Overrun { declared, left: frame.end.saturating_sub(value) });
        }
        if let Some(left) = window.left() {
            let left = left.saturating_sub(header_bytes);
            if declared > left {
                return Err(Reason::Truncated { declared, left });
            }
        }
        Ok(end)
    }

    /// Elements that the limit leaves room for.
    pub(crate) fn room(&self) -> usize {
        let count = self.elements.len().saturating_sub(self.fragments as usize);
        (self.limits.elements as usize).saturating_sub(count)
    }

    fn push(&mut self, element: Element) -> Result<u32, Reason> {
        if self.room() == 0 {
            return Err(Reason::Elements(self.limits.elements));
        }
        let index = u32::try_from(self.elements.len()).map_err(|_| Reason::Elements(self.limits.elements))?;
        self.elements.push(element);
        Ok(index)
    }

    pub(crate) fn depth(&self, frame: &Frame) -> u8 {
        if frame.element == NONE { 0 } else { u8::try_from(self.stack.len()).unwrap_or(u8::MAX) }
    }

    /// Opens a sequence, an item or encapsulated pixel data.
    fn open<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &mut Frame,
        position: u64,
        header: Header,
        (vr, standard): (Vr, Vr),
        kind: Kind,
    ) -> Result<Step, Reason> {
        let is_undefined = header.length == UNDEFINED_LENGTH;
        let end = if is_undefined { u64::MAX } else { Self::check_length(window, frame, position, header)? };
        let depth = self.depth(frame);
        if depth >= self.limits.depth {
            return Err(Reason::Depth(self.limits.depth));
        }
        // PS3.5 section 6.2.2: the items of an UN are implicit little endian whatever is around them.
        let mut becomes_implicit = kind == Kind::Sequence && vr == Vr::UN && frame.encoding.is_explicit();
        if becomes_implicit
            && frame.encoding == Encoding::ExplicitLittle
            && Self::has_vr_inside(window, header)?
        {
            becomes_implicit = false;
            self.problem(position, header.tag, Oddity::ExplicitInUnknown);
        }
        let mut flags = if is_undefined { UNDEFINED } else { 0 };
        let mut encoding = frame.encoding;
        if becomes_implicit {
            flags |= IMPLICIT_INSIDE;
            encoding = Encoding::ImplicitLittle;
        }
        let value = position.saturating_add(u64::from(header.form.header_bytes()));
        let index = self.push(Element {
            start: position,
            value,
            end,
            held: NONE,
            parent: frame.element,
            tag: header.tag,
            vr,
            standard,
            kind,
            form: header.form,
            depth,
            flags,
        })?;
        window.advance(usize::from(header.form.header_bytes()));
        self.stack.push(*frame);
        *frame = Frame { element: index, end, encoding, kind, last: None };
        Ok(Step::Next)
    }

    fn fragment<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &Frame,
        position: u64,
        header: Header,
    ) -> Result<Step, Reason> {
        if self.fragments >= self.limits.fragments {
            return Err(Reason::Fragments(self.limits.fragments));
        }
        self.value(window, frame, position, header, UNTYPED, Kind::Fragment)?;
        self.fragments += 1;
        Ok(Step::Next)
    }

    /// A value: kept, or passed over where it is too long to keep.
    #[inline]
    fn value<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &Frame,
        position: u64,
        header: Header,
        (vr, standard): (Vr, Vr),
        kind: Kind,
    ) -> Result<Step, Reason> {
        if header.length == UNDEFINED_LENGTH {
            return Err(Reason::UndefinedLength);
        }
        let end = Self::check_length(window, frame, position, header)?;
        if header.length & 1 == 1 {
            self.problem(position, header.tag, Oddity::OddLength);
        }
        let header_bytes = usize::from(header.form.header_bytes());
        let kept = if kind == Kind::Fragment || header.tag.group() == Tag::PIXEL_DATA.group() {
            self.limits.pixel_bytes_held
        } else if vr.is_bulk() {
            self.limits.binary_bytes_held
        } else {
            self.limits.value_bytes_held
        };
        let value = position.saturating_add(header_bytes as u64);
        let mut held = NONE;
        if header.length <= kept {
            let wanted = header_bytes.saturating_add(header.length as usize);
            let there = window.peek(wanted)?.len();
            if there < wanted {
                let left = there.saturating_sub(header_bytes) as u64;
                return Err(Reason::Truncated { declared: u64::from(header.length), left });
            }
            held = u32::try_from(window.at.saturating_add(header_bytes)).unwrap_or(NONE);
            window.advance(wanted);
        } else {
            window.advance(header_bytes);
            let left = window.skip(u64::from(header.length))?;
            if left < u64::from(header.length) {
                return Err(Reason::Truncated { declared: u64::from(header.length), left });
            }
        }
        let depth = self.depth(frame);
        self.push(Element {
            start: position,
            value,
            end,
            held,
            parent: frame.element,
            tag: header.tag,
            vr,
            standard,
            kind,
            form: header.form,
            depth,
            flags: 0,
        })?;
        Ok(Step::Next)
    }

    /// An element of the data set or of an item.
    #[inline]
    fn element<I: Input>(
        &mut self,
        window: &mut Window<'_, I>,
        frame: &mut Frame,
        position: u64,
        header: Header,
    ) -> Result<Step, Reason> {
        let tag = header.tag;
        if let Some(last) = frame.last
            && tag <= last
        {
            let oddity = if tag == last { Oddity::DuplicateTag } else { Oddity::OutOfOrder };
            self.problem(position, tag, oddity);
        }
        frame.last = Some(tag);
        if self.part == Part::DataSet && tag.group() <= 0x0002 {
            let oddity = if tag.group() == 0x0002 { Oddity::MetaInDataSet } else { Oddity::CommandInDataSet };
            self.problem(position, tag, oddity);
        }
        let listed = self.listed(tag);
        let standard = listed.presumed();
        let vr = header.vr.unwrap_or(standard);
        let both = (vr, standard);
        match header.vr {
            Some(vr) if !listed.allows(vr) => {
                self.problem(position, tag, Oddity::VrNotOfDictionary { dictionary: standard });
            }
            None if frame.encoding.is_explicit() => self.problem(position, tag, Oddity::VrMissing),
            _ => {}
        }
        let is_undefined = header.length == UNDEFINED_LENGTH;
        if vr == Vr::SQ || (is_undefined && vr == Vr::UN) {
            return self.open(window, frame, position, header, both, Kind::Sequence);
        }
        if is_undefined && matches!(vr, Vr::OB | Vr::OW) {
            return self.open(window, frame, position, header, both, Kind::Encapsulated);
        }
        if vr == Vr::UN && listed == Listed::One(Vr::SQ) && Self::begins_with_item(window, header)? {
            return self.open(window, frame, position, header, both, Kind::Sequence);
        }
        self.value(window, frame, position, header, both, Kind::Value)
    }

    /// The first element in the first item has a VR, and a length that would pass the end of the file without one: its
    /// writer renamed a sequence to UN and left the items explicit.
    fn has_vr_inside<I: Input>(window: &mut Window<'_, I>, header: Header) -> Result<bool, Reason> {
        let inside = usize::from(header.form.header_bytes());
        let bytes = window.peek(inside + 16)?;
        let is_item = bytes.get(inside..inside + 4) == Some(&[0xFE, 0xFF, 0x00, 0xE0]);
        let Some(&field) = bytes.get(inside + 12..).and_then(<[u8]>::first_chunk::<4>) else {
            return Ok(false);
        };
        let [first, second, ..] = field;
        let is_past_end = window.left().is_some_and(|left| u64::from(u32::from_le_bytes(field)) > left);
        Ok(is_item && Vr::from_letters([first, second]).is_some() && is_past_end)
    }

    /// A sequence that a forwarder without a dictionary wrote as UN of known length (CP-246).
    fn begins_with_item<I: Input>(window: &mut Window<'_, I>, header: Header) -> Result<bool, Reason> {
        let header_bytes = usize::from(header.form.header_bytes());
        let bytes = window.peek(header_bytes + 4)?;
        Ok(header.length >= 8
            && header.form != Form::Implicit
            && bytes.get(header_bytes..) == Some(&[0xFE, 0xFF, 0x00, 0xE0]))
    }
}
