//! Rules on verification: is each control verified, each requirement traced.

mod control_unverified;
mod probe_without_negative;
mod test_not_passed;
mod test_of_nothing;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &control_unverified::RULE,
    &test_not_passed::RULE,
    &test_of_nothing::RULE,
    &probe_without_negative::RULE,
];
