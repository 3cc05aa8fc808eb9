//! R7-007: a probe whose interval cannot be read.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Schedule;

rule! {
    /// The `every` of a probe is no interval, or absent.
    ///
    /// Why: how long proof counts follows from how often it is renewed; without an interval nobody knows when it is stale
    /// (IEC 81001-5-1 clause 7.5).
    ///
    /// Mend: write a number and a unit: `15min`, `1h`, `24h`, `30d`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [[control.C-01.probes]]
    /// kind = "tls"
    /// every = "often"
    /// ```
    "R7-007" "interval-unreadable" Error
    clauses: ["IEC 81001-5-1:2021 7.5"],
    why: "without an interval nobody knows when proof is stale",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        for probe in &control.probes {
            let (span, fault) = match &probe.every {
                None => (probe.kind.span, "it is absent".to_owned()),
                Some(every) => match Schedule::parse(every) {
                    Ok(_) => continue,
                    Err(error) => (every.span, error.to_string()),
                },
            };
            let message =
                format!("the interval of a probe of `control.{}` cannot be read: {fault}", control.id());
            report.find(span, message, "write `every` as a number and a unit, such as `1h`");
        }
    }
}
