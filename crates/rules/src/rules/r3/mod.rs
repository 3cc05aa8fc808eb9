//! Rules on coverage: is every applicable catalogue entry claimed.

mod catalogue_not_judged;
mod exclusion_without_reason;
mod mandatory_entry_unclaimed;
mod not_passed_on;
mod recommended_entry_unclaimed;
mod satisfied_by_nothing;
mod unknown_entry;

use crate::Context;
use medward_catalog::{Catalog, Entry};
use medward_diagnostic::Span;
use medward_file::Record;
use medward_file::kinds::{Applicability, Obligation};

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &mandatory_entry_unclaimed::RULE,
    &recommended_entry_unclaimed::RULE,
    &exclusion_without_reason::RULE,
    &satisfied_by_nothing::RULE,
    &unknown_entry::RULE,
    &not_passed_on::RULE,
    &catalogue_not_judged::RULE,
];

/// Shortest reason that can say anything, in characters.
pub(crate) const REASON_CHARACTERS_MIN: usize = 15;

/// Built-in catalogues that the file declares applicable, with the declaration.
fn applicable<'f>(context: &Context<'f>) -> Vec<(&'static Catalog, &'f Record<Applicability>)> {
    let declared = context.file.applicabilities.iter().filter(|declared| declared.applies.value);
    declared.filter_map(|declared| Some((medward_catalog::catalog(declared.id())?.ok()?, declared))).collect()
}

/// Entries of a catalogue that the maker has to claim, by the obligation chosen, and has not.
fn unclaimed(
    context: &Context<'_>,
    chosen: impl Fn(&Entry, Obligation) -> bool,
) -> Vec<(&'static Entry, Span)> {
    let mut found = Vec::new();
    for (catalog, declared) in applicable(context) {
        let from = declared.claim.as_ref().map_or(Obligation::Should, |claim| claim.value);
        for entry in catalog.entries.iter().filter(|entry| entry.is_makers_duty() && chosen(entry, from)) {
            if context.file.find(medward_file::Kind::Claim, &entry.id).is_none() {
                found.push((entry, declared.span()));
            }
        }
    }
    found
}
