//! Rules on verification: is each control verified, each requirement traced.

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[];
