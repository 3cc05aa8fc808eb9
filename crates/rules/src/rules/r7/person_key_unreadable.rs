//! R7-018: a person's key that cannot be read.

use crate::rule::rule;
use crate::{Context, Report};
use medward_ledger::VerifierKey;

rule! {
    /// A key of a person is none of the form `name+id+key`, or its id does not belong to it.
    ///
    /// Why: signatures are checked with it; a key that cannot be read lets nothing this person signed count (C2SP
    /// signed-note).
    ///
    /// Mend: copy the line that `medward key create` printed.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["quality"]
    /// keys = ["not a key"]
    /// ```
    "R7-018" "person-key-unreadable" Error
    clauses: ["C2SP signed-note"],
    why: "without its key nothing a person signed counts",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for person in &context.file.people {
        for key in &person.keys {
            if let Err(error) = VerifierKey::parse(key) {
                let message = format!("a key of `person.{}` cannot be read: {error}", person.id());
                report.find(key.span, message, "copy the line that `medward key create` printed");
            }
        }
    }
}
