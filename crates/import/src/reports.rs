//! Complaints and incidents of other systems: CSV, Jira issues and GitHub issues as JSON, by a mapping that says which field is what.
//!
//! Nothing is taken that the mapping does not name. What may name people goes into `details`, which the caller seals beside the ledger; a
//! title is taken only where the mapping says so.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most records read from one file.
const RECORDS_MAX: usize = 200_000;
/// Deepest nesting of an issue that is looked into.
const DEPTH_MAX: usize = 6;

/// Which field of the other system is what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Form of the file.
    pub format: Form,
    /// Word for what the records are: `event` or `complaint`.
    pub subject: String,
    /// Word for where they come from.
    pub source: String,
    /// Name of the other system, which goes before its numbers.
    pub system: String,
    /// Field with the number of the record.
    pub reference: String,
    /// Field with when it happened.
    pub happened: String,
    /// Field with when it became known; as `happened` where absent.
    #[serde(default)]
    pub known: Option<String>,
    /// Field with a title that names nobody; the number alone where absent.
    #[serde(default)]
    pub title: Option<String>,
    /// Fields that may name people.
    #[serde(default)]
    pub details: Vec<String>,
    /// Records to take: each of these fields must contain its text, in any case of letters.
    #[serde(default)]
    pub only: BTreeMap<String, String>,
}

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// CSV with a heading.
    Csv,
    /// JSON of Jira: `{"issues": [...]}` or a list; fields as `fields.summary`.
    Jira,
    /// JSON of GitHub: a list of issues; fields as `title`, `labels`.
    Github,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// System and number.
    pub reference: String,
    /// Title, or the reference.
    pub title: String,
    /// When it happened.
    pub happened: Timestamp,
    /// When it became known.
    pub known: Timestamp,
    /// What may name people, field by field.
    pub details: String,
}

/// What is wrong with a file, and in which record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {record}: {reason}")]
pub struct ReportError {
    /// The record, from 1; 0 for the file as a whole.
    pub record: usize,
    /// What is wrong.
    pub reason: String,
}

impl Mapping {
    /// Reads a mapping.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The records of a file that the mapping takes; all of them, or everything that is wrong.
    pub fn reports(&self, bytes: &[u8]) -> Result<Vec<Report>, Vec<ReportError>> {
        let rows = match self.format {
            Form::Csv => csv_rows(bytes),
            Form::Jira | Form::Github => json_rows(bytes),
        };
        let rows = rows.map_err(|reason| vec![ReportError { record: 0, reason }])?;
        if rows.len() > RECORDS_MAX {
            let reason = format!("a file has at most {RECORDS_MAX} records; split it");
            return Err(vec![ReportError { record: 0, reason }]);
        }
        let (mut reports, mut errors) = (Vec::new(), Vec::new());
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| self.takes(row)) {
            match self.report(row) {
                Ok(report) => reports.push(report),
                Err(reason) => errors.push(ReportError { record: place.saturating_add(1), reason }),
            }
        }
        if errors.is_empty() { Ok(reports) } else { Err(errors) }
    }

    fn takes(&self, row: &Row) -> bool {
        self.only.iter().all(|(field, wanted)| {
            row.get(field).is_some_and(|value| value.to_lowercase().contains(&wanted.to_lowercase()))
        })
    }

    fn report(&self, row: &Row) -> Result<Report, String> {
        let needed = |field: &str| {
            let value = row.get(field).map(|value| value.trim()).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the field `{}` is missing or empty", field.escape_debug()))
        };
        let reference = format!("{}-{}", self.system, needed(&self.reference)?);
        let happened = moment(needed(&self.happened)?)?;
        let known = match &self.known {
            Some(field) => moment(needed(field)?)?,
            None => happened,
        };
        let title = match &self.title {
            Some(field) => needed(field)?.to_owned(),
            None => reference.clone(),
        };
        let detail = |field: &String| row.get(field).map(|value| format!("{field}: {value}\n"));
        let details = self.details.iter().filter_map(detail).collect();
        Ok(Report { reference, title, happened, known, details })
    }
}

/// Fields of a record by name.
type Row = BTreeMap<String, String>;

fn csv_rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let heading = reader.headers().map_err(|error| error.to_string())?.clone();
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.map_err(|error| error.to_string())?;
        Ok(heading.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect())
    };
    reader.records().take(RECORDS_MAX.saturating_add(1)).map(row).collect()
}

fn json_rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let issues = value.get("issues").unwrap_or(&value);
    let issues = issues.as_array().ok_or("it is neither a list of issues nor an object with `issues`")?;
    Ok(issues.iter().map(flat).collect())
}

/// The values of an issue by their path; a list as its words with commas between them.
fn flat(issue: &serde_json::Value) -> Row {
    let mut row = Row::new();
    collect(issue, String::new(), 0, &mut row);
    row
}

fn collect(value: &serde_json::Value, path: String, depth: usize, row: &mut Row) {
    use serde_json::Value;
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(value, path, depth.saturating_add(1), row);
            }
        }
        Value::Array(items) => {
            let words: Vec<_> = items.iter().filter_map(word).collect();
            row.insert(path, words.join(", "));
        }
        Value::Null => {}
        other => {
            row.extend(word(other).map(|word| (path, word)));
        }
    }
}

/// A value as a word; of an object its name.
fn word(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Object(fields) => {
            fields.get("name").or_else(|| fields.get("value")).and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let begin = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    let found = text
        .parse::<Timestamp>()
        .or_else(|error| if text.contains('T') { Err(error) } else { text.parse::<Date>().and_then(begin) });
    let shown: String = text.chars().take(40).collect();
    found.map_err(|_| format!("`{}` is neither a day nor a time with its zone", shown.escape_debug()))
}
