//! Records of other systems as CSV (RFC 4180) with a heading: training, reviews, scans, whatever shows that a control is lived.
//!
//! Columns: `control`, `outcome` (`passed` or `failed`), `observed` (day or time), and `valid` (`365d`) or `valid_until` (day or
//! time); besides `probe` and `reference`. Any other column is refused, so that no personal data come along unseen.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_evidence::Schedule;
use medward_ledger::{Outcome, Reason};

/// Most rows read from one file.
const ROWS_MAX: usize = 100_000;
/// Columns that may be there.
const COLUMNS: [&str; 7] = ["control", "outcome", "observed", "valid", "valid_until", "probe", "reference"];
/// Parts of headings that speak of people.
const PERSONAL: [&str; 12] = [
    "name",
    "person",
    "patient",
    "mail",
    "phone",
    "birth",
    "address",
    "user",
    "employee",
    "staff",
    "initials",
    "signature",
];

/// What a record says of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Line of the file, from 1.
    pub line: u64,
    /// Id of the control.
    pub control: String,
    /// Probe of the control that it stands for, where the record says.
    pub probe: Option<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// When it was observed.
    pub observed: Timestamp,
    /// Last moment at which it counts.
    pub valid_until: Timestamp,
    /// Number or place of the record in the other system.
    pub reference: Option<Reason>,
}

/// What is wrong with a file of records, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RecordError {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// Reads the records of a file; either all of them, or everything that is wrong.
pub fn read(bytes: &[u8]) -> Result<Vec<Record>, Vec<RecordError>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let at = |line: u64, reason: String| RecordError { line, reason };
    let heading = reader.headers().map_err(|error| vec![at(1, error.to_string())])?.clone();
    let wrong: Vec<_> =
        heading.iter().filter_map(|column| heading_error(column).map(|why| at(1, why))).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    for needed in ["control", "outcome", "observed"] {
        if !heading.iter().any(|column| column == needed) {
            return Err(vec![at(1, format!("the column `{needed}` is missing"))]);
        }
    }
    if !heading.iter().any(|column| column.starts_with("valid")) {
        return Err(vec![at(1, "neither `valid` nor `valid_until` is among the columns".to_owned())]);
    }
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                errors.push(at(line, error.to_string()));
                break;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        if records.len() >= ROWS_MAX {
            errors.push(at(line, format!("a file has at most {ROWS_MAX} records; split it")));
            break;
        }
        let cell = |name: &str| {
            let place = heading.iter().position(|column| column == name)?;
            row.get(place).filter(|value| !value.is_empty())
        };
        match record(line, cell) {
            Ok(record) => records.push(record),
            Err(reason) => errors.push(at(line, reason)),
        }
    }
    if records.is_empty() && errors.is_empty() {
        errors.push(at(1, "there is no record below the heading".to_owned()));
    }
    if errors.is_empty() { Ok(records) } else { Err(errors) }
}

fn heading_error(column: &str) -> Option<String> {
    if COLUMNS.contains(&column) {
        return None;
    }
    let lower = column.to_lowercase();
    let shown = column.escape_debug();
    Some(if PERSONAL.iter().any(|part| lower.contains(part)) {
        format!("the column `{shown}` speaks of people; a ledger holds no personal data, take it out")
    } else {
        format!("there is no column `{shown}`; the columns are {}", COLUMNS.join(", "))
    })
}

fn record<'c>(line: u64, cell: impl Fn(&str) -> Option<&'c str>) -> Result<Record, String> {
    let needed = |name: &str| cell(name).ok_or_else(|| format!("`{name}` is empty"));
    let outcome = match needed("outcome")? {
        "passed" => Outcome::Passed,
        "failed" => Outcome::Failed,
        other => return Err(format!("`{}` is no outcome; write `passed` or `failed`", other.escape_debug())),
    };
    let observed = moment(needed("observed")?, false)?;
    let valid_until = match (cell("valid"), cell("valid_until")) {
        (Some(interval), None) => {
            let interval = Schedule::parse(interval).map_err(|error| error.to_string())?.interval();
            observed.checked_add(interval).unwrap_or(Timestamp::MAX)
        }
        (None, Some(until)) => moment(until, true)?,
        _ => return Err("give one of `valid` and `valid_until`".to_owned()),
    };
    if valid_until < observed {
        return Err("it would have run out before it was observed".to_owned());
    }
    if cell("reference").is_some_and(|reference| reference.contains('@')) {
        return Err(
            "the reference looks like the address of a person; a ledger holds no personal data".to_owned()
        );
    }
    let reference = cell("reference").map(Reason::try_from).transpose().map_err(|error| error.to_string())?;
    Ok(Record {
        line,
        control: needed("control")?.to_owned(),
        probe: cell("probe").map(str::to_owned),
        outcome,
        observed,
        valid_until,
        reference,
    })
}

/// A time, or a day: its beginning, or its end. In UTC where no zone is given.
fn moment(text: &str, is_end: bool) -> Result<Timestamp, String> {
    let day = |day: Date| {
        let civil = if is_end { day.at(23, 59, 59, 0) } else { day.at(0, 0, 0, 0) };
        TimeZone::UTC.to_timestamp(civil)
    };
    // A point in time is tried first: its text begins with a day.
    let found = text.parse::<Timestamp>();
    let found =
        found.or_else(|error| if text.contains('T') { Err(error) } else { text.parse().and_then(day) });
    let shown = text.escape_debug();
    found.map_err(|_| {
        format!("`{shown}` is neither a day such as 2026-10-01 nor a time such as 2026-10-01T14:30Z")
    })
}
