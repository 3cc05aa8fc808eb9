//! Rules on method: is every chain complete, are both axes judged, is what remains justified.

mod acceptance_invalid;
mod acceptance_without_reason;
mod assessment_stale;
mod axes_merged_unwritten;
mod branch_absent;
mod branch_incomplete;
mod chain_incomplete;
mod cvss_contradiction;
mod environment_not_passed_on;
mod exploitability_unfounded;
mod exploited_but_not_highest;
mod information_only;
mod lowered_without_control;
mod matrix_unsound;
mod none_unfounded;
mod off_scale;
mod overall_statement_missing;
mod planned_controls_only;
mod residual_above_initial;
mod residual_not_acceptable;
mod residual_unfounded;
mod response_misplaced;
mod risk_without_owner;
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
    &information_only::RULE,
    &exploited_but_not_highest::RULE,
    &cvss_contradiction::RULE,
    &environment_not_passed_on::RULE,
    &assessment_stale::RULE,
    &acceptance_invalid::RULE,
    &response_misplaced::RULE,
    &matrix_unsound::RULE,
    &axes_merged_unwritten::RULE,
    &overall_statement_missing::RULE,
    &risk_without_owner::RULE,
    &planned_controls_only::RULE,
];
