//! R6-007: a requirement from nowhere, or in no release.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A requirement derives from no control, risk or other requirement, or no release brings it.
    ///
    /// Why: a requirement nobody can give a reason for cannot be weighed in a change, and one in no release is not in the
    /// field (IEC 62304 clauses 5.2.6 and 5.8).
    ///
    /// Mend: write `derives_from` and `release`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [requirement.Q-01]
    /// title = "Refuse unsigned studies"     # from which control, in which release?
    /// ```
    "R6-007" "requirement-unfounded" Warning
    clauses: ["IEC 62304 5.2.6"],
    why: "a requirement without a reason cannot be weighed in a change",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for requirement in &context.file.requirements {
        let lacking: Vec<_> = [
            ("`derives_from`", requirement.derives_from.is_empty()),
            ("`release`", requirement.release.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, lacking)| lacking.then_some(key))
        .collect();
        if !lacking.is_empty() {
            let message = format!("`requirement.{}` lacks {}", requirement.id(), lacking.join(" and "));
            report.find(requirement.span(), message, format!("add {}", lacking.join(" and ")));
        }
    }
}
