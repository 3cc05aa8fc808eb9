//! Rules on verification: is each control verified, each requirement traced.

mod control_unverified;
mod junit_contradicts;
mod needs_uncovered;
mod probe_without_negative;
mod release_undocumented;
mod requirement_unfounded;
mod requirement_unrealised;
mod requirement_untested;
mod result_outdated;
mod test_not_passed;
mod test_of_nothing;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &control_unverified::RULE,
    &test_not_passed::RULE,
    &test_of_nothing::RULE,
    &requirement_untested::RULE,
    &requirement_unrealised::RULE,
    &requirement_unfounded::RULE,
    &needs_uncovered::RULE,
    &probe_without_negative::RULE,
    &result_outdated::RULE,
    &release_undocumented::RULE,
    &junit_contradicts::RULE,
];
