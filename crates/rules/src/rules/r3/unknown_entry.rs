//! R3-005: a claim on an entry that no catalogue has.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;
use medward_file::Kind;

rule! {
    /// A claim, or its `via`, names an entry that is in no built-in catalogue and no `[catalog_entry.*]` of the file.
    ///
    /// Why: such a claim answers nothing, and the entry that was meant stays open (ISO 14971 clause 4.5).
    ///
    /// Mend: correct the id; `medward catalog list` shows all.
    ///
    /// Example:
    ///
    /// ```toml
    /// [claim."MDR-AI-17.22"]
    /// satisfied_by = ["C-01"]
    /// ```
    "R3-005" "unknown-entry" Error
    clauses: ["ISO 14971:2019 4.5"],
    why: "a claim on nothing leaves the entry that was meant open",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    if context.file.claims.is_empty() {
        return;
    }
    // Embedded data are covered by tests of the catalogue crate; unreadable ones would make every claim unknown.
    let Ok(entries) = medward_catalog::entries() else { return };
    let is_known = |id: &str| entries.contains_key(id) || context.file.find(Kind::CatalogEntry, id).is_some();
    for claim in &context.file.claims {
        let via = claim.via.iter().map(|id| (&*id.value, id.span));
        for (id, span) in
            std::iter::once((claim.id(), claim.span())).chain(via).filter(|(id, _)| !is_known(id))
        {
            let candidates =
                context.file.ids(Kind::CatalogEntry).chain(entries.keys().map(|id| -> &str { id }));
            let mend = match closest(id, candidates) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => "`medward catalog list` shows the catalogues".to_owned(),
            };
            report.find(span, format!("`claim.{}` names `{id}`, which no catalogue has", claim.id()), mend);
        }
    }
}
