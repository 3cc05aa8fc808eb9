//! R2-007: a risk has no residual exploitability, or a residual without a reason.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

rule! {
    /// A risk has no residual exploitability, or a residual without a reason.
    ///
    /// Why: after every control what remains is evaluated again, and the effect of the controls has to be
    /// believable.
    ///
    /// Mend: write what remains and why the controls have this effect. A severity that stays as it was may be
    /// left out.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway stopped"
    /// residual.exploitability = 2     # because is missing
    /// ```
    "R2-007" "residual-unfounded" Error
    clauses: ["ISO 14971:2019 7.3"],
    why: "what remains after control has to be evaluated",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let (id, residual) = (risk.id(), risk.residual.as_ref());
        match residual.and_then(|residual| residual.exploitability.as_ref()) {
            None => report.find(
                risk.span(),
                format!("`risk.{id}` does not say what exploitability remains"),
                "write `residual = { exploitability = ..., because = \"...\" }`",
            ),
            Some(level) if blank(residual.and_then(|residual| residual.because.as_ref())) => report.find(
                level.span,
                format!("the residual of `risk.{id}` has no reason"),
                "say in `residual.because` why the controls have this effect",
            ),
            Some(_) => {}
        }
    }
}
