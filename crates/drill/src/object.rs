//! A CT image of a patient who does not exist, whole or as no honest device writes it.

use crate::client::CT;

/// Name of the patient.
pub(crate) const NAME: &str = "Featherstone^Josephine";
/// The part of it that is searched for.
pub(crate) const FAMILY_NAME: &str = "Featherstone";
/// Patient ID.
pub(crate) const PATIENT: &str = "MRN-0047110";

/// An image; its data set in explicit VR little endian.
#[derive(Debug, Clone)]
pub struct Ct {
    /// SOP Instance UID.
    pub instance: String,
    /// Study Instance UID.
    pub study: String,
    elements: Vec<(u32, [u8; 2], Vec<u8>)>,
}

fn even(value: &[u8], pad: u8) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(pad);
    }
    value
}

/// One element.
pub(crate) fn element(out: &mut Vec<u8>, tag: u32, vr: [u8; 2], value: &[u8]) {
    let [g1, g0, e1, e0] = tag.to_be_bytes();
    out.extend([g0, g1, e0, e1]);
    out.extend(vr);
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    if matches!(&vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
        out.extend([0, 0]);
        out.extend(length.to_le_bytes());
    } else {
        out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    }
    out.extend(value);
}

impl Ct {
    /// Image number so many of a study.
    pub fn new(study: u32, number: u32) -> Self {
        let study = format!("1.2.826.0.1.3680043.9.7700.{study}");
        let instance = format!("{study}.{number}");
        let mut ct = Self { instance: instance.clone(), study: study.clone(), elements: Vec::new() };
        for (tag, vr, value) in [
            (0x0008_0016, *b"UI", CT),
            (0x0008_0018, *b"UI", instance.as_str()),
            (0x0008_0020, *b"DA", "20240305"),
            (0x0008_0060, *b"CS", "CT"),
            (0x0010_0010, *b"PN", NAME),
            (0x0010_0020, *b"LO", PATIENT),
            (0x0010_0030, *b"DA", "19620917"),
            (0x0020_000D, *b"UI", study.as_str()),
            (0x0020_000E, *b"UI", "1.2.826.0.1.3680043.9.7701"),
            (0x0020_0032, *b"DS", "-100\\-100\\40"),
            (0x0028_0030, *b"DS", "0.7\\0.7"),
        ] {
            ct = ct.with(tag, vr, value.as_bytes());
        }
        for (tag, value) in [
            (0x0028_0002, 1_u16),
            (0x0028_0010, 32),
            (0x0028_0011, 32),
            (0x0028_0100, 16),
            (0x0028_0101, 16),
            (0x0028_0102, 15),
            (0x0028_0103, 0),
        ] {
            ct = ct.with(tag, *b"US", &value.to_le_bytes());
        }
        let pixels: Vec<u8> = (0..32 * 32 * 2_u32)
            .map(|at| at.wrapping_mul(number | 1).to_le_bytes())
            .map(|[b, ..]| b)
            .collect();
        ct.with(0x0028_0004, *b"CS", b"MONOCHROME2").with(0x7FE0_0010, *b"OW", &pixels)
    }

    /// The same with an element set, in its place.
    #[must_use]
    pub fn with(mut self, tag: u32, vr: [u8; 2], value: &[u8]) -> Self {
        let value = even(value, if &vr == b"UI" || &vr == b"OB" { 0 } else { b' ' });
        self.elements.retain(|(other, ..)| *other != tag);
        self.elements.push((tag, vr, value));
        self.elements.sort_by_key(|(tag, ..)| *tag);
        self
    }

    /// The data set.
    pub fn data_set(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (tag, vr, value) in &self.elements {
            element(&mut out, *tag, *vr, value);
        }
        out
    }

    /// The data set with an element written twice, the second time with another value.
    pub(crate) fn with_a_double(&self, tag: u32, other: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (found, vr, value) in &self.elements {
            element(&mut out, *found, *vr, value);
            if *found == tag {
                element(&mut out, *found, *vr, &even(other, b' '));
            }
        }
        out
    }
}
