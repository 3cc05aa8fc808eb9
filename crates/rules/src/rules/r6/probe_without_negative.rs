//! R6-009: a probe that cannot fail.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A probe lacks its positive or its negative half.
    ///
    /// Why: a check that cannot fail proves nothing; the half that must be refused shows that it still can (IEC 81001-5-1
    /// clause 5.7.2).
    ///
    /// Mend: write both `positive` (what must work) and `negative` (what must be refused).
    ///
    /// Example:
    ///
    /// ```toml
    /// [[control.C-01.probes]]
    /// kind = "tls"
    /// positive = "the right certificate is accepted"      # and which one is refused?
    /// ```
    "R6-009" "probe-without-negative" Error
    clauses: ["IEC 81001-5-1:2021 5.7.2"],
    why: "a check that cannot fail proves nothing",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        for probe in &control.probes {
            for (half, name) in [(&probe.positive, "positive"), (&probe.negative, "negative")] {
                if half.as_ref().is_none_or(|text| text.trim().is_empty()) {
                    let message = format!("a probe of `control.{}` has no {name} half", control.id());
                    report.find(probe.kind.span, message, format!("add `{name} = \"...\"`"));
                }
            }
        }
    }
}
