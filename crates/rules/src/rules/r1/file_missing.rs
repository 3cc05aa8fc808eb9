//! R1-009: a path that leads to no file of the directory.

use crate::rule::rule;
use crate::{Context, Report};
use std::path::{Component, Path};

rule! {
    /// A document, bill of materials or test result names a path that does not exist in the directory, or that leads out of
    /// it.
    ///
    /// Why: what a reader cannot open proves nothing, and what lies outside is not part of what was reviewed (MDR Annex
    /// II).
    ///
    /// Mend: put the file there, correct the path, or write `location` for a document kept elsewhere.
    ///
    /// Example:
    ///
    /// ```toml
    /// [document.plan]
    /// title = "Security plan"
    /// path = "documents/security-plan.md"     # not in the directory
    /// ```
    "R1-009" "file-missing" Error
    clauses: ["MDR Annex II"],
    why: "what a reader cannot open proves nothing",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    // Texts in memory have no directory to look in.
    if file.directory.as_os_str().is_empty() {
        return;
    }
    let documents =
        file.documents.iter().filter_map(|it| Some((format!("document.{}", it.id()), it.path.as_ref()?)));
    let releases =
        file.releases.iter().filter_map(|it| Some((format!("release.{}", it.id()), it.sbom.as_ref()?)));
    let tests = file.tests.iter().filter_map(|it| Some((format!("test.{}", it.id()), it.junit.as_ref()?)));
    for (name, path) in documents.chain(releases).chain(tests) {
        let inside = Path::new(&*path.value)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            let message =
                format!("`{name}` names `{}`, which leads out of the directory", path.escape_debug());
            report.find(path.span, message, "put the file into the directory and name it from there");
        } else if !std::fs::symlink_metadata(file.directory.join(&*path.value))
            .is_ok_and(|found| found.is_file())
        {
            let message =
                format!("`{name}` names `{}`, which is no file of the directory", path.escape_debug());
            report.find(path.span, message, "put the file there, or correct the path");
        }
    }
}
