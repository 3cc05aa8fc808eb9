//! What notified bodies ask: a list of its own, since a question is answered by claims and documents and not claimed itself.

use crate::{DataError, day};
use serde::Deserialize;
use std::sync::OnceLock;

/// Whether a running system can answer a question by machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answerable {
    /// It can.
    Yes,
    /// In part.
    Partly,
    /// Only people can.
    No,
}

/// A paper that questions were drawn from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionSource {
    /// Its id, as the `refs` of questions begin.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How much of it was read: `full`, `extract`, `ids only`, `secondary sources`.
    pub seen: String,
    /// Its licence, where it has one.
    #[serde(default)]
    pub licence: Option<String>,
}

/// A question, in own words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub theme: String,
    /// What the assessor wants to know.
    pub ask: String,
    /// What to hand over.
    pub show: String,
    /// How files usually fail.
    #[serde(default)]
    pub trap: Option<String>,
    /// Whether a running system can answer it.
    pub live: Answerable,
    /// Idea of a live check.
    #[serde(default)]
    pub probe: Option<String>,
    /// Lowest maturity level of the rows of the Johner guideline it merges, 0 to 3; an order of work.
    #[serde(default)]
    pub johner_level_min: Option<u8>,
    /// Ids of catalogue entries that ask for the same.
    pub related: Vec<String>,
    /// Places in sources that are no catalogue here: a source or law and its number.
    pub refs: Vec<String>,
}

/// The questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// Title.
    pub title: String,
    /// Edition.
    pub edition: String,
    /// Day on which the sources were read.
    #[serde(deserialize_with = "day")]
    pub retrieved: String,
    /// What has to be verified before relying on it.
    pub note: String,
    /// Papers they were drawn from.
    #[serde(rename = "source")]
    pub sources: Vec<QuestionSource>,
    /// The questions, by theme.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
}

/// The questions of notified bodies.
pub fn questions() -> Result<&'static Questions, DataError> {
    static READ: OnceLock<Result<Questions, DataError>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        toml::from_str(include_str!("../data/notified-body-questions.toml")).map_err(|error| DataError {
            file: "notified-body-questions",
            reason: error.message().to_owned(),
        })
    });
    read.as_ref().map_err(Clone::clone)
}
