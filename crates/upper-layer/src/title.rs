//! Application entity titles (PS3.8 table 9-11, PS3.5 section 6.2 AE): compared as they are, never trusted as an identity.

use std::fmt;

/// Bytes of the field in a PDU.
pub(crate) const TITLE_BYTES: usize = 16;

/// Not a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an AE title has 1 to 16 printable ASCII characters, not all spaces and no backslash")]
pub struct TitleError;

/// A title without the spaces around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AeTitle(Box<str>);

impl AeTitle {
    /// The title.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the field of a PDU.
    pub(crate) fn from_field(field: &[u8]) -> Result<Self, TitleError> {
        std::str::from_utf8(field).map_err(|_| TitleError)?.parse()
    }

    /// As the field of a PDU, padded with spaces.
    pub(crate) fn field(&self) -> [u8; TITLE_BYTES] {
        let mut field = [b' '; TITLE_BYTES];
        for (to, from) in field.iter_mut().zip(self.0.bytes()) {
            *to = from;
        }
        field
    }
}

impl std::str::FromStr for AeTitle {
    type Err = TitleError;

    fn from_str(text: &str) -> Result<Self, TitleError> {
        let text = text.trim_matches(' ');
        let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'\\';
        if text.is_empty() || text.len() > TITLE_BYTES || !text.bytes().all(is_plain) {
            return Err(TitleError);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for AeTitle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
