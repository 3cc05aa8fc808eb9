//! R7-020: one person in two roles that must both approve.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// The policy asks several roles to approve records of a kind, and one person holds two of them.
    ///
    /// Why: several roles are asked so that several people look; one person in two roles is one look (ISO/IEC 27001
    /// Annex A 5.3).
    ///
    /// Mend: give one of the roles to someone else.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.approvals]
    /// risk = ["clinical-safety", "security"]
    ///
    /// [person.P-1]
    /// roles = ["clinical-safety", "security"]
    /// ```
    "R7-020" "duties-not-separated" Warning
    clauses: ["ISO/IEC 27001:2022 A.5.3"],
    why: "two roles in one person are one pair of eyes",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((_, policy)) = &context.file.policy else { return };
    for person in &context.file.people {
        let both = policy.approvals.iter().find_map(|(kind, roles)| {
            let held: Vec<_> =
                person.roles.iter().filter(|link| roles.iter().any(|role| ***role == *link.id())).collect();
            match held[..] {
                [one, other, ..] => Some((kind, one.id(), other.id(), other.span())),
                _ => None,
            }
        });
        if let Some((kind, one, other, span)) = both {
            let message = format!(
                "`person.{}` holds `role.{one}` and `role.{other}`, which must both approve records of kind `{}`",
                person.id(),
                &**kind
            );
            report.find(span, message, "give one of the roles to someone else");
        }
    }
}
