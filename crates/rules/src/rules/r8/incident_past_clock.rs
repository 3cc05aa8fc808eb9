//! R8-007: an incident past a legal limit.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::Party;
use medward_ledger::Subject;
use medward_response::Standing;

rule! {
    /// A duty to report an event has passed its limit, and neither was it fulfilled nor did two people decide that it does
    /// not apply.
    ///
    /// Why: the limits of MDR Art. 87, GDPR Art. 33 and NIS2 Art. 23 run whether or not anyone has decided (Art. 87(7)).
    ///
    /// Mend: report now and give the reasons for the delay: `medward incident show ID`, then `medward incident step`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [party.maker]
    /// name = "Maker"
    /// role = "manufacturer"       # aware for sixteen days, and nothing was sent
    /// ```
    "R8-007" "incident-past-clock" Error
    clauses: ["MDR Art. 87", "GDPR Art. 33", "NIS2 Art. 23"],
    why: "a legal limit runs whether or not anyone has decided",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(response) = super::response(context) else { return };
    for case in response.live.cases.of(Subject::Event).filter(|case| !case.exercise) {
        for clock in response.scope.clocks(case, response.live.at).unwrap_or_default() {
            if clock.standing != Standing::Overdue {
                continue;
            }
            let Some(limit) = &clock.limit else { continue };
            let ago = medward_clocks::distance(limit.at, response.live.at);
            let message = format!(
                "`{}` is {ago} past the limit of {} {} for party.{}",
                case.id, clock.law.regime, clock.law.article, clock.party
            );
            let mend =
                format!("report now, with the reasons for the delay: medward incident show {}", case.id);
            super::at::<Party>(context, report, clock.party, message, mend);
        }
    }
}
