//! The incident file: each event with its two procedures and their clocks, what was answered, done and said.

use super::{Document, section, sign_off};
use crate::ReportError;
use crate::model::{Block, Cell, Facts, Section, Table, Tone};
use crate::subject::{Subject, second};
use medward_ledger::Subject as About;
use medward_response::{Axis, Case, Clock, Finding, Holds, Scope, Standing, regimes};

pub(super) const DOCUMENT: Document = Document {
    name: "incident-file",
    title: "Incident file",
    purpose: "Shows each event with the two procedures that may follow from it, vigilance and breach notification, their clocks, and every step taken.",
    basis: "MDR Art. 87 to 89; GDPR Art. 33(5) and 34; ISO 13485:2016 8.2.3",
    is_sheet: false,
    build,
};

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let Some(live) = subject.inputs.live else {
        let none = Block::open(
            "No ledger was asked: events and what was done about them stand there and nowhere else",
            "operations",
            "`medward ledger init`, `medward event add`",
        );
        return Ok(vec![section("incidents", "Events", vec![none])]);
    };
    let scope = Scope::of(subject.file())?;
    let cases: Vec<&Case> = match subject.inputs.case {
        Some(id) => vec![live.cases.get(id).ok_or_else(|| ReportError::Case(id.to_owned()))?],
        None => live.cases.of(About::Event).filter(|case| case.known >= subject.from()).collect(),
    };
    let mut sections =
        vec![section("list", "Events of the period", vec![Block::Table(list(&cases, subject))])];
    let mut blocks = Vec::new();
    for case in &cases {
        blocks.extend(file_of(case, subject, &scope)?);
    }
    sections.push(section("incidents", "Each event", blocks));
    let roles = ["Clinical safety", "Data protection", "Regulatory compliance (PRRC)"];
    sections.push(sign_off::signatures(&roles));
    Ok(sections)
}

fn list(cases: &[&Case], subject: &Subject<'_>) -> Table {
    let period = format!("Events that became known from {} to {}", second(subject.from()), subject.origin.at);
    let mut table = Table::new(
        period,
        "acts in the ledger",
        &[("Case", 18), ("What", 40), ("Happened", 22), ("Known", 22), ("Brought by", 18), ("Exercise", 10)],
    );
    for case in cases {
        table.row([
            Cell::lead(case.id.as_str()),
            case.title.as_str().into(),
            second(case.from).into(),
            second(case.known).into(),
            case.source.word().into(),
            super::yes(case.exercise).into(),
        ]);
    }
    table
}

fn file_of(case: &Case, subject: &Subject<'_>, scope: &Scope) -> Result<Vec<Block>, ReportError> {
    let source = format!("acts on {} in the ledger", case.id);
    let links: Vec<_> = case.links.iter().map(String::as_str).collect();
    let exercise = if case.exercise { "EXERCISE: this did not happen; no duty follows from it" } else { "" };
    let facts = Facts::new(format!("{} {}", case.id, case.title), source.as_str())
        .with("Exercise", Cell::toned(exercise, Tone::Warn))
        .with("Happened", second(case.from))
        .with("Ended", case.until.map_or(String::new(), second))
        .with(
            "Became known",
            format!("{}, {} ({})", second(case.known), reported(case.reports), case.source.word()),
        )
        .with("Written down", second(case.opened))
        .with("Has to do with", links.join(", "))
        .with("Goes on as", case.joined.clone().unwrap_or_default())
        .with("Sealed details", case.details.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let mut blocks = vec![Block::Facts(facts)];
    if case.joined.is_some() {
        return Ok(blocks);
    }
    if case.is_untouched {
        blocks.push(Block::open(
            format!("{}: a probe brought it and nobody has looked at it", case.id),
            "operations",
            "`medward incident triage`",
        ));
        return Ok(blocks);
    }
    let clocks = scope.clocks(case, subject.inputs.at)?;
    let mut findings = findings(case, scope, &source)?;
    blocks.append(&mut findings);
    let tables = [
        procedures(case, scope, &source),
        clock_table(&clocks, &source),
        steps(case, &source),
        words(case, &source),
    ];
    blocks.extend(tables.into_iter().filter(|table| !table.rows.is_empty()).map(Block::Table));
    // An exercise has clocks to train on and leaves nobody with a duty.
    for clock in clocks.iter().filter(|clock| clock.standing == Standing::Overdue && !case.exercise) {
        blocks.push(Block::open(
            format!("{}: {} {} is overdue for {}", case.id, clock.law.regime, clock.law.article, clock.party),
            format!("party.{}", clock.party),
            "`medward incident step`",
        ));
    }
    Ok(blocks)
}

/// What the facts say of each finding, axis by axis; what is not decided is open.
fn findings(case: &Case, scope: &Scope, source: &str) -> Result<Vec<Block>, ReportError> {
    let mut table = Table::new(
        "What the facts say, each axis by itself",
        source,
        &[("Finding", 22), ("Axis", 12), ("Holds", 14), ("Which means", 40), ("Article", 20)],
    );
    let holds = scope.findings(case);
    let bound = scope.procedures();
    let is_bound = |finding: &&Finding| bound.iter().any(|(procedure, _)| procedure.axis == finding.axis);
    let mut blocks = Vec::new();
    for finding in regimes()?.findings.iter().filter(is_bound) {
        let (word, tone, means) = match holds(&finding.id) {
            Holds::Yes => ("yes", Tone::Bad, finding.yes.as_str()),
            Holds::No => ("no", Tone::Plain, finding.no.as_str()),
            Holds::Unsure => ("not decided", Tone::Warn, "counts as reportable until someone decides"),
        };
        table.row([
            Cell::lead(finding.id.as_str()),
            finding.axis.word().into(),
            Cell::toned(word, tone),
            means.into(),
            finding.article.as_str().into(),
        ]);
        if holds(&finding.id) == Holds::Unsure && !case.exercise {
            let open = finding.open(|question| case.answer(question)).join(", ");
            blocks.push(Block::open(
                format!(
                    "{}: decide on {} ({}); open questions: {open}",
                    case.id, finding.id, finding.article
                ),
                who_decides(finding.axis),
                "`medward incident triage`",
            ));
        }
    }
    blocks.insert(0, Block::Table(table));
    Ok(blocks)
}

/// How often something was reported, in words.
fn reported(times: u32) -> String {
    if times == 1 { "reported once".to_owned() } else { format!("reported {times} times") }
}

/// Who answers for the facts of an axis.
fn who_decides(axis: Axis) -> &'static str {
    match axis {
        Axis::Safety => "clinical safety",
        Axis::Privacy => "data protection",
        Axis::Network | Axis::Product => "product security",
        Axis::Rights => "regulatory compliance",
        Axis::Quality => "quality management",
    }
}

fn procedures(case: &Case, scope: &Scope, source: &str) -> Table {
    let mut table = Table::new(
        "Procedures and where each stands",
        source,
        &[("Procedure", 30), ("Party", 18), ("State", 26), ("Next", 44)],
    );
    for (procedure, party) in scope.procedures() {
        let Some(state) = case.state(procedure, party) else { continue };
        if state.id == procedure.begin
            && case.last_step(&procedure.id, party).is_none()
            && procedure.column == "further"
        {
            continue;
        }
        let tone = if state.end { Tone::Good } else { Tone::Warn };
        table.row([
            Cell::lead(procedure.title.as_str()),
            party.into(),
            Cell::toned(state.title.as_str(), tone),
            state.task.as_str().into(),
        ]);
    }
    table
}

fn clock_table(clocks: &[Clock<'_>], source: &str) -> Table {
    let mut table = Table::new(
        "Clocks; * marks law whose text was not read in the source",
        source,
        &[("Law", 20), ("Of", 14), ("To", 22), ("Counted from", 22), ("Limit", 26), ("Stands", 20)],
    );
    for clock in clocks {
        let mark = if clock.law.source_seen { "" } else { " *" };
        let limit = match &clock.limit {
            Some(limit) => limit.shown(),
            None => clock.law.duty_speed.clone(),
        };
        let (word, tone) = match clock.standing {
            Standing::Met(at) => (format!("met on {}", second(at)), Tone::Good),
            Standing::Late(at) => (format!("late, on {}", second(at)), Tone::Bad),
            Standing::Overdue => ("OVERDUE".to_owned(), Tone::Bad),
            other => (other.word().to_owned(), Tone::Plain),
        };
        table.row([
            Cell::lead(format!("{} {}{mark}", clock.law.regime, clock.law.article)),
            clock.party.into(),
            clock.law.recipient.as_str().into(),
            clock.start.at().map_or_else(|| "not yet".to_owned(), second).into(),
            limit.into(),
            Cell::toned(word, tone),
        ]);
    }
    table
}

fn steps(case: &Case, source: &str) -> Table {
    let mut table = Table::new(
        "Steps taken",
        source,
        &[("When", 22), ("Procedure", 20), ("Party", 14), ("Step", 18), ("Because", 34), ("Role", 14)],
    );
    for step in &case.steps {
        table.row([
            Cell::lead(second(step.at)),
            step.procedure.as_str().into(),
            step.entity.as_str().into(),
            step.transition.as_str().into(),
            step.because.as_deref().unwrap_or("").into(),
            step.role.as_str().into(),
        ]);
    }
    table
}

/// Answers and texts, as given.
fn words(case: &Case, source: &str) -> Table {
    let mut table =
        Table::new("Answers and texts", source, &[("Question or field", 26), ("Answer", 60), ("Given", 22)]);
    for (question, answer) in &case.answers {
        table.row([Cell::lead(question.as_str()), answer.words.join(", ").into(), second(answer.at).into()]);
    }
    for (field, note) in &case.notes {
        table.row([Cell::lead(field.as_str()), note.text.as_str().into(), second(note.at).into()]);
    }
    table
}
