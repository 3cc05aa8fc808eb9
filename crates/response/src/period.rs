//! What a period came to, as the periodic safety update report asks (MDR Art. 86): counted once, shown by the command line and by
//! the document alike.

use crate::capa::{CapaStanding, capa};
use crate::case::Case;
use crate::cases::Cases;
use crate::clock::{Scope, ScopeError, Standing};
use crate::question::Holds;
use crate::surveillance::{DAY, Plan, Signal, risks_of, trends};
use jiff::Timestamp;
use medward_evidence::Evidence;
use medward_ledger::{Source, Subject};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of a period. Exercises are counted apart and nowhere else.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct PeriodFigures {
    /// Uses of the device whose period of use began within it.
    pub uses: u64,
    /// Events by the word of their source, those without any too.
    pub by_source: BTreeMap<&'static str, u64>,
    /// Events found to be serious incidents.
    pub serious: u64,
    /// Events found to be none.
    pub not_serious: u64,
    /// Events of which it is not known.
    pub undecided: u64,
    /// Personal data breaches.
    pub breaches: u64,
    /// Reports that went out within their limit.
    pub reports_in_time: u64,
    /// Reports that went out after it.
    pub reports_late: u64,
    /// Reports that have not gone out though their limit has passed, as `CASE: CLOCK of PARTY`.
    pub overdue: Vec<String>,
    /// Complaints.
    pub complaints: u64,
    /// Corrective actions open at the end.
    pub capa_open: u64,
    /// Corrective actions closed at the end.
    pub capa_closed: u64,
    /// Corrective actions whose effect did not last.
    pub capa_reopened: u64,
    /// Exercises.
    pub exercises: u64,
    /// Signals, as `GROUP: WORDS`; `None` where the policy has no plan, without which nothing is significant.
    pub signals: Option<Vec<String>>,
    /// Ids of the risks that events are linked to.
    pub risks: BTreeSet<String>,
}

/// The figures from a moment to a moment, both part of the period, as far as `cases` and `evidence` know.
pub fn period(
    (from, until): (Timestamp, Timestamp),
    cases: &Cases,
    scope: &Scope,
    plan: Option<&Plan>,
    evidence: &[Evidence],
) -> Result<PeriodFigures, ScopeError> {
    let within = |at: Timestamp| from <= at && at <= until;
    let mut figures = PeriodFigures {
        uses: cases.uses.iter().filter(|one| within(one.from)).map(|one| one.uses).sum(),
        by_source: Source::ALL.iter().map(|(_, word)| (*word, 0)).collect(),
        ..PeriodFigures::default()
    };
    for case in cases.of(Subject::Event).filter(|case| within(case.known)) {
        if case.exercise {
            figures.exercises += 1;
        } else {
            figures.event(case, scope, cases.at)?;
        }
    }
    let is_counted = |case: &&Case| within(case.known) && !case.exercise;
    figures.complaints = cases.of(Subject::Complaint).filter(is_counted).count() as u64;
    for case in cases.of(Subject::Capa).filter(|case| case.opened <= until) {
        match capa(case, evidence, cases.at)? {
            CapaStanding::Open { .. } | CapaStanding::Overdue { .. } => figures.capa_open += 1,
            CapaStanding::Closed => figures.capa_closed += 1,
            CapaStanding::Reopened { .. } => figures.capa_reopened += 1,
        }
    }
    figures.signals = plan.map(|plan| signals((from, until), cases, scope, plan));
    Ok(figures)
}

/// The signals of a period: it is the time of observation, whatever the plan says of its length.
fn signals((from, until): (Timestamp, Timestamp), cases: &Cases, scope: &Scope, plan: &Plan) -> Vec<String> {
    let seconds = until.duration_since(from).as_secs().max(0);
    let plan = Plan { observation_days: seconds / DAY + 1, ..plan.clone() };
    let trends = trends(cases, scope, &plan, until.min(cases.at));
    let said = |group: &str, signal: &Signal| format!("{group}: {}", signal.words());
    trends.iter().flat_map(|one| one.signals.iter().map(|signal| said(&one.group, signal))).collect()
}

impl PeriodFigures {
    fn event(&mut self, case: &Case, scope: &Scope, at: Timestamp) -> Result<(), ScopeError> {
        *self.by_source.entry(case.source.word()).or_default() += 1;
        let holds = scope.findings(case);
        match holds("serious-incident") {
            Holds::Yes => self.serious += 1,
            Holds::No => self.not_serious += 1,
            Holds::Unsure => self.undecided += 1,
        }
        if holds("breach") == Holds::Yes {
            self.breaches += 1;
        }
        for clock in scope.clocks(case, at)? {
            match clock.standing {
                Standing::Met(_) => self.reports_in_time += 1,
                Standing::Late(_) => self.reports_late += 1,
                Standing::Overdue => {
                    self.overdue.push(format!("{}: {} of {}", case.id, clock.duty.clock, clock.party));
                }
                _ => {}
            }
        }
        self.risks.extend(risks_of(case).map(str::to_owned));
        Ok(())
    }
}
