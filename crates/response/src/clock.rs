//! The clocks of a case: which duty runs for which party, since when, until when, and where it stands.

use crate::case::Case;
use crate::data::DataError;
use crate::procedure::{Procedure, procedure};
use crate::question::Holds;
use crate::regime::{Duty, Finding, Regimes, regimes};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_catalog::{Clock as Law, LimitUnit};
use medward_clocks::{ClockError, Limit, limit, zone};
use medward_file::SecurityFile;
use medward_ledger::Subject;
use std::collections::HashMap;

/// Why clocks cannot be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Built-in data are broken.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A time zone of a party.
    #[error("`party.{party}`: {source}")]
    Zone {
        /// The party.
        party: String,
        /// What is wrong.
        source: ClockError,
    },
}

/// A duty of a party of the file.
#[derive(Debug, Clone)]
struct Bound {
    duty: &'static Duty,
    law: &'static Law,
    limit: Option<(u32, LimitUnit)>,
    finding: &'static Finding,
    procedure: &'static Procedure,
    party: String,
    zone: TimeZone,
    /// Whether the party is the one that keeps the ledger: what reaches it is known to it.
    is_own: bool,
}

/// What binds the parties of a file, worked out once for all cases.
#[derive(Debug, Clone)]
pub struct Scope {
    regimes: &'static Regimes,
    bound: Vec<Bound>,
}

/// Since when a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Since a stated awareness.
    Aware(Timestamp),
    /// Since the news arrived: nobody has stated an awareness yet, and that stops no clock.
    Presumed(Timestamp),
    /// Since a step of the procedure.
    Step(Timestamp),
    /// Not yet: the party is not known to be aware, or the step is not taken.
    NotYet,
}

impl Start {
    /// The moment.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Aware(at) | Self::Presumed(at) | Self::Step(at) => Some(at),
            Self::NotYet => None,
        }
    }
}

/// Where a duty stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What it counts from has not happened.
    Waiting,
    /// It is to be done.
    Running,
    /// Its limit has passed.
    Overdue,
    /// Done in time, or without a limit.
    Met(Timestamp),
    /// Done after the limit.
    Late(Timestamp),
    /// A confirmed decision says that it does not apply.
    Stopped,
}

impl Standing {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Overdue => "overdue",
            Self::Met(_) => "met",
            Self::Late(_) => "late",
            Self::Stopped => "stopped",
        }
    }

    /// Whether something is to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Overdue)
    }
}

/// One clock of a case.
#[derive(Debug, Clone)]
pub struct Clock<'s> {
    /// The duty.
    pub duty: &'static Duty,
    /// The clock in the catalogue.
    pub law: &'static Law,
    /// The finding it follows from.
    pub finding: &'static Finding,
    /// The procedure it belongs to.
    pub procedure: &'static Procedure,
    /// The party that has it.
    pub party: &'s str,
    /// Whether the finding holds; `No` where only the decision is still to be confirmed.
    pub holds: Holds,
    /// The zone of the party.
    pub zone: &'s TimeZone,
    /// Since when it runs.
    pub start: Start,
    /// Its limit, where the law gives a number and it has started.
    pub limit: Option<Limit>,
    /// Where it stands.
    pub standing: Standing,
}

impl Scope {
    /// What binds the parties of a file.
    pub fn of(file: &SecurityFile) -> Result<Self, ScopeError> {
        let regimes = regimes()?;
        let maker = file.device.as_ref().and_then(|(_, device)| device.manufacturer.as_ref());
        let maker = maker.map_or("", |link| link.id());
        let mut bound = Vec::new();
        for party in &file.parties {
            let zone = zone(party.time_zone.as_ref().map(|zone| &*zone.value))
                .map_err(|source| ScopeError::Zone { party: party.id().to_owned(), source })?;
            for duty in regimes.duties.iter().filter(|duty| duty.proposal.is_none() && duty.is_of(party)) {
                let broken = |what: &str| DataError { file: "regimes", reason: format!("no `{what}`") };
                bound.push(Bound {
                    duty,
                    law: duty.law()?,
                    limit: duty.limit()?,
                    finding: regimes.finding(&duty.finding).ok_or_else(|| broken(&duty.finding))?,
                    procedure: procedure(&duty.procedure)?.ok_or_else(|| broken(&duty.procedure))?,
                    party: party.id().to_owned(),
                    zone: zone.clone(),
                    is_own: party.id() == maker,
                });
            }
        }
        Ok(Self { regimes, bound })
    }

    /// Procedures and parties that a case has, each once, in order of the duties.
    pub fn procedures(&self) -> Vec<(&'static Procedure, &str)> {
        let mut found: Vec<(&'static Procedure, &str)> = Vec::new();
        for one in &self.bound {
            if !found.iter().any(|(known, party)| known.id == one.procedure.id && *party == one.party) {
                found.push((one.procedure, &one.party));
            }
        }
        found
    }

    /// Regimes and parties of which awareness can be stated.
    pub fn awareness(&self) -> Vec<(&'static str, &str)> {
        let mut found: Vec<(&'static str, &str)> = Vec::new();
        for one in &self.bound {
            let pair = (one.duty.regime.as_str(), one.party.as_str());
            if !found.contains(&pair) {
                found.push(pair);
            }
        }
        found
    }

    /// Whether each finding holds of a case.
    pub fn findings<'c>(&self, case: &'c Case) -> impl Fn(&str) -> Holds + use<'c> {
        let answers = |question: &str| case.answer(question);
        let held: HashMap<&'static str, Holds> =
            self.regimes.findings.iter().map(|one| (one.id.as_str(), one.holds(answers))).collect();
        move |id: &str| held.get(id).copied().unwrap_or(Holds::Unsure)
    }

    /// The clocks of a case at a moment, in order of the duties. Complaints and corrective actions have none; nor has what a probe
    /// brought until someone looked at it, since a failed probe alone is no incident.
    pub fn clocks(&self, case: &Case, at: Timestamp) -> Result<Vec<Clock<'_>>, DataError> {
        if case.subject != Subject::Event || case.joined.is_some() || case.is_untouched {
            return Ok(Vec::new());
        }
        let holds = self.findings(case);
        let mut clocks = Vec::new();
        for bound in &self.bound {
            if let Some(clock) = clock(bound, case, &holds, at)? {
                clocks.push(clock);
            }
        }
        Ok(only_longest_of_denied(clocks))
    }
}

fn clock<'s>(
    bound: &'s Bound,
    case: &Case,
    holds: &impl Fn(&str) -> Holds,
    at: Timestamp,
) -> Result<Option<Clock<'s>>, DataError> {
    let (duty, party) = (bound.duty, bound.party.as_str());
    let held = holds(&duty.finding);
    let is_denied = held == Holds::No;
    if duty.unless.iter().any(|stricter| holds(stricter) == Holds::Yes)
        || (duty.only_if_sure && held != Holds::Yes)
        || (is_denied && (bound.limit.is_none() || duty.starts != "awareness"))
    {
        return Ok(None);
    }
    let start = started(bound, case);
    let day = start.at().unwrap_or(case.known);
    if !duty.is_law(bound.zone.to_datetime(day).date())? {
        return Ok(None);
    }
    // Past the end of the calendar there is no limit to miss.
    let limit = match (start.at(), bound.limit) {
        (Some(from), Some((length, unit))) => limit(from, length, unit, &bound.zone).ok(),
        _ => None,
    };
    let standing = match case.fulfilled(bound.procedure, party, &duty.clock) {
        Some(done) if limit.as_ref().is_some_and(|limit| done > limit.at) => Standing::Late(done),
        Some(done) => Standing::Met(done),
        None if !duty.not_stopped && is_stopped(case, bound.procedure, party) => Standing::Stopped,
        None if start == Start::NotYet => Standing::Waiting,
        None if limit.as_ref().is_some_and(|limit| at > limit.at) => Standing::Overdue,
        None => Standing::Running,
    };
    Ok(Some(Clock {
        duty,
        law: bound.law,
        finding: bound.finding,
        procedure: bound.procedure,
        party,
        zone: &bound.zone,
        holds: held,
        start,
        limit,
        standing,
    }))
}

fn started(bound: &Bound, case: &Case) -> Start {
    if bound.duty.starts != "awareness" {
        let made = case.made(&bound.procedure.id, &bound.party, &bound.duty.starts);
        return made.map_or(Start::NotYet, Start::Step);
    }
    let key = (bound.duty.regime.clone(), bound.party.clone());
    match case.aware.get(&key) {
        Some(aware) => Start::Aware(aware.at),
        None if bound.is_own => Start::Presumed(case.known),
        None => Start::NotYet,
    }
}

/// Whether a decision not to report stands: confirmed, and with no answer on its axis since that it did not know of.
fn is_stopped(case: &Case, procedure: &Procedure, party: &str) -> bool {
    let Some(step) = case.last_step(&procedure.id, party) else { return false };
    if !procedure.state(&step.to).is_some_and(|state| state.stops) {
        return false;
    }
    let questions = crate::question::questions().unwrap_or_default();
    let is_of_axis = |id: &str| questions.iter().any(|one| one.id == id && one.axis == procedure.axis);
    !case.answers.iter().any(|(id, answer)| answer.at > step.written && is_of_axis(id))
}

/// Where the facts say that nothing is to be reported, one clock stays until two people have said so: the longest of the procedure.
fn only_longest_of_denied(clocks: Vec<Clock<'_>>) -> Vec<Clock<'_>> {
    let mut kept: Vec<Clock<'_>> = Vec::with_capacity(clocks.len());
    for clock in clocks {
        let same = |one: &Clock<'_>| one.procedure.id == clock.procedure.id && one.party == clock.party;
        let is_denied = |one: &Clock<'_>| one.holds == Holds::No;
        let end = |one: &Clock<'_>| one.limit.as_ref().map(|limit| limit.at);
        if is_denied(&clock) {
            if let Some(other) = kept.iter_mut().find(|one| same(one)) {
                if is_denied(other) && end(&clock) > end(other) {
                    *other = clock;
                }
                continue;
            }
        } else {
            kept.retain(|one| !(same(one) && is_denied(one)));
        }
        kept.push(clock);
    }
    kept
}
