//! The way of most elements: short values in explicit little endian with nothing odd about them, read in one tight loop.
//! Whatever is not so plain is left to the walk, which sees the same element again; never decides anything by itself.

use crate::dictionary::Listed;
use crate::element::NONE;
use crate::input::Input;
use crate::walk::{Frame, Part, Walk};
use crate::window::Window;
use crate::{Element, Encoding, Form, Kind, Tag, Vr};

impl Walk<'_> {
    /// Reads values one after the other, up to the first that [`Walk::step`] has to look at.
    pub(crate) fn plain_values<I: Input>(&mut self, window: &mut Window<'_, I>, frame: &mut Frame) {
        let is_inside = frame.kind == Kind::Item && frame.encoding == Encoding::ExplicitLittle;
        if !is_inside || self.part != Part::DataSet {
            return;
        }
        let depth = self.depth(frame);
        let mut room = self.room();
        // No VR with a short length is bulk.
        let bytes_max = u32::from(u16::MAX).min(self.limits.value_bytes_held);
        while room > 0 {
            let start = window.position();
            let ready = window.held.get(window.at..).unwrap_or_default();
            let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = ready.first_chunk::<8>() else { return };
            let tag = Tag::new(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
            let length = u16::from_le_bytes([l0, l1]);
            let Some(vr) = Vr::from_letters([v0, v1]) else { return };
            let whole = usize::from(length) + 8;
            let end = start.saturating_add(whole as u64);
            let is_plain = frame.last.is_none_or(|last| tag > last)
                && tag.group() > 0x0002
                && tag.group() < Tag::PIXEL_DATA.group()
                && !vr.has_long_length()
                && length & 1 == 0
                && u32::from(length) <= bytes_max
                && end <= frame.end
                && whole <= ready.len();
            if !is_plain {
                return;
            }
            let listed = self.listed(tag);
            let Ok(held) = u32::try_from(window.at.saturating_add(8)) else { return };
            if held == NONE || !listed.allows(vr) {
                return;
            }
            self.elements.push(Element {
                start,
                value: start.saturating_add(8),
                end,
                held,
                parent: frame.element,
                tag,
                vr,
                standard: listed.presumed(),
                kind: Kind::Value,
                form: Form::Short,
                depth,
                flags: 0,
            });
            frame.last = Some(tag);
            window.advance(whole);
            room -= 1;
        }
    }

    /// What the dictionary has for a tag.
    #[inline]
    pub(crate) fn listed(&mut self, tag: Tag) -> Listed {
        match (tag.is_private(), tag.element()) {
            (true, 0x0010..=0x00FF) => Listed::One(Vr::LO),
            (true, 1..) => Listed::Absent,
            _ => self.dictionary.of(tag),
        }
    }
}
