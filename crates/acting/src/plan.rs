//! What is to be written, found to be right by the device as it was read.

use medward_ledger::{Act, Entry, EntryError, RecordId};
use medward_response::Case;
use medward_response::door::Report;

/// One thing to be written.
#[derive(Debug, Clone)]
pub enum Deed<'d> {
    /// News of an event, a complaint, a corrective action.
    Report(Report),
    /// An act on a case.
    Act {
        /// The case.
        case: RecordId,
        /// Whether it is part of an exercise.
        exercise: bool,
        /// The act.
        act: Act,
    },
    /// A step of a procedure.
    Step(Step<'d>),
    /// An entry of another kind, by a role.
    Entry(Entry),
}

/// A step of a procedure of a party.
#[derive(Debug, Clone)]
pub struct Step<'d> {
    /// The case.
    pub case: &'d Case,
    /// The procedure.
    pub procedure: String,
    /// The party whose it is.
    pub party: String,
    /// The transition.
    pub step: String,
    /// When it was done; when it is written where absent.
    pub at: Option<jiff::Timestamp>,
    /// Why, or under which number.
    pub because: Option<medward_ledger::Reason>,
}

/// What is to be written, in this order.
pub type Plan<'d> = Vec<Deed<'d>>;

impl<'d> Deed<'d> {
    /// An act on a case that is there.
    pub fn act(case: &Case, act: Act) -> Result<Self, EntryError> {
        Ok(Self::Act { case: RecordId::try_from(case.id.as_str())?, exercise: case.exercise, act })
    }

    /// A step of a procedure, done when it is written.
    pub fn step(
        case: &'d Case,
        (procedure, party): (&str, &str),
        step: &str,
        because: Option<medward_ledger::Reason>,
    ) -> Self {
        let (procedure, party) = (procedure.to_owned(), party.to_owned());
        Self::Step(Step { case, procedure, party, step: step.to_owned(), at: None, because })
    }
}
