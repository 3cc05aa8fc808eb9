//! R8-008: an event that nobody has triaged in time.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_ledger::Subject;

rule! {
    /// An event has not been triaged within the hours of the policy (`triage_hours`, 24 where absent). A probe that failed and passes
    /// again needs none.
    ///
    /// Why: whoever does not look does not know, and the limits run from when the news arrived (MDR Art. 87, MDCG 2023-3).
    ///
    /// Mend: `medward incident triage ID`; join what is the same with `medward event join`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy]
    /// triage_hours = 24           # an alarm of three days ago, not looked at
    /// ```
    "R8-008" "event-untriaged" Error
    clauses: ["MDR Art. 83", "IEC 81001-5-1:2021 9.2"],
    why: "limits run from when the news arrived, looked at or not",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(response) = super::response(context) else { return };
    let policy = context.file.policy.as_ref().and_then(|(_, policy)| policy.triage_hours.as_ref());
    let hours = SignedDuration::from_hours(policy.map_or(24, |hours| hours.value).clamp(1, 8_760));
    for case in response.live.cases.of(Subject::Event).filter(|case| !case.exercise) {
        let is_over = case.is_untouched && case.until.is_some();
        let waited = response.live.at.duration_since(case.known);
        if !case.answers.is_empty() || is_over || !case.steps.is_empty() || waited <= hours {
            continue;
        }
        let since = medward_clocks::distance(case.known, response.live.at);
        let message = format!("`{}` ({}) has waited {since} for triage", case.id, case.source.word());
        super::at_policy(
            context,
            report,
            message,
            format!("look at it: medward incident triage {}", case.id),
        );
    }
}
