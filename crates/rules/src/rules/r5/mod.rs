//! Rules on safe use: is the side-effect gate answered, is there an emergency path.

mod delays_add_up;
mod emergency_path_wide;
mod emergency_unwatched;
mod fails_closed_on_care;
mod gate_unanswered;
mod gate_without_evidence;
mod no_emergency_path;
mod trade_off_one_sided;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &gate_unanswered::RULE,
    &gate_without_evidence::RULE,
    &no_emergency_path::RULE,
    &emergency_path_wide::RULE,
    &emergency_unwatched::RULE,
    &trade_off_one_sided::RULE,
    &delays_add_up::RULE,
    &fails_closed_on_care::RULE,
];
