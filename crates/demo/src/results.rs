//! What the stand-in answers with: a segmentation (PS3.3 section A.51) and a report that refers to it (Basic Text SR, A.35.1). Both say
//! what made them.

use crate::data_set::Elements;
use crate::node::{CT, EXPLICIT, Object};
use crate::study::{SIDE, SPACING};
use medward_drill::{Pseudonymous, TEXT_REPORT};

/// Segmentation Storage.
pub(crate) const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";
/// What every result says of who made it.
const MAKER: &str = "Stand-in for an AI";
const WARNING: &str = "Made by a stand-in, not for diagnosis";
/// Root of the names of its results; a study gets one of each.
const ROOT: &str = "1.2.826.0.1.3680043.9.7790";
/// Dimensions of a segmentation's frames.
const DIMENSIONS: &str = "1.2.826.0.1.3680043.9.7790.10";

/// An image as the stand-in got it, and what it found on it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) image: Pseudonymous,
    /// UID of its frame of reference.
    pub(crate) frame_of_reference: String,
    /// Position of its first pixel, as it stands in the image.
    pub(crate) position: String,
    /// Whether each pixel belongs to the spot, row by row.
    pub(crate) mask: Vec<bool>,
}

impl Seen {
    /// How many pixels belong to the spot.
    pub(crate) fn pixels(&self) -> usize {
        self.mask.iter().filter(|is_spot| **is_spot).count()
    }
}

/// Instance UID of a result of a kind.
fn named(kind: u32) -> String {
    format!("{ROOT}.{kind}")
}

/// UID of the series of a result.
fn series_of(instance: &str) -> String {
    format!("{instance}.1")
}

fn object(class: &str, instance: String, elements: Elements) -> Object {
    Object { class: class.to_owned(), instance, syntax: EXPLICIT.to_owned(), data_set: elements.into_bytes() }
}

/// A reference to an instance (PS3.3 table 10-11).
fn reference(class: &str, instance: &str) -> Elements {
    Elements::default().text(0x0008_1150, *b"UI", class).text(0x0008_1155, *b"UI", instance)
}

/// Patient and study as the stand-in knows them, and the series and moment of the result, which is made now. What the standard asks for
/// and nobody here knows is empty.
fn made(elements: Elements, about: &Pseudonymous, instance: &str) -> Elements {
    let now = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now());
    elements
        .text(0x0008_0018, *b"UI", instance)
        .text(0x0008_0020, *b"DA", "")
        .text(0x0008_0023, *b"DA", &now.strftime("%Y%m%d").to_string())
        .text(0x0008_0030, *b"TM", "")
        .text(0x0008_0033, *b"TM", &now.strftime("%H%M%S").to_string())
        .text(0x0008_0050, *b"SH", "")
        .text(0x0008_0070, *b"LO", MAKER)
        .text(0x0008_0090, *b"PN", "")
        .text(0x0010_0010, *b"PN", &about.patient)
        .text(0x0010_0020, *b"LO", &about.patient)
        .text(0x0010_0030, *b"DA", "")
        .text(0x0010_0040, *b"CS", "")
        .text(0x0012_0062, *b"CS", "YES")
        .text(0x0012_0063, *b"LO", "as the ward handed it over")
        .text(0x0020_000D, *b"UI", &about.study)
        .text(0x0020_000E, *b"UI", &series_of(instance))
        .text(0x0020_0010, *b"SH", "")
        .text(0x0020_0013, *b"IS", "1")
}

/// A segmentation of the spot on the images that show it, each a frame of one bit a pixel.
pub(crate) fn segmentation(seen: &[&Seen]) -> Option<Object> {
    let about = &seen.first()?.image;
    let instance = named(1);
    let references = seen.iter().map(|seen| reference(CT, &seen.image.instance));
    let of_series =
        Elements::default().sequence(0x0008_114A, references).text(0x0020_000E, *b"UI", &about.series);
    let head = Elements::default()
        .text(0x0008_0008, *b"CS", "DERIVED\\PRIMARY")
        .text(0x0008_0016, *b"UI", SEGMENTATION)
        .text(0x0008_0060, *b"CS", "SEG")
        .text(0x0008_1090, *b"LO", MAKER)
        .sequence(0x0008_1115, [of_series]);
    let head = made(head, about, &instance)
        .text(0x0018_1000, *b"LO", "1")
        .text(0x0018_1020, *b"LO", "1")
        .text(0x0020_0011, *b"IS", "900")
        .text(0x0020_0052, *b"UI", &seen.first()?.frame_of_reference)
        .text(0x0020_1040, *b"LO", "");
    let dimension = |pointer, group| {
        let index = Elements::default().text(0x0020_9164, *b"UI", DIMENSIONS);
        index.pointer(0x0020_9165, pointer).pointer(0x0020_9167, group)
    };
    let dimensions = [dimension(0x0062_000B, 0x0062_000A), dimension(0x0020_0032, 0x0020_9113)];
    let frames = head
        .sequence(0x0020_9221, [Elements::default().text(0x0020_9164, *b"UI", DIMENSIONS)])
        .sequence(0x0020_9222, dimensions)
        .short(0x0028_0002, 1)
        .text(0x0028_0004, *b"CS", "MONOCHROME2")
        .text(0x0028_0008, *b"IS", &seen.len().to_string())
        .short(0x0028_0010, SIDE)
        .short(0x0028_0011, SIDE)
        .short(0x0028_0100, 1)
        .short(0x0028_0101, 1)
        .short(0x0028_0102, 0)
        .short(0x0028_0103, 0)
        .text(0x0028_2110, *b"CS", "00")
        .text(0x0062_0001, *b"CS", "BINARY")
        .sequence(0x0062_0002, [segment()])
        .text(0x0070_0080, *b"CS", "SPOT")
        .text(0x0070_0081, *b"LO", WARNING)
        .text(0x0070_0084, *b"PN", "");
    let spacing = format!("{SPACING}\\{SPACING}");
    let measures = Elements::default()
        .text(0x0018_0050, *b"DS", &SPACING.to_string())
        .text(0x0018_0088, *b"DS", &SPACING.to_string())
        .text(0x0028_0030, *b"DS", &spacing);
    let orientation = Elements::default().text(0x0020_0037, *b"DS", "1\\0\\0\\0\\1\\0");
    let shared = Elements::default().sequence(0x0020_9116, [orientation]).sequence(0x0028_9110, [measures]);
    let each = seen.iter().zip(1_u32..).map(|(seen, number)| frame(seen, number));
    let whole = frames.sequence(0x5200_9229, [shared]).sequence(0x5200_9230, each).bytes(
        0x7FE0_0010,
        *b"OB",
        &bits(seen.iter().flat_map(|seen| seen.mask.iter().copied())),
    );
    Some(object(SEGMENTATION, instance, whole))
}

/// What is segmented, and by what.
fn segment() -> Elements {
    let algorithm = Elements::default()
        .code(0x0066_002F, ("123105", "DCM", "Histogram Analysis"))
        .text(0x0066_0031, *b"LO", "1")
        .text(0x0066_0036, *b"LO", "bright islands in air");
    Elements::default()
        .code(0x0062_0003, ("49755003", "SCT", "Morphologically Abnormal Structure"))
        .sequence(0x0062_0007, [algorithm])
        .short(0x0062_0004, 1)
        .text(0x0062_0005, *b"LO", "solid spot")
        .text(0x0062_0008, *b"CS", "AUTOMATIC")
        .text(0x0062_0009, *b"LO", MAKER)
        .code(0x0062_000F, ("27925004", "SCT", "Nodule"))
}

/// What belongs to one frame: the image that it is made of, and where it lies.
fn frame(seen: &Seen, number: u32) -> Elements {
    let purpose = ("121322", "DCM", "Source image for image processing operation");
    let source =
        reference(CT, &seen.image.instance).text(0x0028_135A, *b"CS", "YES").code(0x0040_A170, purpose);
    let derivation = Elements::default()
        .sequence(0x0008_2112, [source])
        .code(0x0008_9215, ("113076", "DCM", "Segmentation"));
    let content = Elements::default().longs(0x0020_9157, &[1, number]);
    let place = Elements::default().text(0x0020_0032, *b"DS", &seen.position);
    let of_segment = Elements::default().short(0x0062_000B, 1);
    Elements::default()
        .sequence(0x0008_9124, [derivation])
        .sequence(0x0020_9111, [content])
        .sequence(0x0020_9113, [place])
        .sequence(0x0062_000A, [of_segment])
}

/// Eight pixels a byte, the first in the lowest bit (PS3.5 section 8.1.1).
fn bits(pixels: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, is_set) in pixels.enumerate() {
        if at % 8 == 0 {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut().filter(|_| is_set) {
            *last |= 1 << (at % 8);
        }
    }
    bytes
}

/// A report on an image, with what it found, referring to the segmentation if there is one.
pub(crate) fn report(about: &Pseudonymous, finding: &str, segmentation: Option<&Object>) -> Object {
    let instance = named(2);
    let image = reference(CT, &about.instance);
    let series = |uid: &str, object: Elements| {
        Elements::default().sequence(0x0008_1199, [object]).text(0x0020_000E, *b"UI", uid)
    };
    let mut evidence = vec![series(&about.series, image)];
    let mut content = Vec::new();
    if let Some(made) = segmentation {
        let made_as = reference(SEGMENTATION, &made.instance);
        evidence.push(series(&series_of(&made.instance), made_as.clone()));
        content.push(
            item("IMAGE")
                .code(0x0040_A043, ("121191", "DCM", "Referenced Segment"))
                .sequence(0x0008_1199, [made_as]),
        );
    }
    content.push(item("TEXT").code(0x0040_A043, ("121071", "DCM", "Finding")).text(
        0x0040_A160,
        *b"UT",
        finding,
    ));
    let study = Elements::default().sequence(0x0008_1115, evidence).text(0x0020_000D, *b"UI", &about.study);
    let head = Elements::default()
        .text(0x0008_0016, *b"UI", TEXT_REPORT)
        .text(0x0008_0060, *b"CS", "SR")
        .sequence(0x0008_1111, []);
    let whole = made(head, about, &instance)
        .text(0x0020_0011, *b"IS", "901")
        .text(0x0040_A040, *b"CS", "CONTAINER")
        .code(0x0040_A043, ("18748-4", "LN", "Diagnostic imaging study"))
        .text(0x0040_A050, *b"CS", "SEPARATE")
        .sequence(0x0040_A372, [])
        .sequence(0x0040_A375, [study])
        .text(0x0040_A491, *b"CS", "COMPLETE")
        .text(0x0040_A493, *b"CS", "UNVERIFIED")
        .sequence(0x0040_A730, content);
    object(TEXT_REPORT, instance, whole)
}

/// An item of a report's content.
fn item(kind: &str) -> Elements {
    Elements::default().text(0x0040_A010, *b"CS", "CONTAINS").text(0x0040_A040, *b"CS", kind)
}
