//! R6-008: a record that the policy wants covered and is not.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;
use medward_file::{Kind, Text};

rule! {
    /// The policy says which kinds must cover a kind (`[policy.needs]`), and no record of those kinds links to a record; or
    /// the policy names a kind that does not exist.
    ///
    /// Why: the maker decided what each record needs; one without it is a hole that a table would only show as an empty
    /// cell (ISO 14971 clause 4.5).
    ///
    /// Mend: link it from a record of one of the kinds, or change the policy.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.needs]
    /// control = ["test", "document"]
    /// ```
    "R6-008" "needs-uncovered" Error
    clauses: ["ISO 14971:2019 4.5"],
    why: "what the maker decided that each record needs is missing here",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((_, policy)) = &context.file.policy else { return };
    for (kind, needed) in policy.needs.iter() {
        let mut kinds = Vec::new();
        for word in std::iter::once(kind).chain(needed) {
            match Kind::from_word(word) {
                Some(known) => kinds.push(known),
                None => unknown(word, report),
            }
        }
        let Some((covered, covering)) = kinds.split_first().filter(|_| Kind::from_word(kind).is_some())
        else {
            continue;
        };
        if covering.is_empty() {
            continue;
        }
        let words = covering.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ");
        context.file.each_record(|record| {
            if record.at.kind == *covered && !context.is_linked_from(record.at, covering) {
                let message = format!("`{}` is covered by no {words}", Context::name(record));
                report.find(record.id.span, message, format!("link it from a {words}, as the policy asks"));
            }
        });
    }
}

fn unknown(word: &Text, report: &mut Report) {
    let mend = match closest(word, Kind::ALL.iter().map(|kind| kind.word())) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => "use a kind of record".to_owned(),
    };
    report.find(
        word.span,
        format!("the `policy` names a kind that does not exist: `{}`", word.escape_debug()),
        mend,
    );
}
