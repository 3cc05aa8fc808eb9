//! Rules on coverage: is every applicable catalogue entry claimed.

mod catalogue_not_judged;
mod disclosure_unsound;
mod exclusion_without_reason;
mod mandatory_entry_unclaimed;
mod not_passed_on;
mod own_catalogue_without_source;
mod recommended_entry_unclaimed;
mod satisfied_by_nothing;
mod unknown_entry;
mod via_unjoined;

use crate::{Context, Report};
use medward_catalog::Entry;
use medward_coverage::{Answer, Statement};
use medward_file::kinds::Obligation;

/// The rules of this family, by code.
pub(crate) const RULES: &[&crate::Rule] = &[
    &mandatory_entry_unclaimed::RULE,
    &recommended_entry_unclaimed::RULE,
    &exclusion_without_reason::RULE,
    &satisfied_by_nothing::RULE,
    &unknown_entry::RULE,
    &not_passed_on::RULE,
    &catalogue_not_judged::RULE,
    &own_catalogue_without_source::RULE,
    &via_unjoined::RULE,
    &disclosure_unsound::RULE,
];

/// Shortest reason that can say anything, in characters.
pub(crate) const REASON_CHARACTERS_MIN: usize = 15;

/// Statements over the catalogues that the file declares applicable.
fn applicable<'f>(context: &Context<'f>) -> Vec<Statement<'f>> {
    let declared = context.file.applicabilities.iter().filter(|declared| declared.applies.value);
    declared.filter_map(|declared| medward_coverage::statement(context.file, declared)).collect()
}

/// Reports the entries of applicable catalogues that the maker has to claim, by the obligation chosen, and has not.
fn report_unclaimed(context: &Context<'_>, report: &mut Report, chosen: impl Fn(&Entry, Obligation) -> bool) {
    for statement in applicable(context) {
        let (from, Some(declared)) = (statement.claims_from(), statement.applicability) else { continue };
        let open = statement.answers().filter(|(_, answer)| matches!(answer, Answer::Open));
        for (entry, _) in open.filter(|(entry, _)| chosen(entry, from)) {
            let message =
                format!("`{}` ({}, {}) is not claimed", entry.id, entry.modality.word(), entry.title);
            let asks = if entry.text.is_empty() { &entry.title } else { &entry.text };
            report.find(declared.span(), message, format!("write `[claim.\"{}\"]`: {asks}", entry.id));
        }
    }
}
