//! Regimes as data: findings that facts lead to, and the duties that follow from them for a party.

use crate::data::{DataError, once};
use crate::question::{Axis, Condition, Holds};
use jiff::civil::Date;
use medward_catalog::{Clock, LimitUnit, clocks};
use medward_file::kinds::{Party, Regime};
use serde::Deserialize;
use std::sync::OnceLock;

/// Something that facts of one axis decide.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Id.
    pub id: String,
    /// The axis whose questions decide it.
    pub axis: Axis,
    /// Where the law defines it.
    pub article: String,
    /// What it means that it holds.
    pub yes: String,
    /// What it means that it does not.
    pub no: String,
    /// Rows of conditions: it holds when all of one row hold.
    pub any: Vec<Vec<Condition>>,
}

impl Finding {
    /// Whether it holds of answers: open questions leave it unsure only as long as they can still decide.
    pub fn holds<'a>(&self, answers: impl Fn(&str) -> Option<&'a [String]>) -> Holds {
        let row = |row: &Vec<Condition>| {
            row.iter().map(|one| one.holds(answers(&one.question))).min().unwrap_or(Holds::Yes)
        };
        self.any.iter().map(row).max().unwrap_or(Holds::No)
    }

    /// The questions that are open and could still decide it.
    pub fn open<'a>(&self, answers: impl Fn(&str) -> Option<&'a [String]>) -> Vec<&str> {
        let mut open = Vec::new();
        for row in &self.any {
            let states = row.iter().map(|one| (one, one.holds(answers(&one.question))));
            if states.clone().any(|(_, holds)| holds == Holds::No) {
                continue;
            }
            for (one, _) in states.filter(|(_, holds)| *holds == Holds::Unsure) {
                if !open.contains(&one.question.as_str()) {
                    open.push(one.question.as_str());
                }
            }
        }
        open
    }
}

/// A duty to tell someone, for a party, when a finding holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// The clock in the catalogue: article, limit, recipient, days of validity.
    pub clock: String,
    /// The law, as awareness is recorded for it.
    pub regime: String,
    /// The procedure in which it is fulfilled.
    pub procedure: String,
    /// Role of the party that has it.
    #[serde(default)]
    pub party: Option<String>,
    /// Law that the party says it is under, where a role does not decide.
    #[serde(default)]
    pub under: Option<String>,
    /// The finding it follows from.
    pub finding: String,
    /// Findings that put a stricter duty in its place.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Whether it waits until the finding is sure.
    #[serde(default)]
    pub only_if_sure: bool,
    /// Whether a decision not to report leaves it, as the register of breaches.
    #[serde(default)]
    pub not_stopped: bool,
    /// What its limit is counted from: `awareness`, or a transition of its procedure.
    pub starts: String,
    /// The form to use.
    #[serde(default)]
    pub form: Option<String>,
    /// The proposal it comes from; then it is off.
    #[serde(default)]
    pub proposal: Option<String>,
    /// A limit other than the catalogue's.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Its unit.
    #[serde(default)]
    pub limit_unit: Option<LimitUnit>,
}

impl Duty {
    /// The clock in the catalogue.
    pub fn law(&self) -> Result<&'static Clock, DataError> {
        let broken = |reason: String| DataError { file: "regimes", reason };
        let clocks = clocks().map_err(|error| broken(error.to_string()))?;
        let found = clocks.clocks.iter().find(|clock| clock.id == self.clock);
        found.ok_or_else(|| broken(format!("no clock `{}`", self.clock)))
    }

    /// Its limit: its own, else the catalogue's; none where the law gives no number.
    pub fn limit(&self) -> Result<Option<(u32, LimitUnit)>, DataError> {
        let law = self.law()?;
        Ok(self.limit.zip(self.limit_unit).or_else(|| law.limit.zip(law.limit_unit)))
    }

    /// Whether it is law on a day.
    pub fn is_law(&self, day: Date) -> Result<bool, DataError> {
        if self.proposal.is_some() {
            return Ok(false);
        }
        let from = self.law()?.valid_from.as_ref().and_then(|from| from.to_string().parse::<Date>().ok());
        Ok(from.is_none_or(|from| from <= day))
    }

    /// Whether a party has it.
    pub fn is_of(&self, party: &Party) -> bool {
        let role = self.party.as_deref().is_some_and(|wanted| {
            party.role.value.word() == wanted
                || party.other_roles.iter().any(|role| role.value.word() == wanted)
        });
        let under = self.under.as_deref().is_some_and(|wanted| {
            party.under.iter().any(|under: &medward_file::Spanned<Regime>| under.value.word() == wanted)
        });
        role || under
    }
}

/// Findings and duties.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regimes {
    /// Findings.
    #[serde(rename = "finding")]
    pub findings: Vec<Finding>,
    /// Duties, proposals among them.
    #[serde(rename = "duty")]
    pub duties: Vec<Duty>,
}

impl Regimes {
    /// A finding by id.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id == id)
    }
}

/// The regimes.
pub fn regimes() -> Result<&'static Regimes, DataError> {
    static READ: OnceLock<Result<Regimes, DataError>> = OnceLock::new();
    once(&READ, "regimes", include_str!("../data/regimes.toml"))
}
