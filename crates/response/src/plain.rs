//! A look at texts before they stand in a ledger for ever. It finds what looks like a person; it cannot find every name, so that whoever
//! writes is told, and details have a place beside the ledger.

use medward_ledger::{EntryError, Reason};

/// Digits in a row from which a number may be one of a patient, a phone or an account.
const DIGITS_MAX: usize = 6;

/// Why a text may not stand in a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing was written.
    #[error("the {what} is empty")]
    Empty {
        /// What it is of.
        what: &'static str,
    },
    /// It looks like a person's.
    #[error(
        "the {what} holds {sign}, which looks like a person's; the ledger forgets nothing. Say it without, and keep details beside the \
         ledger with --details FILE"
    )]
    Personal {
        /// What it is of.
        what: &'static str,
        /// What was found.
        sign: &'static str,
    },
    /// Too long, or with control characters.
    #[error("the {what}: {reason}")]
    Form {
        /// What it is of.
        what: &'static str,
        /// What is wrong.
        reason: EntryError,
    },
}

/// A text for the ledger, or why it may not stand there.
pub fn plain(what: &'static str, text: &str) -> Result<Reason, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty { what });
    }
    let personal = |sign| Err(TextError::Personal { what, sign });
    if text.contains('@') {
        return personal("`@`, as an address has");
    }
    if text.contains('^') {
        return personal("`^`, as names in DICOM have");
    }
    let longest = text.split(|one: char| !one.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    if longest > DIGITS_MAX {
        return personal("a long number");
    }
    Reason::try_from(text).map_err(|reason| TextError::Form { what, reason })
}
