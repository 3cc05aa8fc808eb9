//! Rules on reference: does every id resolve, is anything orphaned.

mod dangling_link;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[&dangling_link::RULE];
