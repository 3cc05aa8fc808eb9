//! What pages show of a device, worked out once for all of them.

use crate::WebError;
use jiff::Timestamp;
use medward_coverage::{Answer, statements};
use medward_file::SecurityFile;
use medward_response::{Scope, Start};
use medward_risk::heatmap::Frame;
use medward_risk::overall::{HeatMap, overall};
use medward_risk::{Acceptance, AxisResult, Deciding, Evaluation, FileMethod, Levels, Ordinal, Ranked};
use medward_rules::Live;

/// Risks named in a cell of a map; the others are counted.
const NAMED_MAX: usize = 4;

/// Where a risk stands on one axis.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) severity: u8,
    pub(crate) column: u8,
    pub(crate) code: String,
    pub(crate) acceptance: Acceptance,
}

/// Safety and privacy, never merged; nothing where the risk does not touch the axis.
pub(crate) type Places = [Option<Place>; 2];

/// A risk of the register.
#[derive(Debug)]
pub(crate) struct RiskRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) before: Places,
    pub(crate) left: Places,
    pub(crate) deciding: &'static str,
    /// Controls that it leans on and that do not hold today.
    pub(crate) missing: Vec<String>,
}

impl RiskRow {
    /// The worse of what its axes allow.
    pub(crate) fn worst(&self) -> Option<Acceptance> {
        self.left.iter().flatten().map(|place| place.acceptance).max_by_key(|it| rank(*it))
    }
}

/// The order of what levels allow, the best first.
pub(crate) fn rank(acceptance: Acceptance) -> u8 {
    match acceptance {
        Acceptance::Accept => 0,
        Acceptance::WithReason => 1,
        Acceptance::Reduce => 2,
        Acceptance::Never => 3,
    }
}

fn place<S: Ordinal>(result: Option<AxisResult<S>>, levels: &Levels) -> Option<Place> {
    result.map(|it| Place {
        severity: it.severity.rank(),
        column: it.column.rank(),
        code: levels.code(it.level).to_owned(),
        acceptance: it.acceptance,
    })
}

/// The ranked register.
pub(crate) fn risks(ranked: &[Ranked<'_>], method: &FileMethod<'_>) -> Vec<RiskRow> {
    let levels = &method.method().parts().levels;
    let places = |it: &Evaluation| [place(it.safety, levels), place(it.privacy, levels)];
    let row = |risk: &Ranked<'_>| RiskRow {
        id: risk.id.to_owned(),
        title: risk.title.to_owned(),
        before: places(&risk.initial),
        left: places(&risk.residual),
        deciding: match risk.residual.deciding {
            Deciding::Safety => "safety",
            Deciding::Privacy => "privacy",
            Deciding::Both => "both",
            Deciding::Neither => "neither",
        },
        missing: risk.state.missing.iter().map(|id| (*id).to_owned()).collect(),
    };
    ranked.iter().map(row).collect()
}

/// A cell of a heat map.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) code: String,
    pub(crate) acceptance: Acceptance,
    pub(crate) named: Vec<String>,
    pub(crate) count: usize,
}

/// A heat map: severity down from the worst, exploitability to the right.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<Cell>)>,
}

/// The maps of both axes with the controls in force.
pub(crate) fn maps(ranked: &[Ranked<'_>], method: &FileMethod<'_>) -> [Map; 2] {
    let parts = method.method().parts();
    let all = overall(ranked.iter().map(|risk| (&risk.id, &risk.residual)), &parts.levels);
    let (exploitability, levels) = (&parts.exploitability, &parts.levels);
    let safety = Frame { severity: &parts.safety, exploitability, matrix: &parts.safety_matrix, levels };
    let privacy = Frame { severity: &parts.privacy, exploitability, matrix: &parts.privacy_matrix, levels };
    [map(&all.safety_map, &safety), map(&all.privacy_map, &privacy)]
}

fn map<S: Ordinal>(map: &HeatMap<S, &str>, frame: &Frame<'_, S>) -> Map {
    let columns: Vec<_> = frame.exploitability.levels().collect();
    let cell = |severity, column| {
        let level = frame.matrix.level(severity, column);
        let ids = map.ids(severity, column);
        Cell {
            code: level.map_or("?", |level| frame.levels.code(level)).to_owned(),
            acceptance: level.map_or(Acceptance::Never, |level| frame.levels.acceptance(level)),
            named: ids.iter().take(NAMED_MAX).map(|id| (*id).to_owned()).collect(),
            count: ids.len(),
        }
    };
    let words = |rank: u8, word: Option<&str>| format!("{rank} {}", word.unwrap_or_default());
    let row = |severity: S| {
        let cells = columns.iter().map(|column| cell(severity, *column)).collect();
        (words(severity.rank(), frame.severity.word(severity)), cells)
    };
    Map {
        rows: frame.severity.levels().rev().map(row).collect(),
        columns: columns.iter().map(|it| words(it.rank(), frame.exploitability.word(*it))).collect(),
    }
}

/// A clock that runs.
#[derive(Debug)]
pub(crate) struct ClockRow {
    pub(crate) case: String,
    pub(crate) title: String,
    pub(crate) exercise: bool,
    /// Where it is shown: `vigilance`, `breach`, `further`, `quality`.
    pub(crate) column: String,
    pub(crate) procedure: String,
    pub(crate) article: String,
    pub(crate) recipient: String,
    pub(crate) party: String,
    pub(crate) is_overdue: bool,
    /// Whether nobody stated an awareness yet, so that it counts from the news.
    pub(crate) is_presumed: bool,
    pub(crate) limit: Option<Timestamp>,
}

/// The clocks that run, the first to end first.
pub(crate) fn clocks(file: &SecurityFile, live: &Live) -> Result<Vec<ClockRow>, WebError> {
    let scope = Scope::of(file)?;
    let mut rows = Vec::new();
    for case in live.cases.iter() {
        for clock in scope.clocks(case, live.at)? {
            if !clock.standing.is_open() {
                continue;
            }
            rows.push(ClockRow {
                case: case.id.clone(),
                title: case.title.clone(),
                exercise: case.exercise,
                column: clock.procedure.column.clone(),
                procedure: clock.procedure.title.clone(),
                article: clock.law.article.clone(),
                recipient: clock.law.recipient.clone(),
                party: clock.party.to_owned(),
                is_overdue: clock.standing == medward_response::Standing::Overdue,
                is_presumed: matches!(clock.start, Start::Presumed(_)),
                limit: clock.limit.map(|limit| limit.at),
            });
        }
    }
    rows.sort_by_key(|row| (row.exercise, row.limit.is_none(), row.limit));
    Ok(rows)
}

/// A catalogue as the file answers it.
#[derive(Debug)]
pub(crate) struct CatalogRow {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Whether it applies; nothing while the file does not say.
    pub(crate) applies: Option<bool>,
    pub(crate) entries: Vec<EntryRow>,
}

/// An entry of a catalogue and its answer.
#[derive(Debug)]
pub(crate) struct EntryRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) obligation: &'static str,
    pub(crate) answer: &'static str,
}

/// Answers of the file that are none.
pub(crate) const GAPS: [&str; 2] = ["open", "not passed on"];

impl CatalogRow {
    /// How many entries are answered in this way.
    pub(crate) fn count(&self, answers: &[&str]) -> usize {
        self.entries.iter().filter(|entry| answers.contains(&entry.answer)).count()
    }
}

/// Every catalogue, entry by entry.
pub(crate) fn catalogs(file: &SecurityFile) -> Result<Vec<CatalogRow>, WebError> {
    let row = |statement: medward_coverage::Statement<'_>| CatalogRow {
        id: statement.catalog.id.clone(),
        title: statement.catalog.title.clone(),
        applies: statement.applicability.map(|declared| declared.applies.value),
        entries: statement
            .answers()
            .map(|(entry, answer)| EntryRow {
                id: entry.id.clone(),
                title: entry.title.clone(),
                obligation: entry.modality.word(),
                answer: word(answer),
            })
            .collect(),
    };
    Ok(statements(file)?.into_iter().map(row).collect())
}

fn word(answer: Answer<'_>) -> &'static str {
    match answer {
        Answer::Claimed(_) => "claimed",
        Answer::Deviating(_) => "deviating",
        Answer::Excluded(_) => "not applicable",
        Answer::PassedOn => "passed on",
        Answer::NotPassedOn => "not passed on",
        Answer::Open => "open",
    }
}
