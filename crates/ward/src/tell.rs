//! What operations sees in the journal of the machine: a line each, of no patient, and never a reason to stop.

use std::io::Write as _;

/// Says a line on standard error; whoever listened may have gone.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "medward: {line}");
}
