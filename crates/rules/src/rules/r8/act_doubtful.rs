//! R8-015: an act on a case that counts for nothing.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// An entry says that something was done about a case, and it does not count: nobody who may has signed it, the step was not possible,
    /// or the case does not exist.
    ///
    /// Why: a decision not to report that does not count leaves its clock running, and whoever took it does not know (MDR Art. 87).
    ///
    /// Mend: take the step again with the right role and key; the entry stays.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["quality"]         # confirmed as `safety`, which it does not hold
    /// ```
    "R8-015" "act-doubtful" Warning
    clauses: ["MDR Art. 87"],
    why: "what does not count looks as if it had been done",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for one in &live.cases.doubtful {
        let message = format!("entry {} on `{}` counts for nothing: {}", one.index, one.case, one.why);
        super::at_policy(
            context,
            report,
            message,
            "take the step again, as a role that may, signed by who holds it".to_owned(),
        );
    }
}
