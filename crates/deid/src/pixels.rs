//! Text burned into pixels: which objects are at risk, and blanking regions, of compressed pixels too; never looks for text.

use crate::facts::Facts;
use crate::options::ProfileOption;
use crate::policy::{PixelRule, Policy, Region};
use crate::report::Quarantine;
use medward_dicom_pixel::{Compression, Layout, Photometric, PixelError, Pixels};
use medward_dicom_scan::{DataSet, Edits, NewElement, Source, Tag, Vr, WriteError};
use std::io::{self, Write};

/// Modalities whose devices burn text in, or whose images are of everything.
const AT_RISK: [&[u8]; 10] = [b"US", b"IVUS", b"OT", b"SC", b"ES", b"XC", b"GM", b"DOC", b"HC", b"OP"];
/// Secondary Capture, and the multi-frame ones below it.
const SECONDARY_CAPTURE: &[u8] = b"1.2.840.10008.5.1.4.1.1.7";
/// Encapsulated documents are all below it.
const DOCUMENTS: &[u8] = b"1.2.840.10008.5.1.4.1.1.104.";

/// What is done to the pixels of one object.
#[derive(Debug, Default)]
pub(crate) struct PixelPlan {
    pub redaction: Option<Redaction>,
    /// A rule fits: someone has looked at what this device burns in.
    pub is_ruled: bool,
}

impl PixelPlan {
    /// Regions that are blanked in each frame.
    pub fn regions(&self) -> u32 {
        let regions = self.redaction.as_ref().map_or(0, |redaction| redaction.blank.regions.len());
        u32::try_from(regions).unwrap_or(u32::MAX)
    }

    /// The pixels become native where they were compressed.
    pub fn is_decoded(&self) -> bool {
        self.redaction.as_ref().is_some_and(Redaction::is_decoded)
    }
}

/// Pixels with regions that are blanked while they are written.
#[derive(Debug)]
pub(crate) struct Redaction {
    pixels: Pixels,
    blank: Blank,
    /// The frame of an image that has one, decoded.
    only_frame: Option<Vec<u8>>,
}

/// Regions in native pixels.
#[derive(Debug, Clone)]
struct Blank {
    rows: u64,
    row_bytes: u64,
    pixel_bytes: u64,
    regions: Vec<Region>,
}

/// Decides by class, modality and the policy's rules. Compressed pixels that a rule fits are decoded once here, so that
/// nothing is written of an object in which one frame cannot be.
pub(crate) fn plan(
    data_set: &DataSet,
    source: &mut Source<'_>,
    facts: &Facts<'_>,
    policy: &Policy,
    syntax: &str,
) -> Result<PixelPlan, Quarantine> {
    if facts.sop_class.starts_with(DOCUMENTS) {
        return Err(Quarantine::Document);
    }
    let is_pixels = |tag: Tag| matches!(tag.0, 0x7FE0_0008 | 0x7FE0_0009 | 0x7FE0_0010 | 0x7FE0_0001);
    if !data_set.children(None).any(|(_, element)| is_pixels(element.tag)) {
        return Ok(PixelPlan::default());
    }
    let size = || Layout::of(data_set).ok().map(|layout| (layout.rows, layout.columns));
    let Some(rule) = policy.pixels.iter().find(|rule| fits(rule, facts, size)) else {
        if policy.options.has(ProfileOption::CleanPixelData) {
            return Err(Quarantine::NoPixelRule);
        }
        return risk(facts).map_or_else(|| Ok(PixelPlan::default()), |risk| Err(Quarantine::BurnedIn(risk)));
    };
    if rule.regions.is_empty() {
        return Ok(PixelPlan { redaction: None, is_ruled: true });
    }
    let redaction = Redaction::new(data_set, source, syntax, &rule.regions);
    let redaction = redaction.map_err(|error| Quarantine::Pixels(error.to_string()))?;
    Ok(PixelPlan { redaction: Some(redaction), is_ruled: true })
}

impl Redaction {
    fn new(
        data_set: &DataSet,
        source: &mut Source<'_>,
        syntax: &str,
        regions: &[Region],
    ) -> Result<Self, PixelError> {
        let mut pixels = Pixels::of(data_set, syntax)?;
        let layout = pixels.decoded();
        let blank = Blank::of(&layout, regions)?;
        let mut only_frame = None;
        if pixels.compression() != Compression::Native {
            let mut frame = Vec::new();
            for number in 0..layout.frames {
                pixels.frame(source, number, &mut frame)?;
            }
            only_frame = (layout.frames == 1).then_some(frame);
        }
        Ok(Self { pixels, blank, only_frame })
    }

    fn is_decoded(&self) -> bool {
        self.pixels.compression() != Compression::Native
    }

    fn bytes(&self) -> u64 {
        let layout = self.pixels.decoded();
        layout.frame_bytes().saturating_mul(u64::from(layout.frames))
    }

    /// Says in the edits what becomes of the pixels and of the attributes that describe them.
    pub fn edit(&self, data_set: &DataSet, edits: &mut Edits) {
        let index = self.pixels.index();
        if !self.is_decoded() {
            let vr = data_set.elements().get(index).map_or(Vr::OW, |element| element.vr);
            edits.stream(index, Tag::PIXEL_DATA, vr, self.bytes().next_multiple_of(2));
            return;
        }
        let layout = self.pixels.decoded();
        let vr = if layout.bits_allocated > 8 { Vr::OW } else { Vr::OB };
        edits.stream(index, Tag::PIXEL_DATA, vr, self.bytes().next_multiple_of(2));
        // The offsets and the length of what was compressed (PS3.3 section C.7.6.3).
        for tag in [0x7FE0_0001, 0x7FE0_0002, 0x7FE0_0003] {
            for (index, _) in data_set.children(None).filter(|(_, element)| element.tag.0 == tag) {
                edits.remove(index);
            }
        }
        if layout.photometric != self.pixels.layout().photometric {
            let term = layout.photometric.term();
            edits.set(None, NewElement::new(Tag::new(0x0028, 0x0004), Vr::CS, term));
        }
        if layout.samples > 1 {
            edits.set(None, NewElement::new(Tag::new(0x0028, 0x0006), Vr::US, [0, 0]));
        }
        self.say_what_was_lost(data_set, edits);
    }

    /// What was compressed with loss stays so after decoding (PS3.3 section C.7.6.1.1.5).
    fn say_what_was_lost(&self, data_set: &DataSet, edits: &mut Edits) {
        let lossy = Tag::new(0x0028, 0x2110);
        let (Some(method), None) = (self.pixels.compression().lossy_method(), data_set.find(None, lossy))
        else {
            return;
        };
        let hundredths = self.bytes().saturating_mul(100) / self.pixels.compressed_bytes().max(1);
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        edits.set(None, NewElement::new(lossy, Vr::CS, "01"));
        edits.set(None, NewElement::new(Tag::new(0x0028, 0x2112), Vr::DS, ratio));
        edits.set(None, NewElement::new(Tag::new(0x0028, 0x2114), Vr::CS, method));
    }

    /// Writes the value announced by [`Self::edit`].
    pub fn write(&mut self, source: &mut Source<'_>, out: &mut dyn Write) -> Result<(), WriteError> {
        if self.is_decoded() {
            self.write_decoded(source, out)?;
        } else {
            let (from, to) = self.pixels.native_span();
            source.copy(
                from,
                to,
                &mut Blanking { blank: &self.blank, offset: 0, part: Vec::new(), out: &mut *out },
            )?;
        }
        if self.bytes() % 2 == 1 {
            out.write_all(&[0])?;
        }
        Ok(())
    }

    fn write_decoded(&mut self, source: &mut Source<'_>, out: &mut dyn Write) -> Result<(), WriteError> {
        let mut native = self.only_frame.take().unwrap_or_default();
        for number in 0..self.pixels.layout().frames {
            if native.is_empty() {
                let decoded = self.pixels.frame(source, number, &mut native);
                decoded.map_err(|error| WriteError::Io(io::Error::other(error)))?;
            }
            self.blank.apply(0, &mut native);
            out.write_all(&native)?;
            native.clear();
        }
        Ok(())
    }
}

/// Transfer syntax of an object whose pixels were decoded: its elements are in explicit little endian already.
pub(crate) const DECODED: &str = "1.2.840.10008.1.2.1";

fn fits(rule: &PixelRule, facts: &Facts<'_>, size: impl Fn() -> Option<(u32, u32)>) -> bool {
    let has = |part: &Option<String>, value: &[u8]| {
        part.as_ref().is_none_or(|part| {
            let value = String::from_utf8_lossy(value).to_lowercase();
            value.contains(&part.to_lowercase())
        })
    };
    rule.modality.as_ref().is_none_or(|modality| modality.as_bytes() == facts.modality)
        && has(&rule.manufacturer, facts.manufacturer)
        && has(&rule.model, facts.model)
        && (rule.size.is_none() || rule.size == size())
}

fn risk(facts: &Facts<'_>) -> Option<&'static str> {
    if facts.burned_in == b"YES" {
        Some("it says so itself, in (0028,0301)")
    } else if facts.sop_class.starts_with(SECONDARY_CAPTURE) {
        Some("a secondary capture")
    } else if facts.modality.is_empty() {
        Some("no modality")
    } else if AT_RISK.contains(&facts.modality) {
        Some("a modality that burns text in")
    } else {
        None
    }
}

impl Blank {
    fn of(layout: &Layout, regions: &[Region]) -> Result<Self, PixelError> {
        if layout.bits_allocated < 8 {
            return Err(PixelError::Unsupported("blanking of single bits".to_owned()));
        }
        if layout.photometric == Photometric::YbrFull422 {
            return Err(PixelError::Unsupported("blanking of subsampled colours".to_owned()));
        }
        let together = if layout.is_planar { 1 } else { layout.samples };
        let pixel_bytes = u64::from(together) * u64::from(layout.bits_allocated / 8);
        let row_bytes = pixel_bytes.saturating_mul(u64::from(layout.columns));
        Ok(Self { rows: u64::from(layout.rows), row_bytes, pixel_bytes, regions: regions.to_vec() })
    }

    /// Zeroes what lies in the regions of a part of the pixel data that begins at an offset in it. Rows follow one
    /// another through planes and frames, so the row's number alone says where in the image it is.
    fn apply(&self, offset: u64, part: &mut [u8]) {
        let end = offset.saturating_add(part.len() as u64);
        let mut row = offset / self.row_bytes.max(1);
        loop {
            let start = row.saturating_mul(self.row_bytes);
            if start >= end || self.rows == 0 {
                return;
            }
            let in_image = row % self.rows;
            for region in &self.regions {
                let top = u64::from(region.top);
                if in_image < top || in_image >= top + u64::from(region.height) {
                    continue;
                }
                let left = u64::from(region.left).saturating_mul(self.pixel_bytes).min(self.row_bytes);
                let width = u64::from(region.width).saturating_mul(self.pixel_bytes);
                let right = left.saturating_add(width).min(self.row_bytes);
                let from = start.saturating_add(left).max(offset).saturating_sub(offset);
                let to = start.saturating_add(right).min(end).saturating_sub(offset);
                let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
                if let Some(pixels) = range.and_then(|(from, to)| part.get_mut(from..to)) {
                    pixels.fill(0);
                }
            }
            row = row.saturating_add(1);
        }
    }
}

/// Passes native pixels on with the regions blank.
struct Blanking<'w> {
    blank: &'w Blank,
    offset: u64,
    part: Vec<u8>,
    out: &'w mut dyn Write,
}

impl Write for Blanking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const STEP: usize = 256 << 10;
        let bytes = bytes.get(..STEP).unwrap_or(bytes);
        self.part.clear();
        self.part.extend_from_slice(bytes);
        self.blank.apply(self.offset, &mut self.part);
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        self.out.write_all(&self.part)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_blank_in_every_plane_and_frame_however_the_bytes_are_cut() {
        // Two frames of 4 rows with 5 pixels of 2 bytes.
        let blank = Blank {
            rows: 4,
            row_bytes: 10,
            pixel_bytes: 2,
            regions: vec![Region { left: 1, top: 2, width: 2, height: 9 }],
        };
        let mut whole = vec![1_u8; 80];
        blank.apply(0, &mut whole);
        let zeros: Vec<usize> = (0..80).filter(|&at| whole[at] == 0).collect();
        let expected: Vec<usize> =
            [2, 3, 6, 7].iter().flat_map(|row| (row * 10 + 2)..(row * 10 + 6)).collect();
        assert_eq!(zeros, expected);
        for cut in 1..80 {
            let mut parts = vec![1_u8; 80];
            for (at, part) in parts.chunks_mut(cut).enumerate() {
                blank.apply((at * cut) as u64, part);
            }
            assert_eq!(parts, whole, "cut into {cut}");
        }
    }
}
