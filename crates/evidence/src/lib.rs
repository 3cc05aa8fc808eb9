//! The state of controls as a pure function of evidence and time.
//!
//! Called by the command line, which takes the evidence from the ledger, and through it by rules, risk and paths; this crate
//! reads no ledger and no clock. Because nothing but what had been received by a moment counts at that moment, any
//! past moment can be asked for and answers the same forever.

mod schedule;
mod state;

pub use schedule::{Schedule, ScheduleError};
pub use state::{ATTESTATION, Evidence, Outcome, Required, State, States, required};
