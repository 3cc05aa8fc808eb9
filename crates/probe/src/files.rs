//! Reading files and directories within bounds, and their ages.

use crate::configuration::ConfigError;
use crate::configuration::Terms;
use crate::{Context, Fault};
use jiff::Timestamp;
use jiff::civil::Date;
use medward_file::{Map, Text};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes read of one file.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Files of a directory looked at.
const FILES_MAX: usize = 200_000;
const DEPTH_MAX: usize = 8;
const SECONDS_PER_DAY: i64 = 86_400;

/// A whole file.
pub fn read(context: &Context, path: &str) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: &std::io::Error| Fault::unreadable(path, error);
    let file = File::open(context.path(path)).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Fault::unreadable(path, &format!("larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(bytes)
}

/// A whole file of text.
pub fn read_text(context: &Context, path: &str) -> Result<String, Fault> {
    String::from_utf8(read(context, path)?).map_err(|error| Fault::unintelligible(path, &error))
}

/// A whole file of JSON.
pub fn read_json(context: &Context, path: &str) -> Result<serde_json::Value, Fault> {
    serde_json::from_slice(&read(context, path)?).map_err(|error| Fault::unintelligible(path, &error))
}

/// Seconds since a file was written; negative when it claims to be from the future.
pub fn age_seconds(context: &Context, path: &str) -> Result<i64, Fault> {
    let written = std::fs::metadata(context.path(path)).and_then(|metadata| metadata.modified());
    let written = written.map_err(|error| Fault::unreadable(path, &error))?;
    let written = Timestamp::try_from(written).map_err(|error| Fault::unintelligible(path, &error))?;
    Ok(context.now().as_second() - written.as_second())
}

/// A file found in a directory.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// When it was written.
    pub written: Timestamp,
    /// Bytes in it.
    pub bytes: u64,
}

/// The files under a directory, the newest first. Links are not followed.
pub fn newest_first(context: &Context, directory: &str) -> Result<Vec<Found>, Fault> {
    let mut found = Vec::new();
    let mut waiting = vec![(context.path(directory), 0)];
    while let Some((path, depth)) = waiting.pop() {
        context.deadline.left()?;
        let unreadable = |error: &std::io::Error| Fault::unreadable(shown(context, &path), error);
        for entry in std::fs::read_dir(&path).map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let metadata = entry.metadata().map_err(|error| unreadable(&error))?;
            if metadata.is_dir() && depth < DEPTH_MAX {
                waiting.push((entry.path(), depth + 1));
            } else if metadata.is_file() {
                let written = metadata.modified().map_err(|error| unreadable(&error))?;
                let written = Timestamp::try_from(written)
                    .map_err(|error| Fault::unintelligible(shown(context, &entry.path()), &error))?;
                found.push(Found { path: entry.path(), written, bytes: metadata.len() });
            }
            if found.len() > FILES_MAX {
                return Err(Fault::unreadable(directory, &format!("more than {FILES_MAX} files")));
            }
        }
    }
    if found.is_empty() {
        return Err(Fault::Empty { what: format!("no file in {directory}") });
    }
    found.sort_by(|left, right| right.written.cmp(&left.written).then_with(|| left.path.cmp(&right.path)));
    Ok(found)
}

/// A path as the security file would write it, without the place where this machine keeps that.
pub fn shown(context: &Context, path: &Path) -> String {
    path.strip_prefix(&context.environment.directory).unwrap_or(path).display().to_string()
}

/// The beginning of a file.
pub fn beginning(context: &Context, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes));
    read.map_err(|error| Fault::unreadable(shown(context, path), &error))?;
    Ok(bytes)
}

/// Days from a date to now; negative for the future.
pub fn age_days(context: &Context, date: Date) -> Result<i64, Fault> {
    let then = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    let then = then.map_err(|error| Fault::unintelligible(date.to_string(), &error))?;
    Ok((context.now().as_second() - then.as_second()).div_euclid(SECONDS_PER_DAY))
}

/// A date, with or without a time behind it.
pub fn date(text: &str) -> Option<Date> {
    text.trim().get(..10)?.parse().ok()
}

/// The columns of a CSV file, by the name the probe uses, with the name in the file.
#[derive(Debug, Clone)]
pub struct Columns(BTreeMap<&'static str, String>);

impl Columns {
    /// The columns a probe knows, renamed as the file says.
    pub fn new(
        reader: Terms,
        key: &'static str,
        known: &[&'static str],
        renamed: &Map<Text>,
    ) -> Result<Self, ConfigError> {
        if let Some((unknown, _)) = renamed.iter().find(|(name, _)| !known.contains(&&*name.value)) {
            let why = format!("is no column of this probe; columns: {}", known.join(", "));
            return Err(reader.unusable(key, &unknown.value, unknown.span, why));
        }
        let name = |known: &&'static str| {
            (*known, renamed.get(known).map_or((*known).to_owned(), |to| to.to_string()))
        };
        Ok(Self(known.iter().map(name).collect()))
    }

    /// The rows of a file. Each column of `needed` must be there; the others read as empty.
    pub fn rows(&self, context: &Context, path: &str, needed: &[&'static str]) -> Result<Vec<Row>, Fault> {
        self.rows_of(&read(context, path)?, path, needed)
    }

    /// The rows of CSV that came from elsewhere.
    pub fn rows_of(&self, bytes: &[u8], path: &str, needed: &[&'static str]) -> Result<Vec<Row>, Fault> {
        let empty = || Fault::Empty { what: format!("{path} has no row") };
        // Some clients write no header where there is no row.
        if bytes.trim_ascii().is_empty() {
            return Err(empty());
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let bad = |error: &csv::Error| Fault::unintelligible(path, error);
        let headers = reader.headers().map_err(|error| bad(&error))?.clone();
        let mut places = BTreeMap::new();
        for (known, name) in &self.0 {
            match headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name) {
                Some(place) => drop(places.insert(*known, place)),
                None if needed.contains(known) => {
                    return Err(Fault::unintelligible(path, &format!("no column `{name}`")));
                }
                None => {}
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| bad(&error))?;
            let cell = |place: &usize| record.get(*place).unwrap_or_default().to_owned();
            rows.push(Row(places.iter().map(|(known, place)| (*known, cell(place))).collect()));
        }
        if rows.is_empty() {
            return Err(empty());
        }
        Ok(rows)
    }
}

/// One row of a CSV file.
#[derive(Debug, Clone)]
pub struct Row(BTreeMap<&'static str, String>);

impl Row {
    /// The cell of a column; empty where there is none.
    pub fn cell(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// Whether a cell says yes; nothing where it says neither yes nor no.
    pub fn yes(&self, column: &str) -> Option<bool> {
        match self.cell(column).to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "enabled" | "active" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "disabled" | "" | "none" => Some(false),
            _ => None,
        }
    }
}

/// The first few of many, for people.
pub fn few(items: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = items.iter().take(SHOWN).map(String::as_str).collect();
    match items.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
