//! R6-003: a test that failed or was not run.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::TestResult;

rule! {
    /// A test failed, was not run, or has no result.
    ///
    /// Why: what it was to verify is not verified (IEC 62304 clause 5.7, IEC 81001-5-1 clause 5.7).
    ///
    /// Mend: mend what it found and run it again; write `result` and `date`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [test.T-01]
    /// title = "Foreign certificate is refused"
    /// verifies = ["C-01"]
    /// result = "failed"
    /// ```
    "R6-003" "test-not-passed" Error
    clauses: ["IEC 62304 5.7", "IEC 81001-5-1:2021 5.7"],
    why: "what the test was to verify is not verified",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for test in &context.file.tests {
        let (span, state) = match &test.result {
            Some(result) if result.value == TestResult::Passed => continue,
            Some(result) if result.value == TestResult::Failed => (result.span, "failed"),
            Some(result) => (result.span, "was not run"),
            None => (test.span(), "has no result"),
        };
        let message = format!("`test.{}` {state}", test.id());
        report.find(
            span,
            message,
            "mend what it found and run it, then write `result = \"passed\"` with its `date`",
        );
    }
}
