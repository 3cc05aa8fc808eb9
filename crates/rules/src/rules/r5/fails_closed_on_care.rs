//! R5-008: a control that fails closed stands before an essential function which has no emergency path.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Failure;
use medward_risk::blank;

rule! {
    /// A control that fails closed stands before an essential function which has no emergency path.
    ///
    /// Why: servers fail and certificates expire; when nothing passes any more, clinical function has to go on
    /// another way.
    ///
    /// Mend: let the control fail operational, or give the function an emergency path or the reason to need
    /// none.
    ///
    /// Example:
    ///
    /// ```toml
    /// [function.F-01]
    /// title = "Show urgent findings"
    /// essential = true
    ///
    /// [control.C-01]
    /// title = "Deep file scan"
    /// fails = "closed"
    /// delays = [{ function = "F-01", seconds = 1 }]
    /// ```
    "R5-008" "fails-closed-on-care" Warning
    clauses: ["MDCG 2019-16 2.2", "MDCG 2019-16 3.3"],
    why: "a control that fails closed stops care when it breaks",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        let Some(fails) = control.fails.as_ref().filter(|fails| fails.value == Failure::Closed) else {
            continue;
        };
        if control.emergency.is_some() {
            continue;
        }
        let id = control.id();
        let delayed = control.delays.iter().map(|delay| &delay.function);
        let guarded = context
            .file
            .assets
            .iter()
            .filter(|asset| asset.guards.iter().any(|link| link.id() == id))
            .flat_map(|asset| &asset.supports);
        let stopped = delayed.chain(guarded).filter_map(|link| context.file.follow(link)).find(|function| {
            function.essential.as_ref().is_some_and(|essential| essential.value)
                && function.emergency.is_none()
                && blank(function.no_emergency.as_ref())
        });
        if let Some(function) = stopped {
            let other = function.id();
            let diagnostic = report
                .begin(format!("`control.{id}` fails closed before `function.{other}`, which has no emergency path"))
                .at(fails.span, "")
                .at(function.span(), "stops with it")
                .mend(format!("write `fails = \"operational\"` when that holds, or give `function.{other}` an `emergency`"));
            report.push(diagnostic);
        }
    }
}
