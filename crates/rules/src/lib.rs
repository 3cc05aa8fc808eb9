//! The rules of `check`: one file a rule, security file in, diagnostics out.
//!
//! Called by the command line (and later by the dashboard); a rule never reads files other than those the security
//! file names, never writes, and never decides how a finding is shown. To add one, write a file in
//! `src/rules/FAMILY/`, enter it in that family's `mod.rs`, and add `tests/cases/CODE/fires.toml` and `clean.toml`.

mod check;
mod context;
mod live;
mod rings;
mod rule;
pub(crate) mod rules;

pub use check::check;
pub use context::{BUILT_IN_LAYERS, Context};
pub use live::{Live, WardLive};
pub use rings::{Ring, rings};
pub use rule::{Report, Rule, all, by_code};
