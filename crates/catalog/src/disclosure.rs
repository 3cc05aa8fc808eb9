//! The form of the Manufacturer Disclosure Statement for Medical Device Security (MDS2): its ids, topics in own words, and what an answer
//! follows from. A list of its own, since its questions demand nothing.

use crate::DataError;
use serde::Deserialize;
use std::sync::OnceLock;

/// A question of the form: its number within the section, its topic, and what an answer follows from.
#[derive(Debug, Clone, Deserialize)]
pub struct DisclosureQuestion(String, String, String);

impl DisclosureQuestion {
    /// Its topic, in own words.
    pub fn topic(&self) -> &str {
        &self.1
    }

    /// What an answer follows from: rules with `|` between them, of which the first that says something answers.
    pub fn follows_from(&self) -> &str {
        &self.2
    }
}

/// A section of the form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureSection {
    /// Its code, with which the ids of its questions begin.
    pub code: String,
    /// Its title.
    pub title: String,
    /// Its questions.
    pub questions: Vec<DisclosureQuestion>,
}

impl DisclosureSection {
    /// The questions with their ids.
    pub fn with_ids(&self) -> impl Iterator<Item = (String, &DisclosureQuestion)> {
        self.questions.iter().map(|question| (format!("{}-{}", self.code, question.0), question))
    }
}

/// The form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureForm {
    /// Title.
    pub title: String,
    /// Where ids and topics are from.
    pub source: String,
    /// Edition.
    pub edition: String,
    /// Day on which the source was read.
    #[serde(deserialize_with = "crate::day")]
    pub retrieved: String,
    /// Whether the wording was read in the source.
    pub source_seen: bool,
    /// Its sections.
    #[serde(rename = "section")]
    pub sections: Vec<DisclosureSection>,
}

/// The form MDS2 of 2019 (ANSI/NEMA HN 1-2019).
pub fn disclosure_form() -> Result<&'static DisclosureForm, DataError> {
    static READ: OnceLock<Result<DisclosureForm, DataError>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        toml::from_str(include_str!("../data/mds2-2019.toml"))
            .map_err(|error| DataError { file: "mds2-2019", reason: error.message().to_owned() })
    });
    read.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_has_its_240_questions_in_23_sections() {
        let form = disclosure_form().unwrap();
        assert_eq!(form.sections.len(), 23);
        let questions: Vec<_> = form.sections.iter().flat_map(DisclosureSection::with_ids).collect();
        assert_eq!(questions.len(), 240);
        assert!(questions.iter().all(|(_, question)| !question.topic().is_empty()));
        let ids: std::collections::HashSet<_> = questions.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), 240);
    }
}
