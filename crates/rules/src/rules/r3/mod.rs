//! Rules on coverage: is every applicable catalogue entry claimed.

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[];
