//! The risk method, called by `rules` on the records of a security file; it never reads a file, a ledger or a clock.
//!
//! Security, safety and privacy are assessed together on two axes that are never merged: a risk has a safety severity
//! and a privacy severity, each judged against its own matrix with one exploitability in the place of probability
//! (MDCG 2019-16 leaves scales, matrix and acceptance to the manufacturer, so all of them are values here). Ranking takes
//! the higher severity through a written [`MergeRule`]; acceptance needs every axis. [`residual`] says what is left of a
//! risk when only the controls with fresh proof count.
//!
//! Ids such as SEV-2 or X-4 name the rules of the method; each stands at the item that enforces it.

pub mod assessment;
pub mod defaults;
pub mod exploitability;
mod factors_from_file;
mod from_file;
pub mod gate;
pub mod heatmap;
pub mod level;
pub mod matrix;
pub mod merge;
pub mod method;
pub mod overall;
pub mod p2;
mod register;
pub mod residual;
pub mod scale;
pub mod scoring;
pub mod thresholds;
pub mod vector;

pub use assessment::{Assessment, Axis, AxisResult, Evaluation, RankingKey, Reasons, Verdict};
pub use from_file::{FileMethod, Remains, Side, blank, controls, sides};
pub use level::{Acceptance, Level, LevelClass, Levels};
pub use matrix::Matrix;
pub use merge::{Deciding, MergeRule, RankingSeverity};
pub use method::Method;
pub use register::{Ranked, register};
pub use scale::{Exploitability, Ordinal, PrivacySeverity, SafetySeverity, Scale};
