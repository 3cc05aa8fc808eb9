//! Response: one event, and the procedures, clocks, corrective actions and trends that follow from it.
//!
//! Called by the command line, by rules, and by whatever reports ([`door`]). Everything is a pure function of what a ledger had received by a moment
//! ([`Cases::at`]), of the file, and of data: questions, regimes and procedures stand in `data/` and are read through one typed door
//! each. What happens to people through the device and what happens to them through their data have one cause and two
//! procedures; neither looks at the other's facts. This crate proposes, with the article; that a person decides, it leaves to who
//! signs. It never reads a clock, never writes a ledger and never sends anything.

mod capa;
mod case;
mod cases;
mod clock;
mod data;
pub mod door;
mod period;
mod plain;
mod procedure;
mod question;
mod regime;
mod surveillance;

pub use capa::{CapaStanding, EFFECT, capa};
pub use case::{Answer, Awareness, Case, Note, OWN, Step, StepError};
pub use cases::{Cases, Doubtful, Use};
pub use clock::{Clock, Scope, ScopeError, Standing, Start};
pub use data::DataError;
pub use period::{PeriodFigures, period};
pub use plain::{TextError, plain};
pub use procedure::{Procedure, State, Transition, procedure, procedures};
pub use question::{AnswerError, Axis, Condition, Holds, Question, UNSURE, question, questions};
pub use regime::{Duty, Finding, Regimes, regimes};
pub use surveillance::{GROUPS, Plan, Signal, Trend, is_group, risks_of, trends};
