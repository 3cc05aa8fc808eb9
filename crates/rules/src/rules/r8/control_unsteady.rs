//! R8-003: a control that fails and recovers again and again.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::Outcome;
use medward_file::kinds::Control;

rule! {
    /// Within seven days a probe changed between passing and failing at least four times.
    ///
    /// Why: a control that holds at times does not hold: an attacker waits for the other times (ISO 14971 clause 10.3).
    ///
    /// Mend: find the cause, such as two machines of which one is set up otherwise; then watch it for a week.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"        # passed and failed in turn since Monday
    /// ```
    "R8-003" "control-unsteady" Warning
    clauses: ["ISO 14971:2019 10.3"],
    why: "a control that holds at times does not hold",
    check: check,
}

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Changes that make it unsteady.
const CHANGES: usize = 4;

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for ((control, probe), runs) in super::runs(context) {
        let Some(control) = context.file.by_id::<Control>(control) else { continue };
        let is_recent =
            |one: &&&medward_evidence::Evidence| live.at.duration_since(one.observed_until) <= WEEK;
        let outcomes: Vec<Outcome> = runs
            .iter()
            .filter(is_recent)
            .map(|one| one.outcome)
            .filter(|outcome| *outcome != Outcome::Error)
            .collect();
        let changes = outcomes.iter().zip(outcomes.iter().skip(1)).filter(|(one, next)| one != next).count();
        if changes >= CHANGES {
            let message = format!(
                "probe `{probe}` of `control.{}` changed {changes} times between passing and failing within a week",
                control.id()
            );
            report.find(control.span(), message, "find what differs between the runs");
        }
    }
}
