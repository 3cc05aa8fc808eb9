//! `medward trace`: the traceability matrix.

use crate::output::{Error, print, visible};
use medward_file::{Limits, load};
use medward_trace::{Row, html, rows};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `trace`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward trace lung-ct --from R-01\n  medward trace lung-ct --to MDR-AI-17.2\n  \
    medward trace lung-ct --format html > trace.html"
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Only rows with this risk, control, requirement or test
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// Only rows that lead to this test or catalogue entry
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
    /// One page for a browser
    Html,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, problems) = load(&arguments.directory, Limits::default());
    if !problems.is_empty() {
        let place = arguments.directory.display();
        eprintln!(
            "medward: {} problems of reading; rows may be missing: medward check {place}",
            problems.len()
        );
    }
    let mut rows = rows(&file);
    for id in [&arguments.from, &arguments.to].into_iter().flatten() {
        rows.retain(|row| row.mentions(id));
        if rows.is_empty() {
            return Err(Error::Usage(format!(
                "no risk, control, requirement, test or claimed entry `{id}` is traced"
            )));
        }
    }
    let device = file.device.as_ref().map_or("unnamed device", |(_, device)| &device.name);
    print(&match arguments.format {
        Format::Table => visible(&table(&rows)),
        Format::Csv => csv(&rows),
        Format::Json => json(&rows)?,
        Format::Html => html(device, &rows),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn tests(row: &Row<'_>) -> String {
    let tests: Vec<_> = row.tests.iter().map(|(test, result)| format!("{test} {result}")).collect();
    if tests.is_empty() { "NO TEST".to_owned() } else { tests.join(", ") }
}

fn table(rows: &[Row<'_>]) -> String {
    let mut text = format!("{:<9} {:<9} {:<28} {:<8} measure\n", "risk", "control", "tests", "entries");
    for row in rows {
        let (risk, title) = (row.risk.unwrap_or("none"), row.title);
        let _ = writeln!(
            text,
            "{risk:<9} {:<9} {:<28} {:<8} {title}",
            row.control,
            tests(row),
            row.entries.len()
        );
    }
    text
}

fn csv(rows: &[Row<'_>]) -> String {
    let mut text = String::from("risk,control,measure,requirements,tests,entries\r\n");
    for row in rows {
        let cells = [
            row.risk.unwrap_or_default().to_owned(),
            row.control.to_owned(),
            row.title.to_owned(),
            row.requirements.join(" "),
            tests(row),
            row.entries.join(" "),
        ];
        let _ = write!(text, "{}\r\n", cells.map(|cell| quoted(&cell)).join(","));
    }
    text
}

/// A CSV field (RFC 4180); a leading sign that a spreadsheet would run as a formula is defused.
fn quoted(cell: &str) -> String {
    let defused = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{defused}{}\"", cell.replace('"', "\"\""))
}

fn json(rows: &[Row<'_>]) -> Result<String, Error> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let tests: Vec<_> = row
                .tests
                .iter()
                .map(|(id, result)| serde_json::json!({"id": id, "result": result}))
                .collect();
            serde_json::json!({"risk": row.risk, "control": row.control, "title": row.title,
                "requirements": row.requirements, "tests": tests, "entries": row.entries})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
