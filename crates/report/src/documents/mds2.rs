//! The Manufacturer Disclosure Statement for Medical Device Security (ANSI/NEMA HN 1-2019): what follows from the file is answered,
//! the rest is asked for.

mod answer;

use super::{Document, section};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use answer::{Rule, answer, hint};
use medward_catalog::DataError;
use serde::Deserialize;

pub(super) const DOCUMENT: Document = Document {
    name: "mds2",
    title: "Manufacturer disclosure statement for medical device security",
    purpose: "Tells hospital IT what the device does for its security, in the order of the form MDS2 of 2019.",
    basis: "ANSI/NEMA HN 1-2019; MDR Annex I 17.4 and 23.4(ab)",
    is_sheet: true,
    build,
};

const DATA: &str = include_str!("../../data/mds2-2019.toml");

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(rename = "section")]
    sections: Vec<FormSection>,
}

#[derive(Debug, Deserialize)]
struct FormSection {
    code: String,
    title: String,
    /// Number, topic, rules: the first that says something answers.
    questions: Vec<(String, String, Rules)>,
}

/// Rules of a question, written with `|` between them.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Rules(Vec<Rule>);

impl TryFrom<String> for Rules {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split(" | ").map(Rule::read).collect::<Result<_, _>>().map(Self)
    }
}

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let form: Form = toml::from_str(DATA)
        .map_err(|error| DataError { file: "mds2-2019", reason: error.message().to_owned() })?;
    let mut table = Table::new(
        "Questions and answers",
        "device, asset.*, flow.*, control.*, release.*, document.*",
        &[
            ("Id", 12),
            ("Section", 22),
            ("Topic, in own words", 32),
            ("Answer", 18),
            ("Note", 42),
            ("State", 14),
        ],
    );
    let mut asked = 0_usize;
    for part in &form.sections {
        for (number, topic, rules) in &part.questions {
            let id = format!("{}-{number}", part.code);
            let found = rules.0.iter().find_map(|rule| answer(subject, rule, &part.code));
            asked = asked.saturating_add(usize::from(found.is_none()));
            let state = if found.is_some() {
                Cell::toned("derived", Tone::Good)
            } else {
                Cell::toned("OPEN", Tone::Warn)
            };
            let (answer, note) = found.unwrap_or_else(|| (String::new(), hint(subject, &part.code)));
            table.row([
                Cell::lead(id),
                part.title.as_str().into(),
                topic.as_str().into(),
                answer.into(),
                note.into(),
                state,
            ]);
        }
    }
    let all = table.rows.len();
    let head = vec![
        Block::text(
            "Answers marked as derived follow from the security file, whose records the note names. Topics are in our own words and from \
             memory: the wording of the form decides, so read it beside this table before handing it out.",
        ),
        Block::open(
            format!(
                "{asked} of {all} questions follow from nothing in the security file; answer them by the form"
            ),
            "manufacturer",
            "column Answer of the spreadsheet: Yes, No, N/A or See Note",
        ),
    ];
    Ok(vec![
        section("about", "How to read it", head),
        section("answers", "Answers", vec![Block::Table(table)]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_has_its_240_questions_in_23_sections() {
        let form: Form = toml::from_str(DATA).unwrap();
        assert_eq!(form.sections.len(), 23);
        let questions: Vec<_> = form.sections.iter().flat_map(|section| &section.questions).collect();
        assert_eq!(questions.len(), 240);
        assert!(questions.iter().all(|(_, topic, _)| !topic.is_empty()));
    }
}
