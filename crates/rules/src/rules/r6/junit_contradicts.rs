//! R6-013: a test result file that does not say what the record says.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;
use medward_file::kinds::TestResult;
use medward_import::junit::{BYTES_MAX, Results};
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

/// Result files already read, by path.
type Read = HashMap<String, Result<Results, String>>;

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
        let Some(seen) = results.of(case) else {
            let mend = match closest(case, results.names()) {
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
        if said.is_some_and(|said| said != seen) {
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

fn results(path: &Path) -> Result<Results, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Results::read(&text).map_err(|error| error.to_string())
}
