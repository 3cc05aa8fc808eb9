//! R2-016: a control in the environment of the operator is counted but stands in no instructions for use.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::DocumentType;

rule! {
    /// A control in the environment of the operator is counted but stands in no instructions for use.
    ///
    /// Why: what the operator has to provide lowers exploitability only when it is stated as an assumption in
    /// the instructions for use (X-5).
    ///
    /// Mend: link a document of kind `ifu` in `documents` of the control.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Separate network for imaging"
    /// environment = true     # documents = ["D-01"] is missing
    ///
    /// [risk.R-01]
    /// title = "Gateway taken over"
    /// controls = ["C-01"]
    /// ```
    "R2-016" "environment-not-passed-on" Error
    clauses: ["MDCG 2019-16 3.6", "MDR Annex I 17.4"],
    why: "a control in other hands works only if they know of it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for control in &context.file.controls {
        if !control.environment.as_ref().is_some_and(|environment| environment.value) {
            continue;
        }
        let passed_on =
            control.documents.iter().filter_map(|link| context.file.follow(link)).any(|document| {
                document.kind.as_ref().is_some_and(|kind| kind.value == DocumentType::InstructionsForUse)
            });
        let counted = context.file.risks.iter().find_map(|risk| {
            risk.controls.iter().find(|link| link.id() == control.id()).map(|link| (risk, link))
        });
        if let (false, Some((risk, link))) = (passed_on, counted) {
            let id = control.id();
            let diagnostic = report
                .begin(format!("`control.{id}` is up to the operator but stands in no instructions for use"))
                .at(control.span(), "in the environment of the operator")
                .at(link.span(), format!("counted for `risk.{}`", risk.id()))
                .mend(format!("add a document of kind \"ifu\" to `documents` of `[control.{id}]`"));
            report.push(diagnostic);
        }
    }
}
