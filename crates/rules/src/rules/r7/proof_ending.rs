//! R7-013: proof that runs out soon.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::{ATTESTATION, State, probe_names};

rule! {
    /// The proof of a control runs out within the days that the policy names (`proof_warning_days`, 14 where absent)
    /// and no probe renews it sooner.
    ///
    /// Why: a report or a review takes weeks to get; the day its proof ends is too late to begin (ISO 13485 clause
    /// 8.2.4).
    ///
    /// Mend: look again in time and attest it: `medward attest`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-36]
    /// title = "Penetration test each year"   # the last one counts for nine more days
    /// ```
    "R7-013" "proof-ending" Note
    clauses: ["ISO 13485:2016 8.2.4"],
    why: "the day proof ends is too late to begin renewing it",
    check: check,
}

const DAYS: i64 = 14;

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    let policy = context.file.policy.as_ref().and_then(|(_, policy)| policy.proof_warning_days.as_ref());
    let days = policy.map_or(DAYS, |days| days.value);
    let warning = SignedDuration::from_hours(days.clamp(0, 3_660).saturating_mul(24));
    super::report_state(context, report, |control, state| {
        let State::Proven { until } = state else { return None };
        // What a probe proves is renewed by the next run.
        let is_attested = probe_names(control).iter().any(|name| name == ATTESTATION);
        if !is_attested || until.duration_since(live.at) > warning {
            return None;
        }
        let message = format!("the proof of `control.{}` runs out on {}", control.id(), super::day(until));
        Some((message, format!("look again: medward attest {}", control.id())))
    });
}
