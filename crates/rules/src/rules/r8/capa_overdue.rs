//! R8-010: a corrective or preventive action past its day.

use crate::rule::rule;
use crate::{Context, Report};
use medward_ledger::Subject;
use medward_response::{CapaStanding, capa};

rule! {
    /// A corrective or preventive action, or the check of its effect, has passed its day.
    ///
    /// Why: action is to be taken without undue delay, and its effect verified (ISO 13485 clauses 8.5.2 and 8.5.3, MDR Art.
    /// 10(9)).
    ///
    /// Mend: take it further (`medward capa act|verify|close`), or set another day with a reason.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Backups are restored each month"   # CAPA-2026-01 was due last week
    /// ```
    "R8-010" "capa-overdue" Error
    clauses: ["ISO 13485:2016 8.5.2", "MDR Art. 10(9)"],
    why: "an action that is not taken corrects nothing",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for case in live.cases.of(Subject::Capa) {
        if let Ok(CapaStanding::Overdue { task, due }) = capa(case, &live.history.evidence, live.at) {
            let message = format!("`{}` was due on {}: {task}", case.id, crate::rules::r7::day(due));
            super::at_links(context, report, case, message, "take it further: medward capa list");
        }
    }
}
