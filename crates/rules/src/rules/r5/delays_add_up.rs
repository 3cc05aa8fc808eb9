//! R5-007: the delays that controls put on a function exceed what clinical use tolerates.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ControlState;

rule! {
    /// The delays that controls put on a function exceed what clinical use tolerates.
    ///
    /// Why: each control is tested alone, yet a patient waits for all of them.
    ///
    /// Mend: make a control faster, take one away, or justify a longer `delay_seconds_max` clinically.
    ///
    /// Example:
    ///
    /// ```toml
    /// [function.F-01]
    /// title = "Show urgent findings"
    /// delay_seconds_max = 5
    ///
    /// [control.C-01]
    /// title = "Deep file scan"
    /// state = "implemented"
    /// delays = [{ function = "F-01", seconds = 9 }]
    /// ```
    "R5-007" "delays-add-up" Error
    clauses: ["MDCG 2019-16 3.3", "MDR Annex I 1"],
    why: "delays that are small one by one can be too long together",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for function in &context.file.functions {
        let Some(most) = &function.delay_seconds_max else { continue };
        let delays: Vec<_> = context
            .file
            .controls
            .iter()
            .filter(|control| {
                control.state.as_ref().is_some_and(|state| state.value == ControlState::Implemented)
            })
            .flat_map(|control| control.delays.iter().map(move |delay| (control.id(), delay)))
            .filter(|(_, delay)| delay.function.id() == function.id())
            .collect();
        let sum = delays.iter().fold(0_i64, |sum, (_, delay)| sum.saturating_add(delay.seconds.value));
        if sum <= most.value {
            continue;
        }
        let named: Vec<_> =
            delays.iter().map(|(id, delay)| format!("`control.{id}` {} s", delay.seconds.value)).collect();
        let mut diagnostic = report
            .begin(format!(
                "`function.{}` is delayed by {sum} s, more than {} s: {}",
                function.id(),
                most.value,
                named.join(", ")
            ))
            .at(most.span, "");
        for (id, delay) in &delays {
            diagnostic = diagnostic.at(delay.seconds.span, format!("added by {id}"));
        }
        report.push(
            diagnostic.mend("shorten or remove a delay, or justify a longer `delay_seconds_max` clinically"),
        );
    }
}
