//! Unique identifiers (PS3.5 section 9.1): digits and dots, so that none can name a path or end a statement.

use std::fmt;

/// Most characters of a UID.
const UID_BYTES_MAX: usize = 64;

/// Not a UID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a UID has 1 to 64 digits and dots, and digits on both sides of every dot")]
pub struct UidError;

/// A UID without padding. Leading zeros in a component are let through: they are wrong, common and harmless.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid(Box<str>);

impl Uid {
    /// The UID.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From bytes that may be padded with NUL, or with a space as some writers do.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UidError> {
        let text = std::str::from_utf8(bytes).map_err(|_| UidError)?;
        text.trim_end_matches(['\0', ' ']).parse()
    }
}

impl std::str::FromStr for Uid {
    type Err = UidError;

    fn from_str(text: &str) -> Result<Self, UidError> {
        let is_component = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > UID_BYTES_MAX || !text.split('.').all(is_component) {
            return Err(UidError);
        }
        Ok(Self(text.into()))
    }
}

impl AsRef<str> for Uid {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
