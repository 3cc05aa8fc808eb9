//! R2-023: a risk has no owner.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A risk has no owner.
    ///
    /// Why: responsibility for risks is assigned; a risk without an owner is not looked at again when the
    /// threats change.
    ///
    /// Mend: name a role in `owner`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"     # owner = "security" is missing
    /// ```
    "R2-023" "risk-without-owner" Error
    clauses: ["ISO 14971:2019 4.2"],
    why: "what nobody owns nobody looks after",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        if risk.owner.is_none() {
            report.find(
                risk.span(),
                format!("`risk.{}` has no owner", risk.id()),
                format!("name a role in `owner` of `[risk.{}]`", risk.id()),
            );
        }
    }
}
