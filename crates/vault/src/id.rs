//! Names of studies, objects and quarantined objects. None of them ever becomes part of a file name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest UID, in characters (PS3.5 section 9.1).
const UID_CHARACTERS_MAX: usize = 64;

/// The text is no name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not the characters of a UID.
    #[error("a UID has 1 to {UID_CHARACTERS_MAX} digits and dots (PS3.5 section 9.1)")]
    Uid,
    /// Not a number of the quarantine.
    #[error("a quarantined object is named by 32 hexadecimal digits")]
    Quarantine,
}

macro_rules! uid {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.to_owned().try_into()
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let is_uid = (1..=UID_CHARACTERS_MAX).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                if is_uid { Ok(Self(text)) } else { Err(IdError::Uid) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

uid! {
    /// A study: Study Instance UID (0020,000D). All its objects are sealed under one key, and erased with it.
    StudyId
}

uid! {
    /// An object: SOP Instance UID (0008,0018), one in all studies.
    ObjectId
}

/// A quarantined object: a random number, since what is held back may have no name that can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuarantineId(pub(crate) [u8; 16]);

impl fmt::Display for QuarantineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for QuarantineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for QuarantineId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_lower_hex) {
            return Err(IdError::Quarantine);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| IdError::Quarantine)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uids_are_names_of_studies_and_objects() {
        assert_eq!("1.2.840".parse::<ObjectId>().unwrap().as_str(), "1.2.840");
        for text in ["", "../../etc/passwd", "1.2\0", "1.2.x", "1 2", &"1".repeat(65), "１.２"] {
            assert_eq!(text.parse::<StudyId>(), Err(IdError::Uid), "{text:?}");
        }
    }

    #[test]
    fn quarantined_objects_have_one_spelling() {
        let id = QuarantineId([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "AB".repeat(16).as_str(), &"+b".repeat(16), &"ab".repeat(17)] {
            assert_eq!(text.parse::<QuarantineId>(), Err(IdError::Quarantine), "{text:?}");
        }
    }
}
