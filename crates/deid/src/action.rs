//! The action codes of PS3.15 Table E.1-1a as the table's rows carry them; never what happens to a given element.

use std::str::FromStr;

/// What the table asks for an attribute (PS3.15 Table E.1-1a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// D: a non-empty dummy value, valid for the VR.
    Dummy,
    /// Z: an empty value, or a dummy.
    Zero,
    /// X: remove.
    Remove,
    /// K: keep; a sequence is kept and its items are treated by the table.
    Keep,
    /// C: clean, keep what identifies no one.
    Clean,
    /// U: replace by a UID that is the same wherever the original one stood.
    Uid,
    /// X/Z: by the type of the attribute in the IOD, 3 or 2.
    RemoveOrZero,
    /// X/D: type 3 or 1.
    RemoveOrDummy,
    /// X/Z/D: type 3, 2 or 1.
    RemoveZeroOrDummy,
    /// Z/D: type 2 or 1.
    ZeroOrDummy,
    /// X/Z/U*: type 3 or 2, else keep the sequence and replace the UIDs in it.
    RemoveZeroOrUids,
}

/// An action code that Table E.1-1a does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no action code of PS3.15 Table E.1-1a")]
pub struct UnknownAction(String);

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(code: &str) -> Result<Self, UnknownAction> {
        Ok(match code {
            "D" => Self::Dummy,
            "Z" => Self::Zero,
            "X" => Self::Remove,
            "K" => Self::Keep,
            "C" => Self::Clean,
            "U" => Self::Uid,
            "X/Z" => Self::RemoveOrZero,
            "X/D" => Self::RemoveOrDummy,
            "X/Z/D" => Self::RemoveZeroOrDummy,
            "Z/D" => Self::ZeroOrDummy,
            "X/Z/U*" => Self::RemoveZeroOrUids,
            _ => return Err(UnknownAction(code.to_owned())),
        })
    }
}

/// How much an IOD asks for an attribute (PS3.5 section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// Type 1: there, with a value.
    One,
    /// Type 2: there, may be empty.
    Two,
    /// Type 3: may be absent.
    Three,
}

impl Action {
    /// It depends on the type of the attribute.
    #[must_use]
    pub const fn is_combined(self) -> bool {
        !matches!(self, Self::Dummy | Self::Zero | Self::Remove | Self::Keep | Self::Clean | Self::Uid)
    }

    /// One of the plain actions, by the type of the attribute in the object's IOD.
    ///
    /// Where the type is not known (`None`), the strictest that keeps the object valid whatever the type is:
    /// X/Z becomes Z, everything with D becomes D, and X/Z/U* keeps the sequence with its UIDs replaced.
    #[must_use]
    pub const fn resolve(self, of_type: Option<AttributeType>) -> Self {
        match (self, of_type) {
            (
                Self::RemoveOrZero | Self::RemoveOrDummy | Self::RemoveZeroOrDummy,
                Some(AttributeType::Three),
            ) => Self::Remove,
            (Self::RemoveOrZero, _)
            | (
                Self::RemoveZeroOrDummy | Self::ZeroOrDummy,
                Some(AttributeType::Two | AttributeType::Three),
            ) => Self::Zero,
            (Self::RemoveOrDummy | Self::RemoveZeroOrDummy | Self::ZeroOrDummy, _) => Self::Dummy,
            (Self::RemoveZeroOrUids, _) => Self::Uid,
            (plain, _) => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combined_action_follows_the_type_and_stays_valid_without_one() {
        use AttributeType::{One, Three, Two};
        let resolve = |code: &str, of_type| code.parse::<Action>().unwrap().resolve(of_type);
        assert_eq!(resolve("X/Z", None), Action::Zero);
        assert_eq!(resolve("X/Z", Some(Three)), Action::Remove);
        assert_eq!(resolve("X/D", None), Action::Dummy);
        assert_eq!(resolve("X/D", Some(Three)), Action::Remove);
        assert_eq!(resolve("X/Z/D", Some(One)), Action::Dummy);
        assert_eq!(resolve("X/Z/D", Some(Two)), Action::Zero);
        assert_eq!(resolve("X/Z/D", Some(Three)), Action::Remove);
        assert_eq!(resolve("X/Z/D", None), Action::Dummy);
        assert_eq!(resolve("Z/D", Some(Two)), Action::Zero);
        assert_eq!(resolve("Z/D", None), Action::Dummy);
        assert_eq!(resolve("K", Some(Three)), Action::Keep);
    }
}
