//! R8-011: a closed corrective action whose effect did not last.

use crate::rule::rule;
use crate::{Context, Report};
use medward_ledger::Subject;
use medward_response::{CapaStanding, capa};

rule! {
    /// A corrective or preventive action was closed, and evidence of a control that showed its effect has failed since.
    ///
    /// Why: an action is closed because it works; when what showed that fails, it does not (ISO 13485 clause 8.5.2 e, f).
    ///
    /// Mend: begin it again: `medward capa act ID`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Backups are restored each month"   # failed a week after CAPA-2026-01 was closed
    /// ```
    "R8-011" "capa-ineffective" Error
    clauses: ["ISO 13485:2016 8.5.2"],
    why: "what showed the effect of a closed action has failed",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for case in live.cases.of(Subject::Capa) {
        if let Ok(CapaStanding::Reopened { control, at }) = capa(case, &live.history.evidence, live.at) {
            let day = crate::rules::r7::day(at);
            let message = format!("`{}` was closed, and `control.{control}` failed on {day}", case.id);
            let mend = format!("begin it again: medward capa act {} --root-cause ...", case.id);
            super::at_links(context, report, case, message, &mend);
        }
    }
}
