//! R8-002: a probe that keeps ending in error.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Outcome;
use medward_file::kinds::Control;

rule! {
    /// The last three runs of a probe could not find out whether the control holds.
    ///
    /// Why: an error is no proof, and until the proof of before runs out nothing else says so (IEC 81001-5-1 clause
    /// 7.5).
    ///
    /// Mend: run it by hand and mend the cause: `medward probe run --control ID --dry-run`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [[control.C-01.probes]]
    /// kind = "tls"
    /// target = "gateway:11112"    # no answer, three times in a row
    /// ```
    "R8-002" "probe-in-error" Warning
    clauses: ["IEC 81001-5-1:2021 7.5"],
    why: "an error proves nothing, and it stays silent until the old proof has run out",
    check: check,
}

/// Runs in a row that make it more than a bad moment.
const RUNS: usize = 3;

fn check(context: &Context<'_>, report: &mut Report) {
    for ((control, probe), runs) in super::runs(context) {
        let Some(control) = context.file.by_id::<Control>(control) else { continue };
        let last: Vec<_> = runs.iter().rev().take(RUNS).collect();
        if last.len() == RUNS && last.iter().all(|one| one.outcome == Outcome::Error) {
            let message = format!(
                "the last {RUNS} runs of probe `{probe}` of `control.{}` ended in error",
                control.id()
            );
            let mend = format!("see why: medward probe run --control {} --dry-run", control.id());
            report.find(control.span(), message, mend);
        }
    }
}
