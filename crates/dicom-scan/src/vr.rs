//! Value representations, and what of them decides the bytes; never the meaning of a value.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Value representation (PS3.5 section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Vr {
    /// Application Entity.
    AE,
    /// Age String.
    AS,
    /// Attribute Tag.
    AT,
    /// Code String.
    CS,
    /// Date.
    DA,
    /// Decimal String.
    DS,
    /// Date Time.
    DT,
    /// Floating Point Double.
    FD,
    /// Floating Point Single.
    FL,
    /// Integer String.
    IS,
    /// Long String.
    LO,
    /// Long Text.
    LT,
    /// Other Byte.
    OB,
    /// Other Double.
    OD,
    /// Other Float.
    OF,
    /// Other Long.
    OL,
    /// Other 64-bit Very Long.
    OV,
    /// Other Word.
    OW,
    /// Person Name.
    PN,
    /// Short String.
    SH,
    /// Signed Long.
    SL,
    /// Sequence of Items.
    SQ,
    /// Signed Short.
    SS,
    /// Short Text.
    ST,
    /// Signed 64-bit Very Long.
    SV,
    /// Time.
    TM,
    /// Unlimited Characters.
    UC,
    /// Unique Identifier.
    UI,
    /// Unsigned Long.
    UL,
    /// Unknown.
    UN,
    /// Universal Resource Identifier.
    UR,
    /// Unsigned Short.
    US,
    /// Unlimited Text.
    UT,
    /// Unsigned 64-bit Very Long.
    UV,
}

const ALL: [Vr; 34] = [
    Vr::AE,
    Vr::AS,
    Vr::AT,
    Vr::CS,
    Vr::DA,
    Vr::DS,
    Vr::DT,
    Vr::FD,
    Vr::FL,
    Vr::IS,
    Vr::LO,
    Vr::LT,
    Vr::OB,
    Vr::OD,
    Vr::OF,
    Vr::OL,
    Vr::OV,
    Vr::OW,
    Vr::PN,
    Vr::SH,
    Vr::SL,
    Vr::SQ,
    Vr::SS,
    Vr::ST,
    Vr::SV,
    Vr::TM,
    Vr::UC,
    Vr::UI,
    Vr::UL,
    Vr::UN,
    Vr::UR,
    Vr::US,
    Vr::UT,
    Vr::UV,
];

/// Every pair of capitals: the walk asks once an element.
static BY_LETTERS: [Option<Vr>; 26 * 26] = by_letters();

#[allow(clippy::indexing_slicing, reason = "worked out by the compiler, where a wrong index is an error")]
const fn by_letters() -> [Option<Vr>; 26 * 26] {
    let mut table = [None; 26 * 26];
    let mut next = 0;
    while next < ALL.len() {
        let letters = ALL[next].letters().as_bytes();
        table[(letters[0] - b'A') as usize * 26 + (letters[1] - b'A') as usize] = Some(ALL[next]);
        next += 1;
    }
    table
}

impl Vr {
    /// Of the two letters in a file; `None` for anything that is no VR.
    #[inline]
    pub fn from_letters(letters: [u8; 2]) -> Option<Self> {
        let [first, second] = letters;
        let (first, second) = (first.wrapping_sub(b'A'), second.wrapping_sub(b'A'));
        if first >= 26 || second >= 26 {
            return None;
        }
        *BY_LETTERS.get(usize::from(first) * 26 + usize::from(second))?
    }

    /// The two letters.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::AE => "AE",
            Self::AS => "AS",
            Self::AT => "AT",
            Self::CS => "CS",
            Self::DA => "DA",
            Self::DS => "DS",
            Self::DT => "DT",
            Self::FD => "FD",
            Self::FL => "FL",
            Self::IS => "IS",
            Self::LO => "LO",
            Self::LT => "LT",
            Self::OB => "OB",
            Self::OD => "OD",
            Self::OF => "OF",
            Self::OL => "OL",
            Self::OV => "OV",
            Self::OW => "OW",
            Self::PN => "PN",
            Self::SH => "SH",
            Self::SL => "SL",
            Self::SQ => "SQ",
            Self::SS => "SS",
            Self::ST => "ST",
            Self::SV => "SV",
            Self::TM => "TM",
            Self::UC => "UC",
            Self::UI => "UI",
            Self::UL => "UL",
            Self::UN => "UN",
            Self::UR => "UR",
            Self::US => "US",
            Self::UT => "UT",
            Self::UV => "UV",
        }
    }

    /// Has a four-byte length after two reserved bytes in explicit encodings (PS3.5 Table 7.1-1).
    pub const fn has_long_length(self) -> bool {
        matches!(
            self,
            Self::OB
                | Self::OD
                | Self::OF
                | Self::OL
                | Self::OV
                | Self::OW
                | Self::SQ
                | Self::SV
                | Self::UC
                | Self::UN
                | Self::UR
                | Self::UT
                | Self::UV
        )
    }

    /// Bulk binary whose bytes are rarely wanted: kept only up to [`crate::Limits::binary_bytes_held`].
    pub const fn is_bulk(self) -> bool {
        matches!(self, Self::OB | Self::OD | Self::OF | Self::OL | Self::OV | Self::OW | Self::UN)
    }

    /// Text whose bytes the Specific Character Set explains (PS3.5 section 6.1.2.3).
    pub const fn has_character_set(self) -> bool {
        matches!(self, Self::LO | Self::LT | Self::PN | Self::SH | Self::ST | Self::UC | Self::UT)
    }

    /// A string of characters, of whatever repertoire.
    pub const fn is_text(self) -> bool {
        self.has_character_set()
            || matches!(
                self,
                Self::AE
                    | Self::AS
                    | Self::CS
                    | Self::DA
                    | Self::DS
                    | Self::DT
                    | Self::IS
                    | Self::TM
                    | Self::UI
                    | Self::UR
            )
    }

    /// One value only: a backslash is a character of it (PS3.5 section 6.2).
    pub const fn is_single(self) -> bool {
        matches!(self, Self::LT | Self::ST | Self::UT | Self::UR)
    }

    /// The byte that makes an odd value even (PS3.5 section 6.2): NUL for UIDs and binary, space for other text.
    pub const fn padding(self) -> u8 {
        if self.is_text() && !matches!(self, Self::UI) { b' ' } else { 0 }
    }
}

impl fmt::Display for Vr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.letters())
    }
}
