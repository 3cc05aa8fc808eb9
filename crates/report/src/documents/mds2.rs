//! The Manufacturer Disclosure Statement for Medical Device Security (ANSI/NEMA HN 1-2019): what the maker answers in the file, what
//! follows from it, and what is asked for still.

mod answer;

use super::{Document, section};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use answer::{Rule, YES, answer, hint};
use medward_catalog::disclosure_form;
use medward_file::Link;
use medward_file::kinds::{Disclosure, DisclosureAnswer, Satisfier};

pub(super) const DOCUMENT: Document = Document {
    name: "mds2",
    title: "Manufacturer disclosure statement for medical device security",
    purpose: "Tells hospital IT what the device does for its security, in the order of the form MDS2 of 2019.",
    basis: "ANSI/NEMA HN 1-2019; MDR Annex I 17.4 and 23.4(ab)",
    is_sheet: true,
    build,
};

/// What stands beside a question.
struct Shown {
    answer: String,
    note: String,
    state: Cell,
    is_open: bool,
}

/// The maker's own answer first, held against what follows from the file; then what follows; else what may help.
fn shown(subject: &Subject<'_>, id: &str, derived: Option<(String, String)>, code: &str) -> Shown {
    let declared = subject.file().disclosures.iter().find(|disclosure| disclosure.id() == id);
    match (declared, derived) {
        (Some(declared), derived) => {
            let contradiction =
                derived.filter(|(derived, _)| derived == YES && is_denied(declared.answer.value));
            let mut notes: Vec<String> = declared.note.iter().map(|note| note.value.to_string()).collect();
            notes.extend(rests_on(subject, declared));
            notes.extend(contradiction.iter().map(|(_, note)| format!("but the file says: {note}")));
            let (state, is_open) = match contradiction {
                Some(_) => (Cell::toned("CONTRADICTED", Tone::Bad), true),
                None => (Cell::toned("declared", Tone::Good), false),
            };
            Shown { answer: word(declared.answer.value).to_owned(), note: notes.join(" "), state, is_open }
        }
        (None, Some((answer, note))) => {
            Shown { answer, note, state: Cell::toned("derived", Tone::Good), is_open: false }
        }
        (None, None) => Shown {
            answer: String::new(),
            note: hint(subject, code),
            state: Cell::toned("OPEN", Tone::Warn),
            is_open: true,
        },
    }
}

/// The word of the form.
fn word(answer: DisclosureAnswer) -> &'static str {
    match answer {
        DisclosureAnswer::Yes => YES,
        DisclosureAnswer::No => "No",
        DisclosureAnswer::NotApplicable => "N/A",
        DisclosureAnswer::SeeNote => "See Note",
    }
}

fn is_denied(answer: DisclosureAnswer) -> bool {
    matches!(answer, DisclosureAnswer::No | DisclosureAnswer::NotApplicable)
}

/// What a declared answer rests on, controls with their state.
fn rests_on(subject: &Subject<'_>, declared: &Disclosure) -> Option<String> {
    let one = |link: &Link<Satisfier>| {
        let control = subject.file().controls.iter().find(|control| control.id() == link.id());
        match control {
            Some(control) => format!("{} ({})", link.id(), subject.state(control)),
            None => link.id().to_string(),
        }
    };
    let named: Vec<_> = declared.rests_on.iter().map(one).collect();
    (!named.is_empty()).then(|| format!("By {}.", named.join(", ")))
}

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let form = disclosure_form()?;
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
        for (id, question) in part.with_ids() {
            let derived =
                Rule::all(question.follows_from())?.iter().find_map(|rule| answer(subject, rule, &part.code));
            let shown = shown(subject, &id, derived, &part.code);
            asked = asked.saturating_add(usize::from(shown.is_open));
            table.row([
                Cell::lead(id),
                part.title.as_str().into(),
                question.topic().into(),
                shown.answer.into(),
                shown.note.into(),
                shown.state,
            ]);
        }
    }
    let all = table.rows.len();
    let mut head = vec![Block::text(
        "Answers marked as derived follow from the security file, whose records the note names; those marked as declared are the \
             maker's own. Topics are in our own words and from memory: the wording of the form decides, so read it beside this table \
             before handing it out.",
    )];
    if asked > 0 {
        head.push(open(asked, all));
    }
    Ok(vec![
        section("about", "How to read it", head),
        section("answers", "Answers", vec![Block::Table(table)]),
    ])
}

fn open(asked: usize, all: usize) -> Block {
    Block::open(
        format!(
            "{asked} of {all} questions follow from nothing in the security file, or are contradicted by it"
        ),
        "manufacturer",
        "answer them by the form, each in a `[disclosure.\"ID\"]`",
    )
}
