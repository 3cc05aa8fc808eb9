//! The state of controls as a pure function of evidence and time.
//!
//! Called by the command line and the rules; this crate reads evidence out of a ledger ([`read`]), never writes, and knows no clock:
//! the moment asked for is given to it. Because nothing but what had been received by a moment counts at that moment, any
//! past moment can be asked for and answers the same forever.

mod from_ledger;
mod schedule;
mod state;

pub use from_ledger::{ReadError, read};
pub use schedule::{Schedule, ScheduleError};
pub use state::{ATTESTATION, Evidence, Outcome, Required, State, States, probe_names, required};
