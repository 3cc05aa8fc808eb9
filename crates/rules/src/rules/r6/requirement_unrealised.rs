//! R6-006: a requirement without design and code.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A requirement names no design document and no source file that realises it.
    ///
    /// Why: the trace runs from requirement to design to code (IEC 62304 clauses 5.3 and 5.5); without it a change cannot
    /// be judged.
    ///
    /// Mend: name design documents in `design` and source files in `code`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [requirement.Q-01]
    /// title = "Refuse unsigned studies"     # design = [...] and code = [...] are missing
    /// ```
    "R6-006" "requirement-unrealised" Error
    clauses: ["IEC 62304 5.3.1", "IEC 62304 5.5"],
    why: "without the trace to design and code a change cannot be judged",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for requirement in &context.file.requirements {
        if requirement.design.is_empty() && requirement.code.is_empty() {
            let message = format!("`requirement.{}` names neither design nor code", requirement.id());
            report.find(requirement.span(), message, "add `design = [...]` or `code = [...]`");
        }
    }
}
