//! R3-001: a shall or must of an applicable catalogue that nobody claims.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// An applicable catalogue has an entry with shall or must that addresses the maker, and no claim answers it.
    ///
    /// Why: what binds has to be met or shown not to apply; silence is a gap that an assessor finds first (MDR Annex I,
    /// MDCG 2019-16 section 1.3).
    ///
    /// Mend: write `[claim."ID"]` with `satisfied_by`, or with `not_applicable = "because ..."`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [applicability.mdr-annex-i]
    /// applies = true
    /// because = "the device is a medical device"   # and no [claim."MDR-AI-17.2"]
    /// ```
    "R3-001" "mandatory-entry-unclaimed" Error
    clauses: ["MDR Annex I", "MDCG 2019-16 1.3"],
    why: "what binds has to be met or shown not to apply",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_unclaimed(context, report, |entry, _| entry.is_mandatory());
}
