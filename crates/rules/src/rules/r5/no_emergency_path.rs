//! R5-003: an essential function has no emergency path and no reason to do without one.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

rule! {
    /// An essential function has no emergency path and no reason to do without one.
    ///
    /// Why: in an emergency the right person may not be enrolled and the network may be down; security may not
    /// stand in the way of care.
    ///
    /// Mend: name in `emergency` the control that keeps a path open, or say in `no_emergency` why none is
    /// needed.
    ///
    /// Example:
    ///
    /// ```toml
    /// [function.F-01]
    /// title = "Show urgent findings"
    /// essential = true     # neither emergency nor no_emergency
    /// ```
    "R5-003" "no-emergency-path" Error
    clauses: ["MDCG 2019-16 2.2", "MDCG 2019-16 3.3"],
    why: "in an emergency care comes before access control",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for function in &context.file.functions {
        let essential = function.essential.as_ref().is_some_and(|essential| essential.value);
        if essential && function.emergency.is_none() && blank(function.no_emergency.as_ref()) {
            report.find(
                function.span(),
                format!("`function.{}` is essential but has no emergency path", function.id()),
                "name a control in `emergency`, or give the reason in `no_emergency`",
            );
        }
    }
}
