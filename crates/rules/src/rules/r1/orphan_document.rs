//! R1-012: a document nothing refers to.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Kind, RecordRef};

rule! {
    /// No claim, control, requirement, test, party or applicability refers to a document.
    ///
    /// Why: a document that proves nothing is either superfluous or the link to it was forgotten (ISO 13485 clause 4.2).
    ///
    /// Mend: name it where it is the proof, or remove the record.
    ///
    /// Example:
    ///
    /// ```toml
    /// [document.plan]
    /// title = "Old security plan"    # nothing refers to it
    /// ```
    "R1-012" "orphan-document" Note
    clauses: ["ISO 13485:2016 4.2.4"],
    why: "a document that proves nothing is superfluous, or its link was forgotten",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, document) in (0u32..).zip(&context.file.documents) {
        if context.incoming(RecordRef { kind: Kind::Document, index }).is_empty() {
            let message = format!("nothing refers to `document.{}`", document.id());
            report.find(document.span(), message, "name it where it is the proof, or remove it");
        }
    }
}
