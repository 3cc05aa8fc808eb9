//! R2-002: a risk says nothing about safety or nothing about privacy.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A risk says nothing about safety or nothing about privacy.
    ///
    /// Why: one compromise may harm patients, persons whose data are held, both or neither; each has to be
    /// looked at and the answer written down.
    ///
    /// Mend: fill the branch, or state why there is none.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// privacy.none = "Nothing is read, changed or lost when the gateway stops."   # safety is missing
    /// ```
    "R2-002" "branch-absent" Error
    clauses: ["MDCG 2019-16 3.2", "GDPR Art. 35(7)"],
    why: "silence on an axis cannot be told from forgetting it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        for (word, absent) in [("safety", risk.safety.is_none()), ("privacy", risk.privacy.is_none())] {
            if absent {
                report.find(
                    risk.span(),
                    format!("`risk.{}` has no {word} branch and does not say why", risk.id()),
                    format!("fill `{word}`, or write `{word}.none = \"because ...\"`"),
                );
            }
        }
    }
}
