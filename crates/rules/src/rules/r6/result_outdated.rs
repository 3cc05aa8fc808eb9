//! R6-010: a test result older than the release on the market.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::{ReleaseState, TestResult};

rule! {
    /// A passed test is older than the newest released version by more than the reassessment interval of the policy (365
    /// days where it says nothing), or has no date.
    ///
    /// Why: a result shows something of the version it was obtained on; the release has moved on since (IEC 62304 clause
    /// 5.8, IEC 81001-5-1 clause 5.7).
    ///
    /// Mend: run the test on the released version and write its `date`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [test.T-01]
    /// title = "Foreign certificate is refused"
    /// verifies = ["C-01"]
    /// result = "passed"
    /// date = 2023-02-01          # the release is of 2026
    /// ```
    "R6-010" "result-outdated" Warning
    clauses: ["IEC 62304 5.8.1", "IEC 81001-5-1:2021 5.7"],
    why: "a result shows something of the version it was obtained on",
    check: check,
}

/// Days a result may be older than the release where the policy says nothing.
const DAYS: i64 = 365;

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    let released = file
        .releases
        .iter()
        .filter(|release| release.state.as_ref().is_some_and(|state| state.value == ReleaseState::Released));
    let newest = released
        .filter_map(|release| Some((release.date.as_ref()?.value, release)))
        .max_by_key(|(date, _)| *date);
    let policy = file.policy.as_ref().and_then(|(_, policy)| policy.reassess_days.as_ref());
    let days = policy.map_or(DAYS, |days| days.value);
    for test in &file.tests {
        if test.result.as_ref().is_none_or(|result| result.value != TestResult::Passed) {
            continue;
        }
        let Some(date) = &test.date else {
            let message = format!("`test.{}` passed, nobody says when", test.id());
            report.find(test.span(), message, "add `date = ...`");
            continue;
        };
        if let Some((released, release)) = newest
            && released.since(date.value).is_ok_and(|span| i64::from(span.get_days()) > days)
        {
            let message = format!(
                "`test.{}` passed on {}, long before `release.{}`",
                test.id(),
                date.value,
                release.id()
            );
            report.find(date.span, message, "run it on the released version and write its date");
        }
    }
}
