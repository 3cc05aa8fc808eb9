//! The statement of applicability of ISO/IEC 27001: each control of Annex A, whether it is in, why, and how far it is there.

use super::conformity::{answer_cells, live};
use super::{Document, ids, said, section, sign_off};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use medward_coverage::{Answer, Statement, statements};
use medward_file::kinds::{Claim, Control};
use medward_file::{Kind, Record};

pub(super) const DOCUMENT: Document = Document {
    name: "statement-of-applicability",
    title: "Statement of applicability, ISO/IEC 27001",
    purpose: "Names the controls of Annex A that are needed, why each is in or out, and whether it is implemented.",
    basis: "ISO/IEC 27001:2022 6.1.3 d)",
    is_sheet: true,
    build,
};

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let statements = statements(subject.file())?;
    let Some(statement) = statements.iter().find(|statement| statement.catalog.id == "iso-27001") else {
        return Ok(Vec::new());
    };
    let mut blocks = Vec::new();
    match statement.applicability {
        Some(declared) => blocks.push(Block::text(format!(
            "{}: {}",
            if statement.applies() { "The standard applies" } else { "The standard does not apply" },
            &*declared.because.value
        ))),
        None => blocks.push(Block::open(
            "Say whether ISO/IEC 27001 applies, and why",
            "management",
            "[applicability.iso-27001]",
        )),
    }
    blocks.push(Block::text(
        "Numbers are those of Annex A of the edition of 2022; names are our own, since the text of the standard is under copyright.",
    ));
    if statement.applies() {
        blocks.push(Block::Table(table(subject, statement)));
        let open = statement.answers().filter(|(_, answer)| matches!(answer, Answer::Open)).count();
        if open > 0 {
            blocks.push(Block::open(
                format!("{open} controls of Annex A are neither claimed nor excluded"),
                "management",
                "[claim.\"ISO27001-A...\"]",
            ));
        }
    }
    Ok(vec![
        section("applicability", "Controls of Annex A", blocks),
        sign_off::approvals(subject, &["Information security", "Top management"]),
    ])
}

fn table(subject: &Subject<'_>, statement: &Statement<'_>) -> Table {
    let mut table = Table::new(
        "Annex A, control by control",
        "claim.*, control.*, risk.*",
        &[
            ("Annex A", 9),
            ("Name (own)", 24),
            ("In", 8),
            ("Why it is in or out", 36),
            ("Implemented by", 22),
            ("Implemented", 13),
            ("Live", 14),
        ],
    );
    for (entry, answer) in statement.answers() {
        let (word, how, ..) = answer_cells(subject, entry, answer);
        let (applies, why, by, implemented, live) = match answer {
            Answer::Claimed(claim) | Answer::Deviating(claim) => (
                "yes".into(),
                [how, risks_treated(subject, claim)]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("; "),
                ids(&claim.satisfied_by),
                implemented(subject, claim),
                live(subject, claim),
            ),
            Answer::Excluded(claim) => (
                "no".into(),
                said(claim.not_applicable.as_ref()).to_owned(),
                String::new(),
                Cell::Empty,
                Cell::Empty,
            ),
            Answer::PassedOn => ("passed on".into(), how, String::new(), Cell::Empty, Cell::Empty),
            Answer::NotPassedOn | Answer::Open => (word, how, String::new(), Cell::Empty, Cell::Empty),
        };
        table.row([
            Cell::lead(entry.section.as_str()),
            entry.title.as_str().into(),
            applies,
            why.into(),
            by.into(),
            implemented,
            live,
        ]);
    }
    table
}

/// The risks that the controls of a claim treat: why the control is needed.
fn risks_treated(subject: &Subject<'_>, claim: &Record<Claim>) -> String {
    const SHOWN_MAX: usize = 5;
    let file = subject.file();
    let controls: Vec<_> = controls(claim).collect();
    let risks = file.risks.iter().filter(|risk| {
        risk.controls.iter().any(|link| link.target().is_some_and(|at| controls.contains(&at)))
    });
    let risks: Vec<_> = risks.map(medward_file::Record::id).collect();
    match risks.len() {
        0 => String::new(),
        1..=SHOWN_MAX => format!("treats {}", risks.join(", ")),
        count => format!("treats {count} risks"),
    }
}

fn controls(claim: &Record<Claim>) -> impl Iterator<Item = medward_file::RecordRef> {
    claim.satisfied_by.iter().filter_map(medward_file::Link::target).filter(|at| at.kind == Kind::Control)
}

fn implemented(subject: &Subject<'_>, claim: &Record<Claim>) -> Cell {
    if claim.deviation.is_some() {
        return Cell::toned("in part", Tone::Warn);
    }
    let planned: Vec<_> = controls(claim)
        .filter_map(|at| subject.file().typed::<Control>(at))
        .filter(|control| !medward_paths::is_implemented(control))
        .map(Record::id)
        .collect();
    if planned.is_empty() {
        "yes".into()
    } else {
        Cell::toned(format!("planned: {}", planned.join(", ")), Tone::Warn)
    }
}
