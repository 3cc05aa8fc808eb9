//! Rules on method: is every chain complete, are both axes judged, is what remains justified.

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[];
