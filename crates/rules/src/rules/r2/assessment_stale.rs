//! R2-017: an assessment has no date, is older than the policy allows, or lies in the future.

use crate::rule::rule;
use crate::{Context, Report};
/// Days an assessment holds when the policy does not say.
const HOLDS: i64 = 365;

rule! {
    /// An assessment has no date, is older than the policy allows, or lies in the future.
    ///
    /// Why: new attacks change a risk without any change of the device, so an assessment holds for a time only;
    /// 365 days unless the policy says otherwise in `reassess_days`.
    ///
    /// Mend: look at the risk again and write the day in `assessed`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// assessed = 2023-01-31     # too long ago
    /// ```
    "R2-017" "assessment-stale" Error
    clauses: ["MDCG 2019-16 5.1", "ISO 14971:2019 10.4"],
    why: "exploitability changes while the device stays the same",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let policy = context.file.policy.as_ref().map(|(_, policy)| policy);
    let holds = policy.and_then(|policy| policy.reassess_days.as_ref()).map_or(HOLDS, |days| days.value);
    for risk in &context.file.risks {
        let (id, today) = (risk.id(), context.today);
        let Some(assessed) = &risk.assessed else {
            report.find(
                risk.span(),
                format!("`risk.{id}` does not say when it was assessed"),
                format!("write the day, as in `assessed = {today}`"),
            );
            continue;
        };
        let age = today.duration_since(assessed.value).as_hours() / 24;
        if age > holds {
            report.find(
                assessed.span,
                format!("`risk.{id}` was assessed {age} days ago; an assessment holds for {holds}"),
                format!("look at the risk again, then write `assessed = {today}`"),
            );
        } else if age < 0 {
            report.find(
                assessed.span,
                format!("`risk.{id}` is said to be assessed on a day that is still to come"),
                "write the day on which it was assessed",
            );
        }
    }
}
