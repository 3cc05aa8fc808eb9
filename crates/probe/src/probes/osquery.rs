//! `osquery`: rows that must be as they should, and a query that must return nothing. Asked live, or read from files.
//!
//! Live it runs `osqueryi --json QUERY`. The tests run a stand-in that prints what osquery documents, because no
//! package of osquery is to be had from the distribution they run on.

use crate::configuration::{ConfigError, Terms, optional};
use crate::files::{age_seconds, few, read_json};
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{OsqueryProbe, Probe};
use medward_file::{Map, Text};
use serde_json::Value;
use std::collections::BTreeSet;

probe! {
    /// Every row of an osquery query is as it must be, and a query of what must not be returns nothing.
    Osquery, "osquery", osquery: OsqueryProbe, needs &["osquery.query", "osquery.none"]
}

const SECONDS_PER_HOUR: i64 = 3600;

/// Where the rows come from.
enum Source {
    Live(String),
    Files { query: String, none: String, hours_max: i64 },
}

/// What a column must be.
enum Demand {
    Equals(String, String),
    Within { column: String, least: f64, most: f64 },
}

struct Queries {
    source: Source,
    query: String,
    rows_min: usize,
    demands: Vec<Demand>,
    none: String,
}

type Row = serde_json::Map<String, Value>;

fn prepare(reader: Terms, _: &Probe, own: &OsqueryProbe) -> Result<Queries, ConfigError> {
    let statement = |written: Option<&Text>, key, why| {
        let text = reader.text(written, key, why)?;
        let span = written.map_or_else(Default::default, |text| text.span);
        let text = text.trim().trim_end_matches(';').to_owned();
        let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if text.contains(';') || !["select", "with"].contains(&first.as_str()) {
            return Err(reader.unusable(key, &text, span, "is not one SELECT; write one, without `;`"));
        }
        Ok(text)
    };
    let query = statement(own.query.as_ref(), "osquery.query", "query that must return rows")?;
    let none = statement(own.none.as_ref(), "osquery.none", "query that must return nothing")?;
    // A table that is always empty on this platform returns nothing for ever.
    if tables(&query).is_disjoint(&tables(&none)) {
        let span = own.none.as_ref().map_or_else(Default::default, |text| text.span);
        let why = "shares no table with `query`, so nothing shows that what it asks for is filled";
        return Err(reader.unusable("osquery.none", &none, span, why));
    }
    let rows_min = reader.number(own.rows_min.as_ref(), "osquery.rows_min", 1..=1_000_000, 1)?;
    Ok(Queries {
        source: source(reader, own)?,
        query,
        rows_min: usize::try_from(rows_min).unwrap_or(usize::MAX),
        demands: demands(reader, own)?,
        none,
    })
}

fn source(reader: Terms, own: &OsqueryProbe) -> Result<Source, ConfigError> {
    let hours = own.results_hours_max.as_ref();
    let hours_max = reader.number(hours, "osquery.results_hours_max", 1..=8760, 24)?;
    match (optional(own.results.as_ref()), optional(own.none_results.as_ref())) {
        (Some(query), Some(none)) => Ok(Source::Files { query, none, hours_max }),
        (None, None) => {
            Ok(Source::Live(optional(own.program.as_ref()).unwrap_or_else(|| "osqueryi".to_owned())))
        }
        (Some(_), None) => Err(reader.missing("osquery.none_results", "file of what `none` returned")),
        (None, Some(_)) => Err(reader.missing("osquery.results", "file of what `query` returned")),
    }
}

fn demands(reader: Terms, own: &OsqueryProbe) -> Result<Vec<Demand>, ConfigError> {
    let bounds = |map: &Map<Text>, key| {
        let number = |(column, written): (&Text, &Text)| match written.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok((column.to_string(), number)),
            _ => Err(reader.unusable(key, &written.value, written.span, "is no decimal number")),
        };
        map.iter().map(|(column, written)| number((column, written))).collect::<Result<Vec<_>, _>>()
    };
    let equals =
        own.equals.iter().map(|(column, value)| Demand::Equals(column.to_string(), value.to_string()));
    let least = bounds(&own.least, "osquery.least")?;
    let most = bounds(&own.most, "osquery.most")?;
    let least =
        least.into_iter().map(|(column, least)| Demand::Within { column, least, most: f64::INFINITY });
    let most =
        most.into_iter().map(|(column, most)| Demand::Within { column, least: f64::NEG_INFINITY, most });
    Ok(equals.chain(least).chain(most).collect())
}

/// The tables of a query: the words behind FROM, JOIN and the commas between them, outside quotes.
fn tables(query: &str) -> BTreeSet<String> {
    let plain: String = query.split('\'').step_by(2).collect::<Vec<_>>().join(" '' ").to_lowercase();
    let spaced = plain.replace(',', " , ").replace(['(', ')'], " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (mut found, mut in_from) = (BTreeSet::new(), false);
    for pair in words.windows(2) {
        let [word, next] = pair else { continue };
        match *word {
            "from" | "join" => in_from = true,
            "where" | "on" | "using" | "group" | "order" | "limit" | "select" | "union" => in_from = false,
            _ => {}
        }
        if in_from && ["from", "join", ","].contains(word) && *next != "select" {
            found.insert((*next).to_owned());
        }
    }
    found
}

/// The rows in an answer: a list, or the snapshot of `osqueryd` around it with the second it was taken.
fn rows(document: Value, what: &str) -> Result<(Vec<Row>, Option<i64>), Fault> {
    let (list, taken) = match document {
        Value::Object(mut snapshot) => {
            let taken = snapshot.get("unixTime").and_then(Value::as_i64);
            let taken = taken.ok_or_else(|| Fault::unintelligible(what, &"no `unixTime` in the snapshot"))?;
            (snapshot.remove("snapshot").unwrap_or_default(), Some(taken))
        }
        list => (list, None),
    };
    let Value::Array(list) = list else {
        return Err(Fault::unintelligible(what, &"neither a list of rows nor a snapshot"));
    };
    let row = |value| match value {
        Value::Object(row) => Ok(row),
        _ => Err(Fault::unintelligible(what, &"a row that is no object")),
    };
    Ok((list.into_iter().map(row).collect::<Result<_, _>>()?, taken))
}

/// A cell as text: osquery quotes everything, some exporters do not.
fn cell(row: &Row, column: &str) -> Option<String> {
    match row.get(column)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

impl Demand {
    fn shown(&self) -> String {
        match self {
            Self::Equals(column, value) => format!("{column} is {value}"),
            Self::Within { column, least, most } => format!("{column} is from {least} to {most}"),
        }
    }

    /// Whether a row keeps it, and what stands there.
    fn judge(&self, row: &Row) -> (Verdict, String) {
        let (Self::Equals(column, _) | Self::Within { column, .. }) = self;
        let Some(cell) = cell(row, column) else {
            return (Verdict::Unknown, format!("no {column}"));
        };
        let verdict = match self {
            Self::Equals(_, value) => Verdict::from(cell == *value),
            Self::Within { least, most, .. } => match cell.trim().parse::<f64>() {
                Ok(number) if !number.is_nan() => Verdict::from((*least..=*most).contains(&number)),
                _ => Verdict::Unknown,
            },
        };
        (verdict, cell)
    }

    fn check(&self, query: &str, rows: &[Row], findings: &mut Findings) {
        let judged: Vec<_> = rows.iter().map(|row| self.judge(row)).collect();
        let (mut verdict, mut others) = (Verdict::Held, Vec::new());
        for (one, seen) in judged {
            match one {
                Verdict::Held => continue,
                Verdict::Broken => verdict = Verdict::Broken,
                Verdict::Unknown if verdict == Verdict::Held => verdict = Verdict::Unknown,
                Verdict::Unknown => {}
            }
            others.push(seen);
        }
        let expected = format!("in every row of `{query}` {}", self.shown());
        findings.positive(expected, verdict, format!("{} rows, otherwise: {}", rows.len(), few(&others)));
    }
}

fn live(program: &str, query: &str) -> Program {
    let argv = [program, "--json", query].map(str::to_owned).to_vec();
    // Queries of the file read what the user may read: that is for the caller to allow.
    Program { argv, ..Program::default() }
}

impl Queries {
    fn ask(&self, context: &Context, is_none: bool, findings: &mut Findings) -> Result<Vec<Row>, Fault> {
        let text = if is_none { &self.none } else { &self.query };
        match &self.source {
            Source::Live(program) => {
                let what = format!("the answer of osquery to `{text}`");
                let ended = live(program, text).run(context)?;
                findings.raw(text, ended.raw());
                if ended.exit != Some(0) {
                    let errors = String::from_utf8_lossy(&ended.errors).trim().to_owned();
                    return Err(Fault::unintelligible(what, &format!("{}: {errors}", ended.shown())));
                }
                if ended.output_bytes > ended.output.len() as u64 {
                    let why = format!("{} bytes; ask for fewer columns or rows", ended.output_bytes);
                    return Err(Fault::unintelligible(what, &why));
                }
                let document = serde_json::from_slice(&ended.output)
                    .map_err(|error| Fault::unintelligible(&what, &error))?;
                rows(document, &what).map(|(rows, _)| rows)
            }
            Source::Files { query, none, hours_max } => {
                let path = if is_none { none } else { query };
                let document = read_json(context, path)?;
                findings.raw(path, document.to_string());
                let (rows, taken) = rows(document, path)?;
                let seconds = match taken {
                    Some(taken) => context.now().as_second().saturating_sub(taken),
                    None => age_seconds(context, path)?,
                };
                // A minute for clocks that disagree.
                if seconds < -60 || seconds > hours_max.saturating_mul(SECONDS_PER_HOUR) {
                    let hours = seconds.div_euclid(SECONDS_PER_HOUR);
                    let why = format!("{hours} hours old, {hours_max} allowed; it says nothing of now");
                    return Err(Fault::unintelligible(path, &why));
                }
                Ok(rows)
            }
        }
    }
}

impl Prepared for Queries {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let rows = self.ask(context, false, findings)?;
        if rows.is_empty() {
            return Err(Fault::Empty { what: format!("`{}` returns no row", self.query) });
        }
        let expected = format!("`{}` returns {} rows at least", self.query, self.rows_min);
        findings.positive(expected, rows.len() >= self.rows_min, format!("{} rows", rows.len()));
        for demand in &self.demands {
            demand.check(&self.query, &rows, findings);
        }
        let found = self.ask(context, true, findings)?;
        let shown: Vec<_> = found.into_iter().map(|row| Value::Object(row).to_string()).collect();
        findings.negative(format!("`{}` returns nothing", self.none), shown.is_empty(), few(&shown));
        Ok(())
    }

    fn repeat(&self) -> String {
        let program = match &self.source {
            Source::Live(program) => program,
            Source::Files { .. } => "osqueryi",
        };
        let line = |query: &str| live(program, query).shown();
        format!("{}\n{}  # must be empty", line(&self.query), line(&self.none))
    }
}

#[cfg(test)]
mod tests {
    use super::tables;

    #[test]
    fn tables_of_a_query_are_found() {
        let found = |query| tables(query).into_iter().collect::<Vec<_>>();
        assert_eq!(found("SELECT * FROM users WHERE shell = 'from groups'"), ["users"]);
        assert_eq!(found("select u.uid, g.gid from users u, groups g where 1"), ["groups", "users"]);
        assert_eq!(
            found("select (select max(uid) from users) from os_version JOIN time"),
            ["os_version", "time", "users"]
        );
        assert_eq!(found("select 1"), Vec::<String>::new());
    }
}
