//! Rules on reference: does every id resolve, is anything orphaned.

mod dangling_link;
mod orphan_control;
mod orphan_threat;
mod suspect_link;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] =
    &[&dangling_link::RULE, &orphan_control::RULE, &orphan_threat::RULE, &suspect_link::RULE];
