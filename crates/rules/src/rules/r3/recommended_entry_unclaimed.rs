//! R3-002: an entry below shall that the file set out to claim and does not.

use crate::rule::rule;
use crate::{Context, Report};
use medward_catalog::Modality;
use medward_file::kinds::Obligation;

rule! {
    /// An applicable catalogue has a recommendation (or, where the file chose `claim = "all"`, any other entry) that
    /// addresses the maker, and no claim answers it.
    ///
    /// Why: guidance describes the state of the art; leaving a recommendation out is possible, but only with a reason
    /// (MDCG 2019-16 section 1.2).
    ///
    /// Mend: write `[claim."ID"]` with `satisfied_by`, with `deviation = "because ..."` or with `not_applicable`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [applicability.mdcg-2019-16]
    /// applies = true
    /// because = "guidance on the state of the art"
    /// claim = "should"                             # and no [claim."MDCG-1.4-1"]
    /// ```
    "R3-002" "recommended-entry-unclaimed" Warning
    clauses: ["MDCG 2019-16 1.2"],
    why: "a recommendation may be left out with a reason, not in silence",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_unclaimed(context, report, |entry, from| match from {
        Obligation::All => !entry.is_mandatory(),
        Obligation::Should => !entry.is_mandatory() && entry.modality == Modality::Should,
        Obligation::Shall => false,
    });
}
