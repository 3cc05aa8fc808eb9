//! R6-013: a test result file that does not say what the record says.

use crate::rule::rule;
use crate::{Context, Report};
use junit_parser::TestStatus;
use medward_diagnostic::closest;
use medward_file::kinds::TestResult;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Component, Path};

rule! {
    /// A test names a JUnit file, and the file cannot be read, lacks the test case, or gives it another result than the
    /// record.
    ///
    /// Why: the record is what people say, the file is what the machine saw; where they differ the file is right (IEC 62304
    /// clause 5.7.5).
    ///
    /// Mend: correct `result` or `case`, or put the file of the newest run in place.
    ///
    /// Example:
    ///
    /// ```toml
    /// [test.T-01]
    /// title = "Foreign certificate is refused"
    /// result = "passed"
    /// junit = "results/gateway.xml"
    /// case = "tls::foreign_certificate_is_refused"    # failed in that file
    /// ```
    "R6-013" "junit-contradicts" Error
    clauses: ["IEC 62304 5.7.5"],
    why: "where the record and what the machine saw differ, the machine is right",
    check: check,
}

/// Largest result file read, in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// Deepest nesting of suites read: the parser calls itself for each, and the file may be a stranger's.
const DEPTH_MAX: usize = 32;

/// Result files already read, by path.
type Read = HashMap<String, Result<HashMap<String, TestResult>, String>>;

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    if file.directory.as_os_str().is_empty() {
        return;
    }
    let mut read = Read::new();
    for test in &file.tests {
        let (Some(path), name) = (&test.junit, format!("test.{}", test.id())) else { continue };
        // Paths out of the directory and absent files are reported by R1-009.
        if !Path::new(&*path.value)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
            || !std::fs::symlink_metadata(file.directory.join(&*path.value))
                .is_ok_and(|found| found.is_file())
        {
            continue;
        }
        let results =
            read.entry(path.to_string()).or_insert_with(|| results(&file.directory.join(&*path.value)));
        let results = match results {
            Ok(results) => results,
            Err(reason) => {
                let message = format!("the results of `{name}` cannot be read: {reason}");
                report.find(path.span, message, "put a JUnit XML file in place");
                continue;
            }
        };
        let Some(case) = &test.case else {
            let message = format!("`{name}` names a result file but no `case` in it");
            report.find(path.span, message, "add `case` with the name the file gives it");
            continue;
        };
        let Some(seen) = results.get(&*case.value) else {
            let mend = match closest(case, results.keys().map(String::as_str)) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => "name the test case as the file calls it".to_owned(),
            };
            let message = format!(
                "`{name}` names a case that its result file does not have: `{}`",
                case.escape_debug()
            );
            report.find(case.span, message, mend);
            continue;
        };
        let said = test.result.as_ref().map(|result| result.value);
        if said.is_some_and(|said| said != *seen) {
            let message = format!(
                "`{name}` says {}, its result file says {}",
                said.map_or("nothing", TestResult::word),
                seen.word()
            );
            report.find(
                test.result.as_ref().map_or(path.span, |result| result.span),
                message,
                "correct the record, or run the test again",
            );
        }
    }
}

/// The result of every case of a file, by name and by `class.name`; of a repeated name the worst counts.
fn results(path: &Path) -> Result<HashMap<String, TestResult>, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if depth(&text) > DEPTH_MAX {
        return Err(format!("suites lie more than {DEPTH_MAX} deep in each other"));
    }
    let suites = junit_parser::from_reader(text.as_bytes()).map_err(|error| error.to_string())?;
    let mut results = HashMap::new();
    let mut open: Vec<_> = suites.suites.iter().collect();
    while let Some(suite) = open.pop() {
        open.extend(&suite.suites);
        for case in &suite.cases {
            let result = match case.status {
                TestStatus::Success => TestResult::Passed,
                TestStatus::Skipped(_) => TestResult::NotRun,
                TestStatus::Error(_) | TestStatus::Failure(_) => TestResult::Failed,
            };
            let qualified = case.classname.as_ref().map(|class| format!("{class}.{}", case.original_name));
            for name in
                [Some(case.name.clone()), Some(case.original_name.clone()), qualified].into_iter().flatten()
            {
                let known = results.entry(name).or_insert(result);
                *known = worse(*known, result);
            }
        }
    }
    Ok(results)
}

/// How deep suites lie in each other at most; text that only looks like a suite can overstate it.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for tag in text.split('<').skip(1) {
        if tag.starts_with("/testsuite") {
            depth = depth.saturating_sub(1);
        } else if tag.starts_with("testsuite")
            && !tag.split('>').next().is_some_and(|inside| inside.ends_with('/'))
        {
            depth = depth.saturating_add(1);
            deepest = deepest.max(depth);
        }
    }
    deepest
}

fn worse(one: TestResult, other: TestResult) -> TestResult {
    match (one, other) {
        (TestResult::Failed, _) | (_, TestResult::Failed) => TestResult::Failed,
        (TestResult::NotRun, _) | (_, TestResult::NotRun) => TestResult::NotRun,
        _ => TestResult::Passed,
    }
}
