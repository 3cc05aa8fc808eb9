//! Rules on safe use: is the side-effect gate answered, is there an emergency path.

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[];
