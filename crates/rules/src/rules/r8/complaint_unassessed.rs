//! R8-012: a complaint that nobody has assessed.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_ledger::Subject;
use medward_response::OWN;

rule! {
    /// A complaint has not been assessed for security and privacy within the days of the policy (`complaint_days`, 7 where absent).
    ///
    /// Why: a complaint may be the first news of an incident (ISO 13485 clause 8.2.2, MDR Art. 87(11)).
    ///
    /// Mend: `medward complaint assess ID`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy]
    /// complaint_days = 7          # a complaint of last month, not assessed
    /// ```
    "R8-012" "complaint-unassessed" Warning
    clauses: ["ISO 13485:2016 8.2.2"],
    why: "a complaint may be the first news of an incident",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    let policy = context.file.policy.as_ref().and_then(|(_, policy)| policy.complaint_days.as_ref());
    let days = policy.map_or(7, |days| days.value).clamp(1, 3_660);
    let patience = SignedDuration::from_hours(days.saturating_mul(24));
    for case in live.cases.of(Subject::Complaint).filter(|case| !case.exercise) {
        let is_new = case.last_step("complaint", OWN).is_none();
        if is_new && live.at.duration_since(case.known) > patience {
            let since = crate::rules::r7::day(case.known);
            let message = format!("`{}` is a complaint of {since} that nobody has assessed", case.id);
            super::at_policy(context, report, message, format!("medward complaint assess {}", case.id));
        }
    }
}
