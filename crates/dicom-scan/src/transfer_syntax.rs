//! What a transfer syntax UID means for the layout of bytes; never for the codec of the pixels.

use serde::{Deserialize, Serialize};

/// How elements are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// No VR in the file, four-byte lengths (PS3.5 section A.1).
    ImplicitLittle,
    /// VR in the file (PS3.5 section A.2).
    ExplicitLittle,
    /// VR in the file, most significant byte first; retired (PS3.5 section A.3).
    ExplicitBig,
}

impl Encoding {
    /// Most significant byte first.
    pub const fn is_big(self) -> bool {
        matches!(self, Self::ExplicitBig)
    }

    /// A VR stands beside each tag.
    pub const fn is_explicit(self) -> bool {
        !matches!(self, Self::ImplicitLittle)
    }
}

/// Transfer syntax, as far as the layout goes (PS3.5 Annex A); the UID itself is in the file meta information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TransferSyntax {
    /// Layout of the elements of the data set.
    pub encoding: Encoding,
    /// The data set is one raw deflate stream (RFC 1951, PS3.5 section A.5).
    pub is_deflated: bool,
}

impl TransferSyntax {
    /// Of the UID; one not known here is explicit little endian, as all encapsulated ones are (PS3.5 section A.4).
    pub fn from_uid(uid: &[u8]) -> Self {
        let plain = |encoding| Self { encoding, is_deflated: false };
        match uid {
            // The second is GE's private one, whose header is implicit little endian and whose pixels are swapped.
            b"1.2.840.10008.1.2" | b"1.2.840.113619.5.2" => plain(Encoding::ImplicitLittle),
            b"1.2.840.10008.1.2.2" => plain(Encoding::ExplicitBig),
            // Deflated, JPIP Referenced Deflate, JPIP HTJ2K Referenced Deflate.
            b"1.2.840.10008.1.2.1.99" | b"1.2.840.10008.1.2.4.95" | b"1.2.840.10008.1.2.4.205" => {
                Self { encoding: Encoding::ExplicitLittle, is_deflated: true }
            }
            _ => plain(Encoding::ExplicitLittle),
        }
    }
}
