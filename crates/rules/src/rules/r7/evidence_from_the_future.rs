//! R7-014: evidence dated later than it was received, or than now.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Control;

rule! {
    /// An entry says that something was observed after the entry was received, or was received after the moment of the
    /// check.
    ///
    /// Why: dates decide what counts; an entry whose dates cannot be true was made by a wrong clock or by a wrong hand
    /// (ISO/IEC 27001 Annex A 8.17).
    ///
    /// Mend: find out which clock was wrong; attest anew with true dates. The entry stays and counts from its date on.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"        # seen tomorrow, says the ledger
    /// ```
    "R7-014" "evidence-from-the-future" Error
    clauses: ["ISO/IEC 27001:2022 A.8.17"],
    why: "dates that cannot be true prove nothing",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    // The past may be asked for: what came later is then no fault.
    let newest = live.history.newest.unwrap_or(live.at);
    let is_now = context.is_now();
    for one in &live.history.evidence {
        let fault = if one.observed_until > one.received {
            "was received before what it saw"
        } else if is_now && one.received > live.at {
            "is dated later than now"
        } else {
            continue;
        };
        let Some(control) = context.file.by_id::<Control>(&one.control) else { continue };
        let message = format!("entry {} on `control.{}` {fault}", one.index, control.id());
        let mend = format!("find the wrong clock (the newest entry is of {})", super::day(newest));
        report.find(control.span(), message, mend);
    }
}
