//! R1-001: a link that leads nowhere.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;
use medward_file::Kind;

rule! {
    /// A link names a record that does not exist, or one of a kind that cannot stand at this place.
    ///
    /// Why: traceability from risk to control to proof is what the file is for; a link that leads nowhere is a hole in
    /// it that a table would hide (ISO 14971 clause 4.5, MDCG 2019-16 section 3.2).
    ///
    /// Mend: correct the id, or write the record it should lead to.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// controls = ["C-1"]     # the control is called C-01
    /// ```
    "R1-001" "dangling-link" Error
    clauses: ["ISO 14971:2019 4.5"],
    why: "a link that leads nowhere breaks the trace from risk to proof",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    context.file.each_link(|from, link, kinds| {
        if link.target.is_some() {
            return;
        }
        let owner = from.map_or_else(|| "device".to_owned(), Context::name);
        let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
        let elsewhere = Kind::ALL.iter().find(|kind| context.file.find(**kind, &link.id).is_some());
        let mend = if let Some(kind) = elsewhere {
            format!("`{}` is a {}; here only a {} can stand", link.id, kind.word(), words.join(" or "))
        } else {
            let ids = kinds.iter().flat_map(|kind| context.file.ids(*kind));
            match closest(&link.id, ids) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => format!("write `[{}.{}]`, or correct the id", words.join("|"), link.id),
            }
        };
        report.find(link.span, format!("`{owner}` links to `{}`, which does not exist", link.id), mend);
    });
}
