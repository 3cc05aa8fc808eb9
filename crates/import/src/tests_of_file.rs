//! What test results say of each control: the tests of the file that verify it, by the names of their cases.

use crate::junit::Results;
use medward_file::kinds::TestResult;
use medward_file::{Kind, SecurityFile};
use std::collections::BTreeMap;

/// What the tests of a control came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of its tests that have a case passed.
    Passed,
    /// Some failed: their ids.
    Failed(Vec<String>),
    /// None failed, and these are not in the results or were not run. That is no evidence.
    Incomplete(Vec<String>),
}

/// The verdict on each control that a test with a `case` verifies, by its id.
pub fn verdicts(file: &SecurityFile, results: &Results) -> BTreeMap<String, Verdict> {
    let mut by_control: BTreeMap<String, Vec<(&str, Option<TestResult>)>> = BTreeMap::new();
    for test in &file.tests {
        let Some(case) = &test.case else { continue };
        let controls =
            test.verifies.iter().filter(|link| link.target().is_some_and(|at| at.kind == Kind::Control));
        for control in controls {
            let seen = (test.id(), results.of(case));
            by_control.entry(control.id().to_owned()).or_default().push(seen);
        }
    }
    let ids = |tests: &[(&str, Option<TestResult>)], wanted: &dyn Fn(Option<TestResult>) -> bool| {
        let wanted = tests.iter().filter(|(_, result)| wanted(*result));
        wanted.map(|(id, _)| (*id).to_owned()).collect::<Vec<_>>()
    };
    let verdict = |tests: &[(&str, Option<TestResult>)]| {
        let failed = ids(tests, &|result| result == Some(TestResult::Failed));
        let open = ids(tests, &|result| !matches!(result, Some(TestResult::Failed | TestResult::Passed)));
        match (failed.is_empty(), open.is_empty()) {
            (false, _) => Verdict::Failed(failed),
            (true, false) => Verdict::Incomplete(open),
            (true, true) => Verdict::Passed,
        }
    };
    by_control.into_iter().map(|(control, tests)| (control, verdict(&tests))).collect()
}
