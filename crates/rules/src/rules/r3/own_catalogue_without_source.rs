//! R3-008: a catalogue of the maker's own of unknown origin.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A catalogue of the maker's own does not say where it comes from, or when it was read.
    ///
    /// Why: guidelines and contracts change; what a claim was made against must be found again (ISO 13485 clause 4.2.4,
    /// documents of external origin).
    ///
    /// Mend: add `source` and `retrieved`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [catalog.hospital-contract]
    /// title = "Security annex of the hospital group"    # which version, read when?
    /// ```
    "R3-008" "own-catalogue-without-source" Warning
    clauses: ["ISO 13485:2016 4.2.4"],
    why: "what a claim was made against must be found again",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for catalog in &context.file.catalogs {
        let lacking: Vec<_> =
            [("source", catalog.source.is_none()), ("retrieved", catalog.retrieved.is_none())]
                .into_iter()
                .filter_map(|(key, lacking)| lacking.then_some(format!("`{key}`")))
                .collect();
        if !lacking.is_empty() {
            let message = format!("`catalog.{}` does not say {}", catalog.id(), lacking.join(" and "));
            report.find(catalog.span(), message, format!("add {}", lacking.join(" and ")));
        }
    }
}
