//! R1-011: a rule severity in the policy that does nothing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;

rule! {
    /// The policy sets the severity of a rule that does not exist, with a word that is no severity, or milder than the rule
    /// is.
    ///
    /// Why: policy may make a rule stricter; making it milder needs a waiver with an owner, a reason and an end, so that
    /// nobody is calmed by accident (ISO 14971 clause 4.4).
    ///
    /// Mend: correct code or word (`warning`, `error`); to leave a finding open write a `[waiver.*]`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.severity]
    /// R1-001 = "warning"          # it is an error
    /// ```
    "R1-011" "severity-unsound" Error
    clauses: ["ISO 14971:2019 4.4"],
    why: "mildness needs a waiver with an owner, a reason and an end",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((_, policy)) = &context.file.policy else { return };
    for (code, word) in policy.severity.iter() {
        let shown = code.escape_debug();
        let Some(rule) = crate::by_code(code) else {
            let candidates = crate::all().flat_map(|rule| [rule.code, rule.name]);
            let mend = match closest(code, candidates) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => "`medward explain` lists all rules".to_owned(),
            };
            report.find(
                code.span,
                format!("the `policy` sets the severity of `{shown}`, which is no rule"),
                mend,
            );
            continue;
        };
        match crate::check::severity(word) {
            None => {
                let message = format!(
                    "the `policy` gives `{shown}` a severity that does not exist: `{}`",
                    word.escape_debug()
                );
                report.find(word.span, message, "write `warning` or `error`");
            }
            Some(severity) if severity < rule.severity => {
                let message = format!("the `policy` makes `{shown}` milder than it is");
                report.find(word.span, message, "remove the line; a finding left open needs a `[waiver.*]`");
            }
            Some(_) => {}
        }
    }
}
