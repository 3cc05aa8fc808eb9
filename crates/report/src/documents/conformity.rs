//! The conformity table of MDCG 2019-16 and the checklist of the general safety and performance requirements (GSPR).

use super::{Document, ids, said, scope, section, sign_off};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use medward_catalog::Entry;
use medward_coverage::{Answer, Statement, statements};
use medward_file::kinds::{Claim, Control};
use medward_file::{Kind, Record, RecordRef};

pub(super) const DOCUMENT: Document = Document {
    name: "conformity",
    title: "Conformity with MDCG 2019-16 and checklist of MDR Annex I",
    purpose: "Shows for each statement of the guidance and each requirement of Annex I that touches security whether it applies, how it is met and by what.",
    basis: "MDR Annex II 4 and Annex I 14.2, 17, 18.8, 23.4; MDCG 2019-16",
    is_sheet: true,
    build,
};

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let statements = statements(subject.file())?;
    let of = |id: &str| statements.iter().find(|statement| statement.catalog.id == id);
    let mut sections = vec![scope::device(subject)];
    sections.push(section("summary", "Summary", vec![Block::Table(summary(&statements))]));
    let parts = [
        ("mdr-annex-i", "gspr", "General safety and performance requirements (MDR Annex I)"),
        ("mdcg-2019-16", "mdcg", "MDCG 2019-16"),
    ];
    for (catalog, id, title) in parts {
        if let Some(statement) = of(catalog) {
            sections.push(section(id, title, answered(subject, statement)));
        }
    }
    sections.push(sign_off::findings(subject));
    sections.push(sign_off::approvals(subject, &["Regulatory compliance (PRRC)", "Product security"]));
    Ok(sections)
}

/// How many entries of each catalogue are answered in which way.
pub(super) fn summary(statements: &[Statement<'_>]) -> Table {
    let mut table = Table::new(
        "Catalogues and how far they are answered",
        "applicability.*, claim.*",
        &[
            ("Catalogue", 40),
            ("Applies", 12),
            ("Entries", 10),
            ("Met", 8),
            ("Deviating", 11),
            ("Excluded", 11),
            ("Passed on", 11),
            ("Open", 8),
        ],
    );
    for statement in statements {
        let applies = match statement.applicability {
            None => Cell::toned("not declared", Tone::Bad),
            Some(_) if statement.applies() => "yes".into(),
            Some(_) => "no".into(),
        };
        let mut counts = [0_usize; 5];
        if statement.applies() {
            for (_, answer) in statement.answers() {
                let place = match answer {
                    Answer::Claimed(_) => 0,
                    Answer::Deviating(_) => 1,
                    Answer::Excluded(_) => 2,
                    Answer::PassedOn => 3,
                    Answer::NotPassedOn | Answer::Open => 4,
                };
                if let Some(count) = counts.get_mut(place) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let [met, deviating, excluded, passed_on, open] = counts;
        let open = if open == 0 { "0".into() } else { Cell::toned(open.to_string(), Tone::Bad) };
        table.row([
            Cell::lead(format!("{} ({})", statement.catalog.title, statement.catalog.edition)),
            applies,
            statement.catalog.entries.len().to_string().into(),
            met.to_string().into(),
            deviating.to_string().into(),
            excluded.to_string().into(),
            passed_on.to_string().into(),
            open,
        ]);
    }
    table
}

/// A catalogue as the file answers it, entry by entry.
fn answered(subject: &Subject<'_>, statement: &Statement<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::text(format!(
        "Source: {}; edition {}, read on {}. {}",
        statement.catalog.source,
        statement.catalog.edition,
        statement.catalog.retrieved,
        statement.catalog.note
    ))];
    let because = match statement.applicability {
        Some(declared) => format!(
            "{}: {}",
            if statement.applies() { "Applies" } else { "Does not apply" },
            &*declared.because.value
        ),
        None => "The file does not say whether this catalogue applies.".to_owned(),
    };
    blocks.push(Block::text(because));
    if !statement.applies() {
        if statement.applicability.is_none() {
            blocks.push(Block::open(
                format!("Say whether {} applies", statement.catalog.title),
                "regulatory compliance",
                format!("[applicability.{}]", statement.catalog.id),
            ));
        }
        return blocks;
    }
    let mut table = Table::new(
        "Entries and how each is met; * marks wording that was not read in the source",
        format!("claim.*, catalogue {}", statement.catalog.id),
        &[
            ("Entry", 15),
            ("What it asks, in own words", 38),
            ("Verb", 9),
            ("Answer", 13),
            ("How", 34),
            ("By", 22),
            ("Live", 16),
        ],
    );
    let mut open = 0_usize;
    for (entry, answer) in statement.answers() {
        let (word, how, by, live) = answer_cells(subject, entry, answer);
        if matches!(answer, Answer::Open | Answer::NotPassedOn) {
            open = open.saturating_add(1);
        }
        let mark = if entry.source_seen { "" } else { " *" };
        let asks = if entry.text.is_empty() { &entry.title } else { &entry.text };
        table.row([
            Cell::lead(format!("{}{mark}", entry.id)),
            asks.as_str().into(),
            entry.modality.word().into(),
            word,
            how.into(),
            by.into(),
            live,
        ]);
    }
    if open > 0 {
        blocks.push(Block::open(
            format!("{open} entries of {} have no answer", statement.catalog.title),
            "regulatory compliance",
            "[claim.\"ENTRY\"], or pass_on of the applicability",
        ));
    }
    blocks.push(Block::Table(table));
    blocks
}

/// Answer, how, by what, and what the ledger says of the controls among that.
pub(super) fn answer_cells(
    subject: &Subject<'_>,
    entry: &Entry,
    answer: Answer<'_>,
) -> (Cell, String, String, Cell) {
    match answer {
        Answer::Claimed(claim) => {
            (Cell::toned("met", Tone::Good), statement_of(claim), by(claim), live(subject, claim))
        }
        Answer::Deviating(claim) => (
            Cell::toned("deviates", Tone::Warn),
            said(claim.deviation.as_ref()).to_owned(),
            by(claim),
            live(subject, claim),
        ),
        Answer::Excluded(claim) => (
            "does not apply".into(),
            said(claim.not_applicable.as_ref()).to_owned(),
            String::new(),
            Cell::Empty,
        ),
        Answer::PassedOn => {
            ("passed on".into(), format!("duty of {}", addressees(entry)), String::new(), Cell::Empty)
        }
        Answer::NotPassedOn => (
            Cell::toned("OPEN", Tone::Bad),
            format!("duty of {}, and no document tells them", addressees(entry)),
            String::new(),
            Cell::Empty,
        ),
        Answer::Open => (Cell::toned("OPEN", Tone::Bad), String::new(), String::new(), Cell::Empty),
    }
}

/// Whom an entry addresses.
pub(super) fn addressees(entry: &Entry) -> String {
    entry.addressees.iter().map(|one| one.word()).collect::<Vec<_>>().join(", ")
}

fn statement_of(claim: &Record<Claim>) -> String {
    let via: Vec<_> = claim.via.iter().map(|entry| &*entry.value).collect();
    match (said(claim.statement.as_ref()), via.is_empty()) {
        (statement, true) => statement.to_owned(),
        ("", false) => format!("as {}", via.join(", ")),
        (statement, false) => format!("{statement} (as {})", via.join(", ")),
    }
}

fn by(claim: &Record<Claim>) -> String {
    let passed: Vec<_> = claim.pass_on.iter().map(|link| format!("passed on by {}", link.id())).collect();
    let by = ids(&claim.satisfied_by);
    [by].into_iter().chain(passed).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// How many of the controls of a claim are in force.
pub(super) fn live(subject: &Subject<'_>, claim: &Record<Claim>) -> Cell {
    let targets = claim.satisfied_by.iter().filter_map(medward_file::Link::target);
    let controls: Vec<_> = targets
        .filter_map(|at: RecordRef| {
            (at.kind == Kind::Control).then(|| subject.file().typed::<Control>(at)).flatten()
        })
        .collect();
    if controls.is_empty() {
        return Cell::Empty;
    }
    let missing: Vec<_> =
        controls.iter().filter(|control| !subject.is_in_force(control)).map(|control| control.id()).collect();
    let word = if subject.inputs.live.is_some() { "proven" } else { "declared" };
    match (missing.is_empty(), subject.inputs.live.is_some()) {
        (true, true) => Cell::toned(word, Tone::Good),
        (true, false) => word.into(),
        (false, _) => Cell::toned(format!("not {word}: {}", missing.join(", ")), Tone::Bad),
    }
}
