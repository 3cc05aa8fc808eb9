//! A CT study of a patient who does not exist: a chest of ellipses with one nodule in it, and as many identifiers as real ones carry.

use medward_drill::Ct;

/// Rows and columns.
pub(crate) const SIDE: u16 = 128;
/// Slices.
pub(crate) const SLICES: u32 = 24;
/// Number of the study that is made.
const STUDY: u32 = 20_261;
/// Millimetres from pixel to pixel and from slice to slice.
pub(crate) const SPACING: f32 = 2.5;
/// UID of the frame of reference of all slices.
const FRAME_OF_REFERENCE: &str = "1.2.826.0.1.3680043.9.7702";
/// Added to Hounsfield units so that no stored value is negative.
pub(crate) const INTERCEPT: i32 = -1024;

/// A ball of solid tissue: column, row, slice and radius in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nodule(f32, f32, f32, f32);

/// The one the patient has.
pub(crate) const NODULE: Nodule = Nodule(86.0, 58.0, 12.0, 3.0);
/// The one an attacker paints, in the manner of CT-GAN, and the slice that it is painted into.
pub(crate) const PAINTED: Nodule = Nodule(42.0, 66.0, 5.0, 5.0);
/// The slice through its middle.
pub(crate) const PAINTED_SLICE: u32 = 5;

/// The name that must be nowhere behind the ward.
pub(crate) const FAMILY_NAME: &str = "Underhill";

/// Elements beyond those an image needs: what a scanner and a hospital write about a person.
const IDENTIFIERS: [(u32, [u8; 2], &str); 14] = [
    (0x0008_0050, *b"SH", "ACC-2026-0815"),
    (0x0008_0080, *b"LO", "Hospital of the Valley"),
    (0x0008_0081, *b"ST", "12 Mill Lane, Valley"),
    (0x0008_0090, *b"PN", "Referrer^Rita"),
    (0x0008_1010, *b"SH", "CT_ROOM1"),
    (0x0008_1030, *b"LO", "CT chest of Mrs Underhill"),
    (0x0010_0010, *b"PN", "Underhill^Mathilda"),
    (0x0010_0020, *b"LO", "MRN-5550173"),
    (0x0010_0030, *b"DA", "19580214"),
    (0x0010_0040, *b"CS", "F"),
    (0x0010_1040, *b"LO", "3 Orchard Road, Valley"),
    (0x0010_2154, *b"SH", "+00 555 0173"),
    (0x0010_4000, *b"LT", "Mrs Underhill asks to be called before noon."),
    (0x0020_0010, *b"SH", "5550173"),
];

/// What stands at a point, in Hounsfield units.
fn tissue(column: f32, row: f32, slice: f32, nodule: Nodule) -> i32 {
    let inside = |x: f32, y: f32, a: f32, b: f32| ((column - x) / a).powi(2) + ((row - y) / b).powi(2) <= 1.0;
    let Nodule(x, y, z, radius) = nodule;
    if (column - x).powi(2) + (row - y).powi(2) + (slice - z).powi(2) <= radius * radius {
        return 40;
    }
    if inside(42.0, 62.0, 17.0, 27.0) || inside(86.0, 62.0, 17.0, 27.0) {
        return -850;
    }
    if inside(64.0, 96.0, 6.0, 7.0) {
        return 420;
    }
    if inside(64.0, 64.0, 56.0, 46.0) { 30 } else { -1000 }
}

/// Stored values of a slice; a little noise, the same each time.
fn pixels(number: u32, nodule: Nodule) -> Vec<u8> {
    let mut noise = number.wrapping_mul(2_654_435_761) | 1;
    let mut bytes = Vec::new();
    for row in 0..SIDE {
        for column in 0..SIDE {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let jitter = i32::try_from(noise % 21).unwrap_or_default() - 10;
            let slice = f32::from(u16::try_from(number).unwrap_or(u16::MAX));
            let value = tissue(f32::from(column), f32::from(row), slice, nodule) + jitter - INTERCEPT;
            bytes.extend(u16::try_from(value).unwrap_or_default().to_le_bytes());
        }
    }
    bytes
}

/// Slice so many, from 1.
pub(crate) fn slice(number: u32, nodule: Nodule) -> Ct {
    let mut ct = Ct::new(STUDY, number);
    for (tag, vr, value) in IDENTIFIERS {
        ct = ct.with(tag, vr, value.as_bytes());
    }
    let position = format!("-160\\-160\\{}", f64::from(number) * f64::from(SPACING));
    for (tag, vr, value) in [
        (0x0018_0050, *b"DS", "2.5"),
        (0x0020_0052, *b"UI", FRAME_OF_REFERENCE),
        (0x0020_0013, *b"IS", &*number.to_string()),
        (0x0020_0032, *b"DS", &position),
        (0x0020_0037, *b"DS", "1\\0\\0\\0\\1\\0"),
        (0x0028_0030, *b"DS", "2.5\\2.5"),
        (0x0028_1052, *b"DS", &INTERCEPT.to_string()),
        (0x0028_1053, *b"DS", "1"),
        (0x0028_1054, *b"LO", "HU"),
    ] {
        ct = ct.with(tag, vr, value.as_bytes());
    }
    for tag in [0x0028_0010, 0x0028_0011] {
        ct = ct.with(tag, *b"US", &SIDE.to_le_bytes());
    }
    ct.with(0x7FE0_0010, *b"OW", &pixels(number, nodule))
}

/// The study.
pub(crate) fn study() -> Vec<Ct> {
    (1..=SLICES).map(|number| slice(number, NODULE)).collect()
}
