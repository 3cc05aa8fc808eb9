//! R7-019: one key that two persons sign with.

use crate::rule::rule;
use crate::{Context, Report};
use std::collections::HashMap;

rule! {
    /// Two persons of the file have the same public key.
    ///
    /// Why: with a shared key nobody can tell who approved, and one person can be both pairs of eyes (ISO/IEC 27001
    /// Annex A 5.16).
    ///
    /// Mend: let each make a key of their own: `medward key create`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["quality"]
    /// keys = ["maker.example/quality+0a1b2c3d+..."]
    ///
    /// [person.P-2]
    /// roles = ["security"]
    /// keys = ["maker.example/quality+0a1b2c3d+..."]
    /// ```
    "R7-019" "person-key-shared" Error
    clauses: ["ISO/IEC 27001:2022 A.5.16"],
    why: "with a shared key nobody can tell who signed",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let mut owners = HashMap::new();
    for person in &context.file.people {
        for key in &person.keys {
            match owners.get(&***key) {
                None => {
                    owners.insert(&***key, person);
                }
                Some(other) if other.id() != person.id() => {
                    let message =
                        format!("`person.{}` and `person.{}` have the same key", other.id(), person.id());
                    let found = report.begin(message).at(key.span, "").at(other.span(), "has it too");
                    report.push(found.mend("let each make a key of their own: medward key create"));
                }
                Some(_) => {}
            }
        }
    }
}
