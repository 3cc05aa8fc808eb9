//! Rules on method: is every chain complete, are both axes judged, is what remains justified.

mod acceptance_without_reason;
mod branch_absent;
mod branch_incomplete;
mod chain_incomplete;
mod exploitability_unfounded;
mod lowered_without_control;
mod none_unfounded;
mod off_scale;
mod residual_above_initial;
mod residual_not_acceptable;
mod residual_unfounded;
mod severity_lowered_without_design;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &chain_incomplete::RULE,
    &branch_absent::RULE,
    &branch_incomplete::RULE,
    &none_unfounded::RULE,
    &off_scale::RULE,
    &exploitability_unfounded::RULE,
    &residual_unfounded::RULE,
    &residual_not_acceptable::RULE,
    &acceptance_without_reason::RULE,
    &lowered_without_control::RULE,
    &severity_lowered_without_design::RULE,
    &residual_above_initial::RULE,
];
