//! Rules on architecture: are crossings analysed, does any single layer stand alone.

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[];
