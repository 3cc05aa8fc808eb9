//! What of an image a header element is about, so that a change can be named by what it means for a reader.

use medward_dicom_scan::Tag;
use std::fmt;

/// A group of header elements (modules of PS3.3), wherever in the object they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Who: group 0010.
    Patient,
    /// Which: UIDs and numbers of study, series and instance, SOP class.
    Identity,
    /// Where: position, orientation, spacing, thickness, order.
    Geometry,
    /// Which side of the body.
    Laterality,
    /// What a stored number means: slope, intercept, windows, look-up tables, units.
    Values,
    /// How the pixels lie: rows, columns, bits, frames.
    Layout,
    /// How it was acquired: group 0018.
    Technique,
    /// Digital signatures.
    Signatures,
    /// Private elements.
    Private,
    /// Everything else.
    Other,
}

/// Laterality and what stands for it.
const LATERALITY: [u32; 5] = [0x0018_5101, 0x0020_0020, 0x0020_0060, 0x0020_0062, 0x0020_9072];
const IDENTITY: [u32; 7] =
    [0x0008_0016, 0x0008_0018, 0x0008_0050, 0x0020_000D, 0x0020_000E, 0x0020_0010, 0x0020_0011];
const GEOMETRY: [u32; 25] = [
    0x0018_0050,
    0x0018_0088,
    0x0018_1100,
    0x0018_1110,
    0x0018_1111,
    0x0018_1114,
    0x0018_1120,
    0x0018_1164,
    0x0018_2010,
    0x0018_5100,
    0x0020_0013,
    0x0020_0030,
    0x0020_0032,
    0x0020_0035,
    0x0020_0037,
    0x0020_0052,
    0x0020_1040,
    0x0020_1041,
    0x0020_9113,
    0x0020_9116,
    0x0020_9157,
    0x0028_0030,
    0x0028_0034,
    0x0028_0A02,
    0x0028_9110,
];

impl Group {
    /// All of them, in the order in which seals hold their digests.
    pub const ALL: [Self; 10] = [
        Self::Patient,
        Self::Identity,
        Self::Geometry,
        Self::Laterality,
        Self::Values,
        Self::Layout,
        Self::Technique,
        Self::Signatures,
        Self::Private,
        Self::Other,
    ];

    /// Of an element.
    pub fn of(tag: Tag) -> Self {
        if tag.is_private() {
            return Self::Private;
        }
        match tag.0 {
            0x4FFE_0001 | 0xFFFA_FFFA | 0x0400_0005..=0x0400_0401 => Self::Signatures,
            one if LATERALITY.contains(&one) => Self::Laterality,
            one if IDENTITY.contains(&one) => Self::Identity,
            one if GEOMETRY.contains(&one) => Self::Geometry,
            0x0028_0106..=0x0028_0121
            | 0x0028_1050..=0x0028_1056
            | 0x0028_1101..=0x0028_1224
            | 0x0028_3000..=0x0028_3010
            | 0x0028_9132
            | 0x0028_9145
            | 0x0040_9096
            | 0x0040_9210..=0x0040_9225
            | 0x0054_1001
            | 0x2050_0010..=0x2050_0020 => Self::Values,
            _ => match tag.group() {
                0x0010 => Self::Patient,
                0x0018 => Self::Technique,
                0x0028 | 0x7FE0 => Self::Layout,
                _ => Self::Other,
            },
        }
    }

    /// Name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Identity => "identity",
            Self::Geometry => "geometry",
            Self::Laterality => "laterality",
            Self::Values => "values",
            Self::Layout => "layout",
            Self::Technique => "technique",
            Self::Signatures => "signatures",
            Self::Private => "private",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_would_be_misled_by_has_a_group_of_its_own() {
        let of = |tag| Group::of(Tag(tag));
        assert_eq!(of(0x0028_1053), Group::Values);
        assert_eq!(of(0x0028_0030), Group::Geometry);
        assert_eq!(of(0x0020_0060), Group::Laterality);
        assert_eq!(of(0x0010_0020), Group::Patient);
        assert_eq!(of(0x0028_0010), Group::Layout);
        assert_eq!(of(0x0009_1001), Group::Private);
        assert_eq!(of(0x6000_3000), Group::Other);
        let places: Vec<_> = Group::ALL.iter().map(|group| *group as usize).collect();
        assert!(places.iter().copied().eq(0..Group::ALL.len()));
    }
}
