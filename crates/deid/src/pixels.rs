//! Text burned into pixels: which objects are at risk, and blanking regions of native pixels; never looks for text.

use crate::facts::{self, Facts};
use crate::options::ProfileOption;
use crate::policy::{PixelRule, Policy, Region};
use crate::report::Quarantine;
use medward_dicom_scan::{DataSet, Kind, Tag};
use std::io::{self, Read, Seek, SeekFrom};

/// Modalities whose devices burn text in, or whose images are of everything.
const AT_RISK: [&[u8]; 10] = [b"US", b"IVUS", b"OT", b"SC", b"ES", b"XC", b"GM", b"DOC", b"HC", b"OP"];
/// Secondary Capture, and the multi-frame ones below it.
const SECONDARY_CAPTURE: &[u8] = b"1.2.840.10008.5.1.4.1.1.7";
/// Encapsulated documents are all below it.
const DOCUMENTS: &[u8] = b"1.2.840.10008.5.1.4.1.1.104.";

/// What is done to the pixels of one object.
#[derive(Debug, Default)]
pub(crate) struct PixelPlan {
    /// Index of the pixel data and the regions blanked in it.
    pub blank: Option<(usize, Blank)>,
    /// A rule fits: someone has looked at what this device burns in.
    pub is_ruled: bool,
}

impl PixelPlan {
    /// Regions that are blanked in each frame.
    pub fn regions(&self) -> u32 {
        self.blank.as_ref().map_or(0, |(_, blank)| u32::try_from(blank.regions.len()).unwrap_or(u32::MAX))
    }
}

/// Regions in native pixels.
#[derive(Debug, Clone)]
pub(crate) struct Blank {
    rows: u64,
    row_bytes: u64,
    pixel_bytes: u64,
    pub regions: Vec<Region>,
}

/// Decides by class, modality and the policy's rules.
pub(crate) fn plan(data_set: &DataSet, facts: &Facts<'_>, policy: &Policy) -> Result<PixelPlan, Quarantine> {
    if facts.sop_class.starts_with(DOCUMENTS) {
        return Err(Quarantine::Document);
    }
    let is_pixels = |tag: Tag| matches!(tag.0, 0x7FE0_0008 | 0x7FE0_0009 | 0x7FE0_0010 | 0x7FE0_0001);
    let Some((index, pixels)) = data_set.children(None).find(|(_, element)| is_pixels(element.tag)) else {
        return Ok(PixelPlan::default());
    };
    let (rows, columns) = size(data_set);
    let Some(rule) = policy.pixels.iter().find(|rule| fits(rule, facts, (rows, columns))) else {
        if policy.options.has(ProfileOption::CleanPixelData) {
            return Err(Quarantine::NoPixelRule);
        }
        return risk(facts).map_or_else(|| Ok(PixelPlan::default()), |risk| Err(Quarantine::BurnedIn(risk)));
    };
    if rule.regions.is_empty() {
        return Ok(PixelPlan { blank: None, is_ruled: true });
    }
    if pixels.kind != Kind::Value || pixels.tag != Tag::PIXEL_DATA {
        return Err(Quarantine::Pixels("they are compressed"));
    }
    if data_set.transfer_syntax().is_deflated {
        return Err(Quarantine::Pixels("the data set is deflated"));
    }
    let blank = native(data_set, pixels.value_bytes(), &rule.regions)?;
    Ok(PixelPlan { blank: Some((index, blank)), is_ruled: true })
}

fn size(data_set: &DataSet) -> (u32, u32) {
    let number = |element| facts::number(data_set, Tag::new(0x0028, element)).unwrap_or(0);
    (number(0x0010), number(0x0011))
}

fn fits(rule: &PixelRule, facts: &Facts<'_>, size: (u32, u32)) -> bool {
    let has = |part: &Option<String>, value: &[u8]| {
        part.as_ref().is_none_or(|part| {
            let value = String::from_utf8_lossy(value).to_lowercase();
            value.contains(&part.to_lowercase())
        })
    };
    rule.modality.as_ref().is_none_or(|modality| modality.as_bytes() == facts.modality)
        && has(&rule.manufacturer, facts.manufacturer)
        && has(&rule.model, facts.model)
        && rule.size.is_none_or(|wanted| wanted == size)
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

fn native(data_set: &DataSet, bytes: u64, regions: &[Region]) -> Result<Blank, Quarantine> {
    let number = |element, absent| facts::number(data_set, Tag::new(0x0028, element)).unwrap_or(absent);
    let (rows, columns) = size(data_set);
    let (samples, planar, bits) = (number(0x0002, 1), number(0x0006, 0), number(0x0100, 0));
    let frames = number(0x0008, 1).max(1);
    if !matches!(bits, 8 | 16 | 32 | 64) || samples == 0 || rows == 0 || columns == 0 {
        return Err(Quarantine::Pixels("their layout is not one of whole bytes"));
    }
    if facts::text(data_set, Tag::new(0x0028, 0x0004)).ends_with(b"422") {
        return Err(Quarantine::Pixels("their colours are subsampled"));
    }
    let together = if planar == 0 { samples } else { 1 };
    let pixel_bytes = u64::from(together) * u64::from(bits / 8);
    let row_bytes = pixel_bytes.saturating_mul(u64::from(columns));
    let planes = u64::from(if planar == 0 { 1 } else { samples });
    let expected =
        row_bytes.saturating_mul(u64::from(rows)).saturating_mul(planes).saturating_mul(u64::from(frames));
    // One byte of padding is allowed.
    if expected != bytes && expected.checked_add(1) != Some(bytes) {
        return Err(Quarantine::Pixels("their length is not that of rows, columns and frames"));
    }
    Ok(Blank { rows: u64::from(rows), row_bytes, pixel_bytes, regions: regions.to_vec() })
}

impl Blank {
    /// Zeroes what lies in the regions of a part of the pixel data that begins at an offset in it. Rows follow one
    /// another through planes and frames, so the row's number alone says where in the image it is.
    pub fn apply(&self, offset: u64, part: &mut [u8]) {
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

/// A source in which the regions read as zeros.
pub(crate) struct Blanked<'r, R> {
    pub source: &'r mut R,
    pub blank: Option<&'r Blank>,
    /// Span of the pixel data in the source.
    pub span: (u64, u64),
    pub position: u64,
}

impl<R: Read> Read for Blanked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        let (from, to) = (self.position, self.position.saturating_add(count as u64));
        self.position = to;
        if let Some(blank) = self.blank {
            let (first, last) = (from.max(self.span.0), to.min(self.span.1));
            let range = usize::try_from(first.saturating_sub(from))
                .ok()
                .zip(usize::try_from(last.saturating_sub(from)).ok());
            if let Some(pixels) = range.and_then(|(first, last)| buffer.get_mut(first..last)) {
                blank.apply(first.saturating_sub(self.span.0), pixels);
            }
        }
        Ok(count)
    }
}

impl<R: Seek> Seek for Blanked<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.source.seek(to)?;
        Ok(self.position)
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
