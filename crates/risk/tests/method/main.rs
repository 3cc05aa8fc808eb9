//! The method as a whole, against a slow oracle and against recorded assessments.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod oracle;
mod properties;
mod recorded;
