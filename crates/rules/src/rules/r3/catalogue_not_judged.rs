//! R3-007: a catalogue about which the file says nothing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;
use medward_file::Kind;

rule! {
    /// The file does not say whether a built-in catalogue applies, or says it of one that does not exist.
    ///
    /// Why: which laws and standards apply is the first decision of a technical file; one not taken leaves open what the
    /// rest is measured against (MDR Annex II 4).
    ///
    /// Mend: write `[applicability.ID]` with `applies` and `because`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [applicability.mdr-annex1]     # it is called mdr-annex-i
    /// applies = true
    /// because = "the device is a medical device"
    /// ```
    "R3-007" "catalogue-not-judged" Warning
    clauses: ["MDR Annex II 4"],
    why: "what applies decides what the rest is measured against",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    if let Some((span, _)) = &file.device {
        let open: Vec<_> =
            medward_catalog::ids().filter(|id| file.find(Kind::Applicability, id).is_none()).collect();
        if let Some(first) = open.first() {
            let message = format!("nothing is said of whether these catalogues apply: {}", open.join(", "));
            report.find(
                *span,
                message,
                format!("write `[applicability.{first}]` with `applies` and `because`"),
            );
        }
    }
    for declared in &file.applicabilities {
        let is_own = file.find(Kind::Catalog, declared.id()).is_some();
        if !is_own && !medward_catalog::ids().any(|id| id == declared.id()) {
            let message = format!("`applicability.{}` names no catalogue", declared.id());
            let candidates = file.ids(Kind::Catalog).chain(medward_catalog::ids().map(|id| -> &str { id }));
            let mend = match closest(declared.id(), candidates) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => format!("use one of {}", medward_catalog::ids().collect::<Vec<_>>().join(", ")),
            };
            report.find(declared.span(), message, mend);
        }
    }
}
