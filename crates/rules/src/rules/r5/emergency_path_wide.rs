//! R5-004: a control that keeps an emergency path open does not say how the path stays narrow.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

rule! {
    /// A control that keeps an emergency path open does not say how the path stays narrow.
    ///
    /// Why: the path goes round protection on purpose; it needs a way of opening, a time limit, a limited use,
    /// a log and a review (OBS-8).
    ///
    /// Mend: fill the keys that the finding names in the `emergency` table.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-05]
    /// title = "Break-glass log-on"
    /// [control.C-05.emergency]
    /// opened_by = "two staff members at the console"     # all else is missing
    /// ```
    "R5-004" "emergency-path-wide" Error
    clauses: ["MDCG 2019-16 2.2"],
    why: "an emergency path that is not narrow is a back door",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        let id = control.id();
        let Some(path) = &control.emergency else {
            let needing = context.file.functions.iter().find_map(|function| {
                let link = function.emergency.as_ref().filter(|link| link.id() == id)?;
                Some((function.id(), link.span()))
            });
            if let Some((function, span)) = needing {
                let diagnostic = report
                    .begin(format!(
                        "`control.{id}` describes no emergency path, but `function.{function}` relies on one"
                    ))
                    .at(control.span(), "")
                    .at(span, "relies on it")
                    .mend(format!("describe the path in `[control.{id}.emergency]`"));
                report.push(diagnostic);
            }
            continue;
        };
        let positive =
            |number: &Option<medward_file::Number>| number.as_ref().is_some_and(|number| number.value > 0);
        let missing: Vec<_> = [
            ("opened_by", blank(path.opened_by.as_ref())),
            ("seconds_max", !positive(&path.seconds_max)),
            ("allows", blank(path.allows.as_ref())),
            ("logged_by", path.logged_by.is_none()),
            ("reviewed_by", path.reviewed_by.is_none()),
            ("review_days", !positive(&path.review_days)),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(format!("`{key}`")))
        .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            report.find(
                control.span(),
                format!("the emergency path of `control.{id}` is not narrow: {missing} missing"),
                format!("fill {missing} in `[control.{id}.emergency]`; numbers are above zero"),
            );
        }
    }
}
