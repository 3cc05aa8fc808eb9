//! R2-001: a risk lacks links of its chain.

use crate::rule::rule;
use crate::{Context, Report};
use medward_risk::blank;

rule! {
    /// A risk lacks links of its chain.
    ///
    /// Why: a risk is judged along its chain from asset over threat and vulnerability to the property lost; a
    /// missing link hides where a control could stand.
    ///
    /// Mend: fill the keys that the finding names.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Forged result"
    /// assets = ["A-01"]     # threats, vulnerabilities, compromise, sequence are missing
    /// ```
    "R2-001" "chain-incomplete" Error
    clauses: ["ISO 14971:2019 5.4", "MDCG 2019-16 3.2"],
    why: "a risk without its chain cannot be judged or traced",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let missing: Vec<_> = [
            ("assets", risk.assets.is_empty()),
            ("threats", risk.threats.is_empty()),
            ("vulnerabilities", risk.vulnerabilities.is_empty()),
            ("compromise", risk.compromise.is_empty()),
            ("sequence", blank(risk.sequence.as_ref())),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(format!("`{key}`")))
        .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            report.find(
                risk.span(),
                format!("the chain of `risk.{}` is incomplete: {missing} missing", risk.id()),
                format!("add {missing} to `[risk.{}]`", risk.id()),
            );
        }
    }
}
