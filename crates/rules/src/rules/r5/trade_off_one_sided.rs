//! R5-006: the trade-off of a control is not accepted by a safety role and a security role.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// The trade-off of a control is not accepted by a safety role and a security role.
    ///
    /// Why: security alone overrates protection and safety alone overrates ease; question OBS-9 asks for both
    /// to accept.
    ///
    /// Mend: name in `accepted_by` roles that together have `safety = true` and `security = true`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [role.ciso]
    /// title = "Security officer"
    /// security = true
    ///
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// accepted_by = ["ciso"]     # nobody for safety
    /// ```
    "R5-006" "trade-off-one-sided" Error
    clauses: ["MDCG 2019-16 3.2", "MDCG 2019-16 3.3"],
    why: "a trade between security and safety needs both sides",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        let roles: Vec<_> = control.accepted_by.iter().filter_map(|link| context.file.follow(link)).collect();
        let safety = roles.iter().any(|role| role.safety.as_ref().is_some_and(|flag| flag.value));
        let security = roles.iter().any(|role| role.security.as_ref().is_some_and(|flag| flag.value));
        let missing = match (safety, security) {
            (true, true) => continue,
            (true, false) => "a security role",
            (false, true) => "a safety role",
            (false, false) => "a safety role and a security role",
        };
        report.find(
            control.accepted_by.first().map_or(control.span(), medward_file::Link::span),
            format!("the trade-off of `control.{}` is not accepted by {missing}", control.id()),
            format!("have {missing} accept it, then add to `accepted_by`"),
        );
    }
}
