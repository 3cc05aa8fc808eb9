//! The state of controls and the standing of approvals as pure functions of what a ledger holds and of time.
//!
//! Called by the command line and the rules; this crate reads a ledger ([`read`]), never writes, and knows no clock:
//! the moment asked for is given to it. Because nothing but what had been received by a moment counts at that moment, any
//! past moment can be asked for and answers the same forever.

mod act;
mod approval;
mod emergency;
mod from_ledger;
mod person;
mod schedule;
mod state;

pub use act::Acted;
pub use approval::{Approval, Asked, Standing, Standings, asked, may_approve};
pub use emergency::unreviewed;
pub use from_ledger::{History, ReadError, moment, read};
pub use person::{People, Voucher};
pub use schedule::{Schedule, ScheduleError};
pub use state::{ATTESTATION, Evidence, Outcome, Required, State, States, probe_names, required};
