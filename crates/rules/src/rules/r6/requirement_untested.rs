//! R6-005: a requirement that no test verifies.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Kind, RecordRef};

rule! {
    /// No test, review or other verification names a requirement.
    ///
    /// Why: each software requirement is verified, and the trace shows by what (IEC 62304 clauses 5.1.1 and 5.7).
    ///
    /// Mend: name it in the `verifies` of a test.
    ///
    /// Example:
    ///
    /// ```toml
    /// [requirement.Q-01]
    /// title = "Refuse unsigned studies"     # in no test
    /// ```
    "R6-005" "requirement-untested" Error
    clauses: ["IEC 62304 5.7.1"],
    why: "each requirement is verified, and the trace shows by what",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, requirement) in (0u32..).zip(&context.file.requirements) {
        if !context.is_linked_from(RecordRef { kind: Kind::Requirement, index }, &[Kind::Test]) {
            let message = format!("no test verifies `requirement.{}`", requirement.id());
            report.find(requirement.span(), message, "add it to the `verifies` of a test");
        }
    }
}
