//! R8-001: a ledger in which nothing has been written for long.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::Schedule;

rule! {
    /// Probes are to run at intervals, and for three times the shortest of them, at least a day, the ledger has
    /// received nothing.
    ///
    /// Why: a watch that says nothing is not a good sign: whoever stops it stops all alarms (MDCG 2019-16 section 3.8,
    /// IEC 81001-5-1 clause 7.5).
    ///
    /// Mend: find out why the probes no longer run (`medward probe run`), and what happened in between.
    ///
    /// Example:
    ///
    /// ```toml
    /// [[control.C-01.probes]]
    /// kind = "tls"
    /// every = "1h"                # the newest entry of the ledger is a week old
    /// ```
    "R8-001" "ledger-silent" Error
    clauses: ["MDCG 2019-16 3.8", "IEC 81001-5-1:2021 7.5"],
    why: "a watch that has fallen silent guards nothing",
    check: check,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    let Some(newest) = live.history.newest.filter(|newest| *newest <= live.at) else { return };
    let implemented = context.file.controls.iter().filter(|control| medward_paths::is_implemented(control));
    let intervals = implemented.flat_map(|control| &control.probes).filter_map(|probe| {
        let every = probe.every.as_ref()?;
        Some((Schedule::parse(every).ok()?.interval(), every.span))
    });
    let Some((shortest, span)) = intervals.min() else { return };
    let allowed = shortest.saturating_mul(3).max(DAY);
    if live.at.duration_since(newest) > allowed {
        let message = format!("the ledger has received nothing since {}", crate::rules::r7::day(newest));
        let found = report.begin(message).at(span, "a probe should have reported since");
        report.push(found.mend("find out why the probes no longer run: medward probe run"));
    }
}
