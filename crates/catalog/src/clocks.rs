//! Legal reporting clocks as data: who must tell whom by when, counted from what.

use crate::DataError;
use serde::Deserialize;
use std::sync::OnceLock;

/// Unit of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitUnit {
    /// Hours, counted through weekends and holidays.
    Hours,
    /// Calendar days; the day of the event is day 0.
    Days,
    /// Calendar months.
    Months,
}

impl LimitUnit {
    /// The word as written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Months => "months",
        }
    }
}

/// One duty to report. The limit is an outer bound: the duty itself is almost always "immediately".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Id, such as `GDPR-33-1`.
    pub id: String,
    /// The law.
    pub regime: String,
    /// The article.
    pub article: String,
    /// The same under the IVDR.
    #[serde(default)]
    pub ivdr_article: Option<String>,
    /// Who has the duty.
    pub addressee: String,
    /// What triggers it.
    pub trigger: String,
    /// What the limit is counted from.
    pub clock_start: String,
    /// How fast the law wants it.
    pub duty_speed: String,
    /// Outer limit in `limit_unit`; `None` where the law gives no number.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Unit of the limit.
    #[serde(default)]
    pub limit_unit: Option<LimitUnit>,
    /// Who is told.
    pub recipient: String,
    /// By which way.
    #[serde(default)]
    pub channel: Option<String>,
    /// What the message holds.
    #[serde(default)]
    pub content: Option<String>,
    /// When the duty does not arise.
    #[serde(default)]
    pub exceptions: Option<String>,
    /// Whether it is in force.
    pub status: String,
    /// First day on which it applies, where that lies in the future or in the recent past.
    #[serde(default)]
    pub valid_from: Option<toml::value::Datetime>,
    /// Remark.
    #[serde(default)]
    pub note: Option<String>,
    /// Remark on the source.
    #[serde(default)]
    pub source_note: Option<String>,
    /// Whether the legal wording was read; if not, verify before relying on it.
    pub source_seen: bool,
}

/// A term that decides whether a clock starts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Id.
    pub id: String,
    /// The term.
    pub term: String,
    /// Where it is defined.
    pub article: String,
    /// The same under the IVDR.
    #[serde(default)]
    pub ivdr: Option<String>,
    /// What it means, in own words.
    pub text: String,
    /// Whether the wording was read.
    pub source_seen: bool,
}

/// How periods are counted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computation {
    /// Id.
    pub id: String,
    /// The legal basis.
    pub basis: String,
    /// The rule.
    pub rule: String,
    /// Regimes it is used for.
    #[serde(default)]
    pub use_for: Option<String>,
    /// How to show it.
    #[serde(default)]
    pub advice: Option<String>,
    /// Whether the wording was read.
    pub source_seen: bool,
}

/// A change of law that is proposed and not in force; never counted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Id.
    pub id: String,
    /// The act.
    pub act: String,
    /// What would change.
    pub content: String,
    /// Where it stands.
    pub status: String,
    /// How to treat it.
    pub advice: String,
    /// Remark on the source.
    #[serde(default)]
    pub source_note: Option<String>,
    /// Whether the text was read.
    pub source_seen: bool,
}

/// All clocks with what belongs to them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// Day on which the sources were read.
    pub retrieved: toml::value::Datetime,
    /// Terms.
    #[serde(rename = "definition")]
    pub definitions: Vec<Definition>,
    /// Rules of counting.
    #[serde(rename = "computation")]
    pub computations: Vec<Computation>,
    /// Duties.
    #[serde(rename = "clock")]
    pub clocks: Vec<Clock>,
    /// Proposals, switched off.
    #[serde(rename = "proposal")]
    pub proposals: Vec<Proposal>,
}

/// The legal clocks.
pub fn clocks() -> Result<&'static Clocks, DataError> {
    static READ: OnceLock<Result<Clocks, DataError>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        toml::from_str(include_str!("../data/clocks.toml"))
            .map_err(|error| DataError { file: "clocks", reason: error.message().to_owned() })
    });
    read.as_ref().map_err(Clone::clone)
}
