//! R7-017: a role that must approve and that nobody holds.

use crate::rule::rule;
use crate::{Context, Report};
use std::collections::HashSet;

rule! {
    /// The policy asks a role for approvals and, although the file names people, none of them holds the role.
    ///
    /// Why: a decision that nobody can take is never taken (ISO 14971 clause 4.3, ISO 13485 clause 5.5.1).
    ///
    /// Mend: enter the person who holds the role, or ask another role.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.approvals]
    /// risk = ["clinical-safety"]
    ///
    /// [person.P-1]
    /// roles = ["quality"]
    /// ```
    "R7-017" "role-unheld" Error
    clauses: ["ISO 14971:2019 4.3", "ISO 13485:2016 5.5.1"],
    why: "a decision that nobody can take is never taken",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    let Some((_, policy)) = file.policy.as_ref().filter(|_| !file.people.is_empty()) else { return };
    let holds = |person: &medward_file::kinds::Person| {
        person.until.as_ref().is_none_or(|until| until.value >= context.today)
    };
    let held: HashSet<&str> = file
        .people
        .iter()
        .filter(|person| holds(person))
        .flat_map(|person| person.roles.iter().map(medward_file::Link::id))
        .collect();
    let mut reported = HashSet::new();
    for (kind, roles) in policy.approvals.iter() {
        for role in roles.iter().filter(|role| !held.contains(&****role)) {
            if reported.insert(role.to_string()) {
                let message = format!(
                    "`role.{}` must approve records of kind `{}` and nobody holds it",
                    &**role, &**kind
                );
                report.find(role.span, message, "enter who holds it: `[person.ID]` with `roles`");
            }
        }
    }
}
