//! How somebody came to what is not for everybody.

use serde::{Deserialize, Serialize};

/// How somebody came to what is not for everybody, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// Let in.
    SignedIn,
    /// Gone.
    SignedOut,
    /// Kept out.
    Refused,
    /// Given what identifies a person.
    Identified,
}

impl Came {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedIn => "signed in",
            Self::SignedOut => "signed out",
            Self::Refused => "refused",
            Self::Identified => "given identified data",
        }
    }
}
