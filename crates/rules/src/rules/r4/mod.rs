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

/// Independent layers that the policy asks for before every critical asset; two where it says nothing.
pub(crate) fn layers_min(file: &medward_file::SecurityFile) -> u32 {
    let policy = file.policy.as_ref().and_then(|(_, policy)| policy.independent_layers_min.as_ref());
    policy.and_then(|number| u32::try_from(number.value).ok()).unwrap_or(2)
}
