//! R8-014: a risk that something has happened to since it was assessed.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Risk;
use medward_response::{Holds, risks_of};

rule! {
    /// A serious incident, a personal data breach or a complaint is linked to a risk and became known after the day the risk was assessed.
    ///
    /// Why: what happens in the field is information for risk management: was the risk recognised, and is it still estimated
    /// right (ISO 14971 clause 10.4, MDR Annex I 3(e))?
    ///
    /// Mend: look at the risk again with what happened in mind, and set `assessed` to that day.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Reading stops"
    /// assessed = 2026-03-01       # an incident linked to it became known in November
    /// ```
    "R8-014" "risk-reopened" Warning
    clauses: ["ISO 14971:2019 10.4", "MDR Annex I 3(e)"],
    why: "an estimate made before it happened does not know of it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(response) = super::response(context) else { return };
    for case in response.live.cases.iter().filter(|case| !case.exercise && case.joined.is_none()) {
        let holds = response.scope.findings(case);
        let is_complaint = case.subject == medward_ledger::Subject::Complaint;
        if !(is_complaint || holds("serious-incident") == Holds::Yes || holds("breach") == Holds::Yes) {
            continue;
        }
        for risk in risks_of(case).filter_map(|id| context.file.by_id::<Risk>(id)) {
            let known = jiff::tz::TimeZone::UTC.to_datetime(case.known).date();
            if risk.assessed.as_ref().is_some_and(|assessed| assessed.value >= known) {
                continue;
            }
            let message =
                format!("`risk.{}` was assessed before `{}` became known on {known}", risk.id(), case.id);
            report.find(
                risk.span(),
                message,
                "assess it anew with what happened in mind, and set `assessed`",
            );
        }
    }
}
