//! R8-013: something happens more often than the plan allows, or than before.

use crate::rule::rule;
use crate::{Context, Report};
use medward_response::{Plan, trends};

rule! {
    /// A group of events crossed its threshold of the plan, or rose significantly against the time before: by an exact comparison of
    /// two rates, or by a cumulative sum.
    ///
    /// Why: a statistically significant increase is reported, and its risks are looked at again (MDR Art. 88, ISO 14971 clause
    /// 10).
    ///
    /// Mend: find the cause, decide whether it is reported under Art. 88, assess the risks named anew: `medward pms trend`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.surveillance.thresholds]
    /// security = 20               # 25 alarms and failed probes within the observation
    /// ```
    "R8-013" "trend-crossed" Error
    clauses: ["MDR Art. 88", "ISO 14971:2019 10.3"],
    why: "a rise in what goes wrong reopens the risks behind it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(response) = super::response(context) else { return };
    let policy = context.file.policy.as_ref().and_then(|(_, policy)| policy.surveillance.as_ref());
    let Some(plan) = policy.map(Plan::of) else { return };
    for trend in trends(&response.live.cases, &response.scope, &plan, response.live.at) {
        if trend.signals.is_empty() {
            continue;
        }
        let signals: Vec<_> = trend.signals.iter().map(|signal| signal.words()).collect();
        let (now, before) = (trend.now.events, trend.before.events);
        let message = format!(
            "`{}`: {} ({now} events in {} days, {before} in the {} before)",
            trend.group,
            signals.join("; "),
            plan.observation_days,
            plan.baseline_days
        );
        let mend = if trend.risks.is_empty() {
            "find the cause: medward pms trend".to_owned()
        } else {
            format!("find the cause, and assess anew: {}", trend.risks.join(", "))
        };
        super::at_policy(context, report, message, mend);
    }
}
