//! R5-005: the use of an emergency path is not logged by a control of the layer `watch`.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// The use of an emergency path is not logged by a control of the layer `watch`.
    ///
    /// Why: logging by the control that opens the path, or by one that does not watch, leaves misuse unseen.
    ///
    /// Mend: name in `logged_by` a control whose `layer` is `watch`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-07]
    /// title = "Firewall"
    /// layer = "perimeter"
    ///
    /// [control.C-05]
    /// title = "Break-glass log-on"
    /// emergency.logged_by = "C-07"
    /// ```
    "R5-005" "emergency-unwatched" Error
    clauses: ["MDCG 2019-16 2.2"],
    why: "use of an emergency path that nobody sees cannot be reviewed",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        let Some(link) = control.emergency.as_ref().and_then(|path| path.logged_by.as_ref()) else {
            continue;
        };
        let Some(logger) = context.file.follow(link) else { continue };
        if logger.layer.as_ref().is_some_and(|layer| &*layer.value == "watch") {
            continue;
        }
        let (id, other) = (control.id(), logger.id());
        let diagnostic = report
            .begin(format!(
                "emergency use of `control.{id}` is logged by `control.{other}`, which is not in layer watch"
            ))
            .at(link.span(), "")
            .at(logger.layer.as_ref().map_or(logger.span(), |layer| layer.span), "its layer")
            .mend("name a control of layer \"watch\" in `emergency.logged_by`");
        report.push(diagnostic);
    }
}
