//! Rules on architecture: are crossings analysed, does any single layer stand alone.

mod asset_without_zone;
mod crossing_without_threat;
mod personal_data_unanalysed;
mod too_few_layers;
mod unknown_layer;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &asset_without_zone::RULE,
    &crossing_without_threat::RULE,
    &personal_data_unanalysed::RULE,
    &too_few_layers::RULE,
    &unknown_layer::RULE,
];
