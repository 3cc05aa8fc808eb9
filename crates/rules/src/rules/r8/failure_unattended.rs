//! R8-005: a control that has been failing for more than a week.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::Outcome;
use medward_file::kinds::Control;

rule! {
    /// A probe of a control has not passed for seven days, and every run since ended in failure.
    ///
    /// Why: a failure that stands is a decision not to act, and nobody has taken it on record (ISO 13485 clause 8.5.2,
    /// MDR Art. 10(9)).
    ///
    /// Mend: mend the control, or set it to planned so that its risks are judged without it, and treat them.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"        # failing since the first of the month
    /// ```
    "R8-005" "failure-unattended" Error
    clauses: ["ISO 13485:2016 8.5.2", "MDR Art. 10(9)"],
    why: "a failure that stands is a decision nobody has taken",
    check: check,
}

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for ((control, probe), runs) in super::runs(context) {
        let known = runs.iter().rev().filter(|one| one.outcome != Outcome::Error);
        let streak = known.take_while(|one| one.outcome == Outcome::Failed).last();
        let (Some(first), Some(control)) = (streak, context.file.by_id::<Control>(control)) else { continue };
        if live.at.duration_since(first.observed_until) > WEEK {
            let since = crate::rules::r7::day(first.observed_until);
            let message =
                format!("probe `{probe}` of `control.{}` has been failing since {since}", control.id());
            report.find(
                control.span(),
                message,
                "mend the control, or set it to planned and treat its risks",
            );
        }
    }
}
