//! What a ward writes into its ledger, and what that says later.
//!
//! The ward appends [`Entry`]s; detectors, `medward check` and whoever carries alarms on read them, without the ward. People who ask for
//! something sign a [`Request`], and their [`Vouchers`] stand in the entry of what was done.

mod event;
mod history;
mod request;

pub use event::{Entry, Event, METADATA_LEVEL, SAME_UID_OTHER_CONTENT};
pub use history::{Alarm, Emergency, History, HistoryError, LEDGER, PUBLIC_KEY, Run};
pub use request::{Request, RequestError, Vouched, Vouchers};
