//! R7-011: a record approved by who wrote it.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Standing;
use medward_file::kinds::Person;

rule! {
    /// The person who approved a record also wrote lines of it, by the addresses under which the person commits.
    ///
    /// Why: an approval is a second look; whoever wrote the text has looked at it already (ISO/IEC 27001 Annex A 5.3,
    /// IEC 81001-5-1 clause 4.1).
    ///
    /// Mend: let another person who holds the role approve it.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["clinical-safety"]
    /// commits_as = ["one@maker.example"]   # wrote risk R-01 and approved it
    /// ```
    "R7-011" "approval-by-author" Error
    clauses: ["ISO/IEC 27001:2022 A.5.3", "IEC 81001-5-1:2021 4.1"],
    why: "an approval is a second look, and it takes a second person",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for (asked, standing) in live.standings.iter() {
        let Standing::Given { person, .. } = standing else { continue };
        let (Some(authors), Some(approver), Some(record)) = (
            live.authors.get(&asked.record),
            context.file.by_id::<Person>(person),
            context.file.record(asked.record),
        ) else {
            continue;
        };
        if approver.commits_as.iter().any(|address| authors.contains(&address.to_lowercase())) {
            let message =
                format!("`{}` was approved by `person.{person}`, who wrote it", Context::name(record));
            let mend = format!("let another person approve it as `{}`", asked.role);
            report.push(
                report.begin(message).at(record.id.span, "").at(approver.span(), "wrote it").mend(mend),
            );
        }
    }
}
