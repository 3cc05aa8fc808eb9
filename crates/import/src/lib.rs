//! Test results and records of other systems, read into what can stand as evidence.
//!
//! Called by the command line, and by the rule that holds records of tests against their result files. It reads text that strangers
//! may have made and gives entries back, or complaints and incidents for the caller to report; it never writes a ledger, and takes no column that could name a person.

mod entries;
pub mod junit;
pub mod records;
pub mod reports;
mod tests_of_file;

pub use entries::{Imported, Refused, entries};
pub use tests_of_file::{Verdict, verdicts};
