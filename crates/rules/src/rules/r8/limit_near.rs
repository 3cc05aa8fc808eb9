//! R8-009: a legal limit that passes within a day.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_file::kinds::Party;
use medward_ledger::Subject;

rule! {
    /// A duty to report an event has a limit that passes within 24 hours.
    ///
    /// Why: the limit is the outer bound of a duty that reads "immediately" or "without undue delay" (MDR Art. 87, GDPR Art. 33).
    ///
    /// Mend: report now, incomplete if need be (MDR Art. 87(6), GDPR Art. 33(4)).
    ///
    /// Example:
    ///
    /// ```toml
    /// [party.maker]
    /// name = "Maker"
    /// role = "manufacturer"       # aware for fourteen days and a half
    /// ```
    "R8-009" "limit-near" Warning
    clauses: ["MDR Art. 87(6)", "GDPR Art. 33(4)"],
    why: "an incomplete report in time comes before a complete one late",
    check: check,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(response) = super::response(context) else { return };
    for case in response.live.cases.of(Subject::Event).filter(|case| !case.exercise) {
        for clock in response.scope.clocks(case, response.live.at).unwrap_or_default() {
            let Some(limit) = clock.limit.as_ref().filter(|_| clock.standing.is_open()) else { continue };
            let left = limit.at.duration_since(response.live.at);
            if left.is_negative() || left > DAY {
                continue;
            }
            let (law, article) = (&clock.law.regime, &clock.law.article);
            let left = medward_clocks::distance(response.live.at, limit.at);
            let message =
                format!("`{}` has {left} left under {law} {article} for party.{}", case.id, clock.party);
            let mend = format!("report now, incomplete if need be: medward incident show {}", case.id);
            super::at::<Party>(context, report, clock.party, message, mend);
        }
    }
}
