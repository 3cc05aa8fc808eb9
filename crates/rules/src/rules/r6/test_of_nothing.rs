//! R6-004: a test that verifies nothing.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A test names nothing that it verifies.
    ///
    /// Why: its result supports no control and no requirement, so the trace from need to proof breaks (IEC 62304 clause
    /// 5.7.4).
    ///
    /// Mend: name controls or requirements in `verifies`, or remove the test.
    ///
    /// Example:
    ///
    /// ```toml
    /// [test.T-01]
    /// title = "Foreign certificate is refused"     # verifies = [...] is missing
    /// ```
    "R6-004" "test-of-nothing" Warning
    clauses: ["IEC 62304 5.7.4"],
    why: "a result that supports nothing breaks the trace from need to proof",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for test in context.file.tests.iter().filter(|test| test.verifies.is_empty()) {
        let message = format!("`test.{}` verifies nothing", test.id());
        report.find(test.span(), message, "add `verifies = [...]` with controls or requirements");
    }
}
