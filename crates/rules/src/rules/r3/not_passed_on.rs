//! R3-006: duties of others that nobody tells them of.

use crate::rule::rule;
use crate::{Context, Report};
use medward_coverage::Answer;

rule! {
    /// An applicable catalogue has entries for integrators, operators or users, and no document passes them on.
    ///
    /// Why: security depends on how the device is installed and run; the maker tells those who do so in the instructions
    /// for use (MDR Annex I 23.4(ab), MDCG 2019-16 sections 2.6 and 4.2).
    ///
    /// Mend: name the document in `pass_on` of the applicability, or of a claim for the single entry.
    ///
    /// Example:
    ///
    /// ```toml
    /// [applicability.mdcg-2019-16]
    /// applies = true
    /// because = "guidance on the state of the art"   # pass_on = ["DOC-IFU-SECURITY"] is missing
    /// ```
    "R3-006" "not-passed-on" Error
    clauses: ["MDR Annex I 23.4(ab)", "MDCG 2019-16 4.2"],
    why: "who installs and runs the device has to be told of their part in its security",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for statement in super::applicable(context) {
        let untold = statement.answers().filter(|(_, answer)| matches!(answer, Answer::NotPassedOn));
        let entries: Vec<_> = untold.map(|(entry, _)| entry).collect();
        if let (Some(first), Some(declared)) = (entries.first(), statement.applicability) {
            let (id, count) = (declared.id(), entries.len());
            let message = format!("`applicability.{id}`: {count} entries for others are passed on to nobody");
            let mend =
                format!("add `pass_on = [\"document\"]`; the first is `{}`: {}", first.id, first.title);
            report.find(declared.span(), message, mend);
        }
    }
}
