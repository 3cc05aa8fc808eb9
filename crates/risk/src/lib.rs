//! The risk method: scales, matrices, acceptance on both axes, ranking by the higher severity.
//!
//! Called by `rules` and the command line; it never reads files and reports nothing. Safety and privacy stay two axes: no sum,
//! mean or product of them exists here (SEV-5), a risk is acceptable only on both (SEV-2), and the higher severity
//! ranks (SEV-1). Scales, matrix and acceptance come from the file's policy, else from the defaults of the method.

mod method;
mod register;

pub use method::{Axis, Method, Remains, Side, blank, controls, sides};
pub use register::{Ranked, State, register};
