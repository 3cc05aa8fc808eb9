//! Rules on reference: does every id resolve, is anything orphaned.

mod ambiguous_id;
mod cycle;
mod dangling_link;
mod file_missing;
mod orphan_asset;
mod orphan_control;
mod orphan_document;
mod orphan_threat;
mod orphan_vulnerability;
mod severity_unsound;
mod suspect_link;
mod waiver_unsound;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &dangling_link::RULE,
    &orphan_control::RULE,
    &orphan_threat::RULE,
    &orphan_asset::RULE,
    &cycle::RULE,
    &suspect_link::RULE,
    &ambiguous_id::RULE,
    &file_missing::RULE,
    &severity_unsound::RULE,
    &orphan_document::RULE,
    &orphan_vulnerability::RULE,
    &waiver_unsound::RULE,
];
