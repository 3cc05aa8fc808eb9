//! A case: what its acts add up to.

use crate::procedure::{Procedure, State, Transition};
use jiff::Timestamp;
use medward_evidence::Voucher;
use medward_ledger::{Digest, Source, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// The part of whoever keeps the ledger, where no party of the file is meant (corrective actions, complaints).
pub const OWN: &str = "own";

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The words, or a number.
    pub words: Vec<String>,
    /// When it was given.
    pub at: Timestamp,
}

/// A text for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
}

/// When a legal entity became aware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awareness {
    /// When.
    pub at: Timestamp,
    /// Why then.
    pub because: String,
    /// When it was written down.
    pub written: Timestamp,
}

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The procedure.
    pub procedure: String,
    /// The party whose it is.
    pub entity: String,
    /// The transition.
    pub transition: String,
    /// State it led to.
    pub to: String,
    /// When it was done.
    pub at: Timestamp,
    /// When it was written down.
    pub written: Timestamp,
    /// Why, or under which number.
    pub because: Option<String>,
    /// Role that took it.
    pub role: String,
    /// Who vouches for it.
    pub voucher: Voucher,
}

/// A case at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Id.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// Where it came from.
    pub source: Source,
    /// What it is.
    pub title: String,
    /// When it happened, or began.
    pub from: Timestamp,
    /// When it ended, where known.
    pub until: Option<Timestamp>,
    /// When it became known.
    pub known: Timestamp,
    /// When it was written down.
    pub opened: Timestamp,
    /// How often it was reported.
    pub reports: u32,
    /// Whether a probe brought it and nobody has touched it yet.
    pub is_untouched: bool,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// Records, cases and studies it has to do with.
    pub links: BTreeSet<String>,
    /// Sealed details.
    pub details: Vec<Digest>,
    /// The case it is the same as.
    pub joined: Option<String>,
    /// Answers by question.
    pub answers: BTreeMap<String, Answer>,
    /// Texts by field.
    pub notes: BTreeMap<String, Note>,
    /// Awareness by regime and party.
    pub aware: BTreeMap<(String, String), Awareness>,
    /// Steps in the order written.
    pub steps: Vec<Step>,
    /// Tasks with their day.
    pub dues: BTreeMap<String, Timestamp>,
    /// Warnings sent: the limit as `clock/entity/level`, and the way.
    pub warned: BTreeSet<(String, String)>,
}

/// Why a step cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// No such transition.
    #[error("there is no step `{step}` in the procedure `{procedure}`; its steps now: {choice}")]
    Unknown {
        /// The step.
        step: String,
        /// The procedure.
        procedure: String,
        /// What there is.
        choice: String,
    },
    /// It does not lead from the state.
    #[error("`{step}` cannot be taken while it is {state}; now: {choice}")]
    NotFrom {
        /// The step.
        step: String,
        /// Title of the state.
        state: String,
        /// What there is.
        choice: String,
    },
    /// The same person as before.
    #[error("`{0}` takes another person than the step before it (four eyes)")]
    SamePerson(String),
    /// No reason.
    #[error("`{0}` needs a reason, or the number under which it was sent: --because")]
    Reason(String),
}

impl Case {
    /// Last step of a procedure for a party.
    pub fn last_step(&self, procedure: &str, entity: &str) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.procedure == procedure && step.entity == entity)
    }

    /// Where a procedure stands for a party.
    pub fn state<'p>(&self, procedure: &'p Procedure, entity: &str) -> Option<&'p State> {
        let at = self.last_step(&procedure.id, entity).map_or(procedure.begin.as_str(), |step| &step.to);
        procedure.state(at)
    }

    /// Whether a step may be taken now; gives the transition and the state it leads to.
    pub fn step<'p>(
        &self,
        procedure: &'p Procedure,
        entity: &str,
        step: &str,
        voucher: Option<(&Voucher, &str)>,
        because: Option<&str>,
    ) -> Result<(&'p Transition, String), StepError> {
        let state = self.state(procedure, entity);
        let at = state.map_or(procedure.begin.as_str(), |state| state.id.as_str());
        let choice = || procedure.from(at).map(|one| format!("`{}`", one.id)).collect::<Vec<_>>().join(", ");
        let transition = procedure.transition(step).ok_or_else(|| StepError::Unknown {
            step: step.escape_debug().to_string(),
            procedure: procedure.id.clone(),
            choice: choice(),
        })?;
        if !transition.from.iter().any(|from| from == at) {
            let state = state.map_or(String::new(), |state| state.title.clone());
            return Err(StepError::NotFrom { step: transition.id.clone(), state, choice: choice() });
        }
        if transition.because && because.is_none_or(|text| text.trim().is_empty()) {
            return Err(StepError::Reason(transition.id.clone()));
        }
        let before = self.last_step(&procedure.id, entity);
        if let (true, Some((voucher, role)), Some(before)) = (transition.other_person, voucher, before)
            && is_same(before, voucher, role)
        {
            return Err(StepError::SamePerson(transition.id.clone()));
        }
        let to = if transition.to == "=" { at.to_owned() } else { transition.to.clone() };
        Ok((transition, to))
    }

    /// The answers to a question.
    pub fn answer(&self, question: &str) -> Option<&[String]> {
        self.answers.get(question).map(|answer| answer.words.as_slice())
    }

    /// The text of a field.
    pub fn note(&self, field: &str) -> Option<&str> {
        self.notes.get(field).map(|note| note.text.as_str())
    }

    /// When a clock was fulfilled for a party, the first time.
    pub fn fulfilled(&self, procedure: &Procedure, entity: &str, clock: &str) -> Option<Timestamp> {
        let fulfils = |step: &&Step| {
            step.procedure == procedure.id
                && step.entity == entity
                && procedure
                    .transition(&step.transition)
                    .is_some_and(|one| one.fulfils.iter().any(|known| known == clock))
        };
        self.steps.iter().filter(fulfils).map(|step| step.at).min()
    }

    /// When a transition was made for a party, the first time.
    pub fn made(&self, procedure: &str, entity: &str, transition: &str) -> Option<Timestamp> {
        let is_it = |step: &&Step| {
            step.procedure == procedure && step.entity == entity && step.transition == transition
        };
        self.steps.iter().filter(is_it).map(|step| step.at).min()
    }
}

/// Whether the same person took the step before; where the file names nobody, the same role.
fn is_same(before: &Step, voucher: &Voucher, role: &str) -> bool {
    match (&before.voucher, voucher) {
        (Voucher::Person(one), Voucher::Person(other)) => one == other,
        _ => before.role == role,
    }
}
