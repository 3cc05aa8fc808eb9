//! Value representations, and what of them decides the bytes; never the meaning of a value.

use std::fmt;

/// Value representation (PS3.5 section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl Vr {
    /// Of the two letters in a file; `None` for anything that is no VR.
    pub const fn from_letters(letters: [u8; 2]) -> Option<Self> {
        Some(match &letters {
            b"AE" => Self::AE,
            b"AS" => Self::AS,
            b"AT" => Self::AT,
            b"CS" => Self::CS,
            b"DA" => Self::DA,
            b"DS" => Self::DS,
            b"DT" => Self::DT,
            b"FD" => Self::FD,
            b"FL" => Self::FL,
            b"IS" => Self::IS,
            b"LO" => Self::LO,
            b"LT" => Self::LT,
            b"OB" => Self::OB,
            b"OD" => Self::OD,
            b"OF" => Self::OF,
            b"OL" => Self::OL,
            b"OV" => Self::OV,
            b"OW" => Self::OW,
            b"PN" => Self::PN,
            b"SH" => Self::SH,
            b"SL" => Self::SL,
            b"SQ" => Self::SQ,
            b"SS" => Self::SS,
            b"ST" => Self::ST,
            b"SV" => Self::SV,
            b"TM" => Self::TM,
            b"UC" => Self::UC,
            b"UI" => Self::UI,
            b"UL" => Self::UL,
            b"UN" => Self::UN,
            b"UR" => Self::UR,
            b"US" => Self::US,
            b"UT" => Self::UT,
            b"UV" => Self::UV,
            _ => return None,
        })
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
