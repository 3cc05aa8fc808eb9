//! What is asked of an event, and the answers it may have.

use crate::data::{DataError, once};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

/// Not known, or not agreed on; never a reason to let a clock stand still.
pub const UNSURE: &str = "unsure";

/// What an event does something to. The axes are never merged: a finding of one looks at questions of that one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// People, through the device.
    Safety,
    /// People, through their data.
    Privacy,
    /// Services.
    Network,
    /// Products with digital elements that are no devices.
    Product,
    /// Fundamental rights, through AI.
    Rights,
    /// The quality system; asks nothing of events.
    Quality,
}

impl Axis {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Privacy => "privacy",
            Self::Network => "network",
            Self::Product => "product",
            Self::Rights => "rights",
            Self::Quality => "quality",
        }
    }
}

/// A question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Id.
    pub id: String,
    /// Its axis.
    pub axis: Axis,
    /// What is asked.
    pub ask: String,
    /// What the law says about it.
    pub article: String,
    /// Words that may be answered, each with its meaning; besides `unsure`.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// Whether several answers may hold at once.
    #[serde(default)]
    pub several: bool,
    /// Whether the answer is a whole number.
    #[serde(default)]
    pub number: bool,
}

/// Why an answer cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No such question.
    #[error("there is no question `{0}`; `medward incident questions` lists them")]
    Question(String),
    /// Not an answer to it.
    #[error("`{answer}` is no answer to `{question}`; answer {choice}")]
    Answer {
        /// The question.
        question: String,
        /// What was answered.
        answer: String,
        /// What may be answered.
        choice: String,
    },
    /// The data are broken.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl Question {
    /// What may be answered, for people.
    pub fn choice(&self) -> String {
        if self.number {
            return "with a whole number, or `unsure`".to_owned();
        }
        let words: Vec<_> =
            self.answers.keys().map(String::as_str).chain([UNSURE]).map(|word| format!("`{word}`")).collect();
        let several = if self.several { "one or more of " } else { "" };
        format!("{several}{}", words.join(", "))
    }

    /// Checks answers: words of the list, one unless several may hold, `none` and `unsure` alone.
    pub fn check(&self, answers: &[String]) -> Result<(), AnswerError> {
        let refused = |answer: &str| AnswerError::Answer {
            question: self.id.clone(),
            answer: answer.escape_debug().to_string(),
            choice: self.choice(),
        };
        let is_known = |word: &String| {
            word == UNSURE
                || self.answers.contains_key(word)
                || (self.number && word.len() <= 12 && word.parse::<u64>().is_ok())
        };
        if let Some(unknown) = answers.iter().find(|word| !is_known(word)) {
            return Err(refused(unknown));
        }
        let alone = |word: &str| answers.iter().any(|answer| answer == word) && answers.len() > 1;
        if answers.is_empty() || (answers.len() > 1 && !self.several) || alone(UNSURE) || alone("none") {
            return Err(refused(&answers.join(", ")));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    question: Vec<Question>,
}

/// All questions, in the order asked.
pub fn questions() -> Result<&'static [Question], DataError> {
    static READ: OnceLock<Result<File, DataError>> = OnceLock::new();
    Ok(&once(&READ, "questions", include_str!("../data/questions.toml"))?.question)
}

/// The question of an id.
pub fn question(id: &str) -> Result<&'static Question, AnswerError> {
    let found = questions()?.iter().find(|question| question.id == id);
    found.ok_or_else(|| AnswerError::Question(id.escape_debug().to_string()))
}

/// Whether something holds: an open question leaves it unsure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// It does not.
    No,
    /// Not known.
    Unsure,
    /// It does.
    Yes,
}

/// A condition on one answer, written `question = word | word`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Condition {
    /// The question.
    pub question: String,
    /// The words of which one must be answered.
    pub words: Vec<String>,
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (question, words) = text.split_once('=').ok_or_else(|| format!("`{text}` is no condition"))?;
        let words = words.split('|').map(|word| word.trim().to_owned()).collect();
        Ok(Self { question: question.trim().to_owned(), words })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} = {}", self.question, self.words.join(" | "))
    }
}

impl Condition {
    /// Whether it holds of the answers to its question.
    pub fn holds(&self, answers: Option<&[String]>) -> Holds {
        match answers {
            None => Holds::Unsure,
            Some(answers) if answers.iter().any(|answer| self.words.contains(answer)) => Holds::Yes,
            Some(answers) if answers.iter().any(|answer| answer == UNSURE) => Holds::Unsure,
            Some(_) => Holds::No,
        }
    }
}
