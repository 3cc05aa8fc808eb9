//! The synthetic DICOM object that probes send: made anew for each run, marked as synthetic, of nobody.
//!
//! Its identifiers stand in no other object, so that a search for them cannot hit by chance, and its pixels carry a
//! mark by which a result is known again after every identifier was replaced.

use crate::burned_in;
use jiff::Timestamp;
use std::hash::{BuildHasher as _, RandomState};

/// Secondary Capture Image Storage.
pub const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
/// CT Image Storage.
pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// Rows and columns of the image.
const ROWS: u16 = 64;
const COLUMNS: u16 = 256;
/// Grey of what is neither text nor mark.
const GREY: u8 = 90;
/// Bytes of the mark.
const MARK_BYTES: usize = 32;

/// A synthetic object.
#[derive(Debug, Clone)]
pub struct SyntheticObject {
    /// SOP class by UID.
    pub sop_class: String,
    /// What would identify its patient: what it is, and its text.
    pub identifiers: Vec<(&'static str, String)>,
    /// SOP Instance UID.
    pub instance: String,
    /// Patient ID.
    pub patient_id: String,
    /// Accession number.
    pub accession: String,
    /// What is burned into its pixels: patient id and family name.
    pub burned_in: String,
    /// Bytes in its pixels by which a result is known again.
    pub mark: Vec<u8>,
    /// The data set, in implicit VR little endian.
    pub data_set: Vec<u8>,
}

/// Numbers that were not there before; they need to be new, not secret.
fn fresh() -> u64 {
    RandomState::new().hash_one(0)
}

/// Letters and digits that were not there before.
fn fresh_text(length: usize) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let (low, high) = (fresh(), fresh());
    let mut number = u128::from(high) << 64 | u128::from(low);
    let mut text = String::new();
    for _ in 0..length {
        let place = usize::try_from(number & 31).unwrap_or_default();
        text.push(LETTERS.get(place).map_or('A', |letter| char::from(*letter)));
        number >>= 5;
    }
    text
}

/// A UID of the UUID-derived root (PS3.5 annex B.2).
fn fresh_uid() -> String {
    let number = u128::from(fresh()) << 64 | u128::from(fresh());
    // Version 4, variant 1 (RFC 9562 section 5.4).
    let number = number & !(0xf << 76) | 0x4 << 76;
    format!("2.25.{}", number & !(0b11 << 62) | 0b10 << 62)
}

/// Text at the top, where modalities burn it in; the mark in the row before the last.
fn pixels(text: &[&str], mark: &[u8]) -> Vec<u8> {
    let (row, all) = (usize::from(COLUMNS), usize::from(ROWS) * usize::from(COLUMNS));
    let mut pixels = burned_in::drawn(text);
    pixels.resize(all - mark.len() - row, GREY);
    pixels.extend_from_slice(mark);
    pixels.resize(all, GREY);
    pixels
}

impl SyntheticObject {
    /// A new object of Secondary Capture or CT.
    pub fn new(sop_class: &str, now: Timestamp) -> Self {
        let (family, given) = (format!("SYNTHETIC{}", fresh_text(6)), format!("PROBE{}", fresh_text(6)));
        let patient_id = format!("MEDWARD{}", fresh_text(9));
        let accession = format!("MW{}", fresh_text(12));
        let number = fresh();
        // A day long ago, so that no living person has it beside such a name.
        let birth = format!("18{:02}{:02}{:02}", number % 100, number / 100 % 12 + 1, number / 1200 % 28 + 1);
        let [study, series, instance] = [fresh_uid(), fresh_uid(), fresh_uid()];
        let mark: Vec<u8> =
            std::iter::repeat_with(|| fresh().to_le_bytes()).flatten().take(MARK_BYTES).collect();
        let today = now.strftime("%Y%m%d").to_string();
        let image_type = if sop_class == CT { r"ORIGINAL\PRIMARY\AXIAL" } else { r"DERIVED\SECONDARY" };
        let mut elements = vec![
            text(0x0008, 0x0005, "ISO_IR 100"),
            text(0x0008, 0x0008, image_type),
            uid(0x0008, 0x0016, sop_class),
            uid(0x0008, 0x0018, &instance),
            text(0x0008, 0x0020, &today),
            text(0x0008, 0x0030, "120000"),
            text(0x0008, 0x0050, &accession),
            text(0x0008, 0x0060, if sop_class == CT { "CT" } else { "OT" }),
            text(0x0008, 0x0064, "SYN"),
            text(0x0008, 0x0090, ""),
            text(0x0008, 0x1030, "SYNTHETIC PROBE OBJECT"),
            text(0x0010, 0x0010, &format!("{family}^{given}")),
            text(0x0010, 0x0020, &patient_id),
            text(0x0010, 0x0030, &birth),
            text(0x0010, 0x0040, "O"),
            text(0x0010, 0x4000, &format!("Synthetic, of nobody; made by a probe. {family} {given}")),
            uid(0x0020, 0x000d, &study),
            uid(0x0020, 0x000e, &series),
            text(0x0020, 0x0010, "1"),
            text(0x0020, 0x0011, "1"),
            text(0x0020, 0x0013, "1"),
            short(0x0028, 0x0002, 1),
            text(0x0028, 0x0004, "MONOCHROME2"),
            short(0x0028, 0x0010, ROWS),
            short(0x0028, 0x0011, COLUMNS),
            short(0x0028, 0x0100, 8),
            short(0x0028, 0x0101, 8),
            short(0x0028, 0x0102, 7),
            short(0x0028, 0x0103, 0),
        ];
        if sop_class == CT {
            elements.push(text(0x0028, 0x1052, "0"));
            elements.push(text(0x0028, 0x1053, "1"));
        }
        elements.push(element(0x7fe0, 0x0010, &pixels(&[&patient_id, &family], &mark), 0));
        Self {
            sop_class: sop_class.to_owned(),
            burned_in: format!("{patient_id}{family}"),
            identifiers: vec![
                ("family name", family),
                ("given name", given),
                ("patient id", patient_id.clone()),
                ("birth date", birth),
                ("accession number", accession.clone()),
                ("study UID", study),
                ("series UID", series),
                ("instance UID", instance.clone()),
            ],
            instance,
            patient_id,
            accession,
            mark,
            data_set: elements.concat(),
        }
    }
}

/// An element in implicit VR little endian (PS3.5 section 7.1.3), padded to even length.
fn element(group: u16, number: u16, value: &[u8], padding: u8) -> Vec<u8> {
    let mut padded = value.to_vec();
    padded.resize(value.len().next_multiple_of(2), padding);
    let length = u32::try_from(padded.len()).unwrap_or_default().to_le_bytes();
    [group.to_le_bytes().as_slice(), &number.to_le_bytes(), &length, &padded].concat()
}

fn text(group: u16, number: u16, value: &str) -> Vec<u8> {
    element(group, number, value.as_bytes(), b' ')
}

fn uid(group: u16, number: u16, value: &str) -> Vec<u8> {
    element(group, number, value.as_bytes(), 0)
}

fn short(group: u16, number: u16, value: u16) -> Vec<u8> {
    element(group, number, &value.to_le_bytes(), 0)
}
