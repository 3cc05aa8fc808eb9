//! The questions of notified bodies, each with where the file answers it.

use super::{Document, section};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use medward_catalog::{Answerable, Entry, Question, questions};
use medward_coverage::{Answer, Statement, statements};
use medward_file::Kind;
use medward_file::kinds::{Claim, Control};
use std::collections::{BTreeSet, HashMap};

pub(super) const DOCUMENT: Document = Document {
    name: "notified-body-questions",
    title: "Questions of a notified body",
    purpose: "Lists what notified bodies ask about cybersecurity, with the place in the file that answers it and what is still to be shown.",
    basis: "MDR Annex IX 2 and 4; public questionnaires of notified bodies, in own words",
    is_sheet: true,
    build,
};

/// Places named for one question; of more, the rest is counted.
const PLACES_MAX: usize = 8;

/// Entries by id and by section of MDCG 2019-16, each with its answer.
struct Answers<'f> {
    by_id: HashMap<String, Answer<'f>>,
    by_section: HashMap<String, Vec<Answer<'f>>>,
}

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let list = questions()?;
    let statements = statements(subject.file())?;
    let answers = answers(&statements);
    let mut themes: Vec<&str> = Vec::new();
    for question in &list.questions {
        if !themes.contains(&question.theme.as_str()) {
            themes.push(&question.theme);
        }
    }
    let mut about = vec![
        Block::text(format!(
            "{} questions, edition {}, sources read on {}. {}. A question counts as claimed when every catalogue entry that asks for the same is \
             claimed, excluded with a reason or passed on; whether what was claimed convinces is for the assessor to say.",
            list.questions.len(),
            list.edition,
            list.retrieved,
            list.note
        )),
        Block::Table(sources(list)),
    ];
    let mut tables = Vec::new();
    let (mut open, mut for_people) = (0_usize, 0_usize);
    for theme in themes {
        let mut table = Table::new(
            capitalised(theme),
            "claim.*, control.*",
            &[
                ("Question", 13),
                ("What is asked", 36),
                ("What to show", 30),
                ("State", 14),
                ("Where", 26),
                ("Live", 16),
                ("Usual trap", 24),
            ],
        );
        for question in list.questions.iter().filter(|question| question.theme == theme) {
            let found = of(question, &answers);
            let (state, tone) = match found.as_slice() {
                [] => ("for people to answer", Tone::Warn),
                found if found.iter().any(|answer| matches!(answer, Answer::Open | Answer::NotPassedOn)) => {
                    ("OPEN", Tone::Bad)
                }
                found if found.iter().any(|answer| matches!(answer, Answer::Deviating(_))) => {
                    ("claimed in part", Tone::Warn)
                }
                _ => ("claimed", Tone::Good),
            };
            open = open.saturating_add(usize::from(state == "OPEN"));
            for_people = for_people.saturating_add(usize::from(found.is_empty()));
            let controls = controls(subject, question, &found);
            table.row([
                Cell::lead(question.id.as_str()),
                question.ask.as_str().into(),
                question.show.as_str().into(),
                Cell::toned(state, tone),
                places(subject, question, &answers, &found).into(),
                live(subject, question, &controls),
                question.trap.as_deref().unwrap_or("").into(),
            ]);
        }
        tables.push(Block::Table(table));
    }
    if open > 0 {
        about.push(Block::open(
            format!("{open} questions meet catalogue entries that have no answer"),
            "regulatory compliance",
            "[claim.\"ENTRY\"]",
        ));
    }
    about.push(Block::open(
        format!("{for_people} questions meet no catalogue entry: prepare what they ask to be shown"),
        "regulatory compliance",
        "documents of the technical file",
    ));
    Ok(vec![section("about", "How to read it", about), section("questions", "Questions by theme", tables)])
}

fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn sources(list: &medward_catalog::Questions) -> Table {
    let mut table = Table::new(
        "Sources and how much of each was read",
        "catalogue notified-body-questions",
        &[("Source", 16), ("Title", 60), ("Read", 20), ("Licence", 20)],
    );
    for source in &list.sources {
        let tone = if source.seen == "full" { Tone::Plain } else { Tone::Warn };
        table.row([
            Cell::lead(source.id.as_str()),
            source.title.as_str().into(),
            Cell::toned(source.seen.as_str(), tone),
            source.licence.as_deref().unwrap_or("").into(),
        ]);
    }
    table
}

fn answers<'f>(statements: &[Statement<'f>]) -> Answers<'f> {
    let mut found = Answers { by_id: HashMap::new(), by_section: HashMap::new() };
    for statement in statements.iter().filter(|statement| statement.applies()) {
        let is_guidance = statement.catalog.id == "mdcg-2019-16";
        for (entry, answer) in statement.answers() {
            found.by_id.insert(entry.id.clone(), answer);
            if is_guidance && asks_for_something(entry) {
                found.by_section.entry(entry.section.clone()).or_default().push(answer);
            }
        }
    }
    found
}

/// Whether an entry is more than an explanation.
fn asks_for_something(entry: &Entry) -> bool {
    entry.modality.word() != "other"
}

/// The answers of the entries that ask for the same.
fn of<'f>(question: &Question, answers: &Answers<'f>) -> Vec<Answer<'f>> {
    let mut found: Vec<_> = question.related.iter().filter_map(|id| answers.by_id.get(id)).copied().collect();
    for section in guidance(question) {
        found.extend(answers.by_section.get(section).into_iter().flatten().copied());
    }
    found
}

fn guidance(question: &Question) -> impl Iterator<Item = &str> {
    question.refs.iter().filter_map(|place| place.strip_prefix("mdcg-2019-16 "))
}

fn claim_of(answer: Answer<'_>) -> Option<&medward_file::Record<Claim>> {
    match answer {
        Answer::Claimed(claim) | Answer::Deviating(claim) => Some(claim),
        _ => None,
    }
}

/// Documents first, then what else the claims name.
fn places(subject: &Subject<'_>, question: &Question, answers: &Answers<'_>, all: &[Answer<'_>]) -> String {
    let near: Vec<_> = question.related.iter().filter_map(|id| answers.by_id.get(id)).copied().collect();
    let from = if near.is_empty() { all } else { &near };
    let mut documents = BTreeSet::new();
    let mut others = BTreeSet::new();
    for link in from.iter().filter_map(|answer| claim_of(*answer)).flat_map(|claim| &claim.satisfied_by) {
        let is_document = subject.file().find(Kind::Document, link.id()).is_some();
        if is_document {
            documents.insert(link.id())
        } else {
            others.insert(link.id())
        };
    }
    let named: Vec<_> = documents.into_iter().chain(others).collect();
    let shown: Vec<_> = named.iter().take(PLACES_MAX).copied().collect();
    let more = named.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Controls that the claims of a question name, of capabilities it names too.
fn controls<'f>(
    subject: &Subject<'f>,
    question: &Question,
    found: &[Answer<'f>],
) -> Vec<&'f medward_file::Record<Control>> {
    let file = subject.file();
    let claimed = found.iter().filter_map(|answer| claim_of(*answer)).flat_map(|claim| &claim.satisfied_by);
    let mut ids: BTreeSet<&str> =
        claimed.map(medward_file::Link::id).filter(|id| file.find(Kind::Control, id).is_some()).collect();
    for code in question.related.iter().filter_map(|id| id.strip_prefix("CAP-")) {
        let providing =
            file.controls.iter().filter(|control| control.capabilities.iter().any(|it| &*it.value == code));
        ids.extend(providing.map(medward_file::Record::id));
    }
    ids.into_iter().filter_map(|id| file.by_id::<Control>(id)).collect()
}

fn live(subject: &Subject<'_>, question: &Question, controls: &[&medward_file::Record<Control>]) -> Cell {
    if question.live == Answerable::No || controls.is_empty() {
        return Cell::Empty;
    }
    let in_force = controls.iter().filter(|control| subject.is_in_force(control)).count();
    let word = if subject.inputs.live.is_some() { "proven" } else { "declared" };
    let tone = if in_force == controls.len() { Tone::Plain } else { Tone::Bad };
    Cell::toned(format!("{in_force} of {} controls {word}", controls.len()), tone)
}
