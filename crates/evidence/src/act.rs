//! Acts out of a ledger: what was done about a case, when, and who vouches for it.

use crate::Voucher;
use jiff::Timestamp;
use medward_ledger::Act;

/// One act of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// Id of the case.
    pub case: String,
    /// What was done.
    pub act: Act,
    /// Whether it is part of an exercise.
    pub exercise: bool,
    /// When it was received.
    pub received: Timestamp,
    /// The role that did it; absent for a system.
    pub role: Option<String>,
    /// Who vouches for it.
    pub voucher: Voucher,
    /// Its entry in the ledger.
    pub index: u64,
}
