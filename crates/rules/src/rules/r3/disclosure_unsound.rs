//! R3-010: an answer of the disclosure statement that says nothing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_catalog::{DisclosureSection, disclosure_form};
use medward_diagnostic::closest;
use medward_file::kinds::DisclosureAnswer;

rule! {
    /// A `[disclosure.*]` answers a question that the form MDS2 does not have, or refers to a note that it does not have.
    ///
    /// Why: hospitals buy and connect by this statement; an answer that nobody can read is missing in it (MDR Annex I 23.4(ab),
    /// ANSI/NEMA HN 1-2019).
    ///
    /// Mend: correct the id; write the `note`. `medward report mds2` shows all questions.
    ///
    /// Example:
    ///
    /// ```toml
    /// [disclosure.AUDT-5]
    /// answer = "see-note"    # and no note
    /// ```
    "R3-010" "disclosure-unsound" Error
    clauses: ["MDR Annex I 23.4(ab)", "ANSI/NEMA HN 1-2019"],
    why: "hospitals buy and connect by this statement, and an answer that nobody can read is missing in it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    if context.file.disclosures.is_empty() {
        return;
    }
    // Built-in data, held by a test of the catalogue crate.
    let Ok(form) = disclosure_form() else { return };
    let ids: Vec<String> =
        form.sections.iter().flat_map(DisclosureSection::with_ids).map(|(id, _)| id).collect();
    for disclosure in &context.file.disclosures {
        let id = disclosure.id();
        if !ids.iter().any(|known| known == id) {
            let mend = closest(id, ids.iter().map(String::as_str)).map_or_else(
                || "`medward report mds2` shows all questions".to_owned(),
                |id| format!("did you mean `{id}`?"),
            );
            report.find(
                disclosure.span(),
                format!("`disclosure.{id}` answers no question of the form"),
                mend,
            );
        } else if disclosure.answer.value == DisclosureAnswer::SeeNote && disclosure.note.is_none() {
            let message = format!("`disclosure.{id}` refers to a note that it does not have");
            report.find(disclosure.answer.span, message, "add `note = \"...\"`".to_owned());
        }
    }
}
