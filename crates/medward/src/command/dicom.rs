//! `medward dicom`: what DICOM files are made of, before anything else opens them, and how they look.

mod view;

use crate::files;
use crate::output::{Error, Format, counted, print, visible};
use indicatif::ProgressBar;
use medward_deid::table::{Pattern, rows};
use medward_dicom_scan::{DataSet, Encoding, Limits, Refused, Scanner, Tag};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Problems of one file shown to people; programs get all that the scan kept.
const PROBLEMS_SHOWN: usize = 5;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Scan DICOM files under limits: structure, problems, refusals, what may identify; pixels are never loaded
    Scan(ScanArguments),
    /// Write a frame as a picture: for looking, not for diagnosis
    View(view::ViewArguments),
}

/// Arguments of `dicom scan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward dicom scan study/\n  medward dicom scan study/ --format json | head -1\n\n\
    JSON is one object a line. Exit codes: 0 every file was read, 1 some were refused, 2 could not run."
)]
pub(crate) struct ScanArguments {
    /// Files, or directories with all that is below them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Sequences and items inside one another
    #[arg(long, default_value_t = Limits::default().depth)]
    depth: u8,
    /// Elements of one file
    #[arg(long, default_value_t = Limits::default().elements)]
    elements: u32,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Scan(arguments) => scan(arguments),
        Arguments::View(arguments) => view::view(arguments),
    }
}

/// Identifying attributes shown to people; programs get all of each file.
const IDENTIFYING_SHOWN: usize = 40;

/// Counts over all files.
#[derive(Debug, Default)]
struct Total {
    files: u64,
    refused: u64,
    problems: u64,
    /// Files with a value in each attribute that the basic profile does not keep.
    identifying: BTreeMap<Tag, u64>,
    /// Files with private elements.
    private: u64,
}

/// What one file came to.
struct Outcome {
    text: String,
    is_refused: bool,
    problems: u64,
    identifying: Vec<Tag>,
    has_private: bool,
}

fn scan(arguments: &ScanArguments) -> Result<ExitCode, Error> {
    let limits = Limits { depth: arguments.depth, elements: arguments.elements, ..Limits::default() };
    let bar = files::progress();
    let mut total = Total::default();
    files::batches(&arguments.paths, |batch| scan_batch(batch, &limits, arguments.format, &mut total, &bar))?;
    bar.finish_and_clear();
    if matches!(arguments.format, Format::Human) {
        print(&total.to_text())?;
    }
    Ok(if total.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Total {
    fn to_text(&self) -> String {
        let Self { files, refused, problems, identifying, private } = self;
        let mut text = String::new();
        if !identifying.is_empty() || *private > 0 {
            text.push_str("may identify someone (PS3.15 Table E.1-1), files with a value:\n");
            if *private > 0 {
                let _ = writeln!(text, "  private elements: {private}");
            }
            for (tag, count) in identifying.iter().take(IDENTIFYING_SHOWN) {
                let _ = writeln!(text, "  {tag} {}: {count}", keyword(*tag));
            }
            let more = identifying.len().saturating_sub(IDENTIFYING_SHOWN);
            if more > 0 {
                let _ =
                    writeln!(text, "  and {more} more attributes; --format json shows those of each file");
            }
        }
        let read = files.saturating_sub(*refused);
        let _ = writeln!(
            text,
            "{}: {read} read, {refused} refused, {}",
            counted(*files, "file"),
            counted(*problems, "problem")
        );
        text
    }
}

fn keyword(tag: Tag) -> &'static str {
    let row = rows().iter().find(|row| row.pattern == Pattern::Tag(tag));
    row.map_or("", |row| row.keyword)
}

/// Attributes with a value that the basic profile of PS3.15 Annex E does not keep, nested ones too, each once.
fn identifying(data_set: &DataSet) -> Vec<Tag> {
    let single = rows().partition_point(|row| matches!(row.pattern, Pattern::Tag(_)));
    let single = rows().get(..single).unwrap_or_default();
    let is_listed = |tag: Tag| {
        let place = single.binary_search_by_key(&tag.0, |row| match row.pattern {
            Pattern::Tag(tag) => tag.0,
            _ => u32::MAX,
        });
        let many = || {
            rows().iter().any(|row| match row.pattern {
                Pattern::Curves => tag.group() >> 8 == 0x50 && !tag.is_private(),
                Pattern::Overlay(element) => {
                    tag.group() >> 8 == 0x60 && !tag.is_private() && tag.element() == element
                }
                _ => false,
            })
        };
        place.is_ok() || (matches!(tag.group() >> 8, 0x50 | 0x60) && many())
    };
    let elements = data_set.elements().iter().filter(|element| element.value_bytes() > 0);
    let mut found: Vec<_> = elements.map(|element| element.tag).filter(|tag| is_listed(*tag)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Scans on all cores and prints in the order of the paths.
fn scan_batch(
    paths: &[PathBuf],
    limits: &Limits,
    format: Format,
    total: &mut Total,
    bar: &ProgressBar,
) -> Result<(), Error> {
    let outcomes: Vec<Outcome> = paths
        .par_iter()
        .map_init(
            || Scanner::new(limits),
            |scanner, path| {
                let outcome = scan_file(scanner, path, format);
                bar.inc(1);
                outcome
            },
        )
        .collect();
    let mut text = String::new();
    for outcome in &outcomes {
        total.files += 1;
        total.refused += u64::from(outcome.is_refused);
        total.problems = total.problems.saturating_add(outcome.problems);
        total.private += u64::from(outcome.has_private);
        for tag in &outcome.identifying {
            *total.identifying.entry(*tag).or_default() += 1;
        }
        text.push_str(&outcome.text);
    }
    bar.suspend(|| print(&text))
}

fn scan_file(scanner: &mut Scanner, path: &Path, format: Format) -> Outcome {
    match File::open(path) {
        Ok(mut file) => match scanner.scan(&mut file) {
            Ok(data_set) => read(path, data_set, format),
            Err(refused) => refuse(path, &refused.to_string(), Some(&refused), format),
        },
        Err(error) => refuse(path, &format!("cannot be opened: {error}"), None, format),
    }
}

fn refuse(path: &Path, reason: &str, refused: Option<&Refused>, format: Format) -> Outcome {
    let path = path.display().to_string();
    let text = match format {
        Format::Human => visible(&format!("{path}: refused: {reason}\n")),
        Format::Json => line(&serde_json::json!({
            "path": path,
            "refused": reason,
            "offset": refused.map(|refused| refused.offset),
        })),
    };
    Outcome { text, is_refused: true, problems: 0, identifying: Vec::new(), has_private: false }
}

fn read(path: &Path, data_set: &DataSet, format: Format) -> Outcome {
    let problems = (data_set.problems().len() as u64).saturating_add(data_set.problems_left_out());
    let path = path.display().to_string();
    let identifying = identifying(data_set);
    let text = match format {
        Format::Human => human(&path, data_set, problems),
        Format::Json => json(&path, data_set, &identifying),
    };
    let has_private = data_set.elements().iter().any(|element| element.tag.is_private());
    Outcome { text, is_refused: false, problems, identifying, has_private }
}

/// Files without problems are counted at the end only.
fn human(path: &str, data_set: &DataSet, problems: u64) -> String {
    if problems == 0 {
        return String::new();
    }
    let mut text = format!("{path}: {}\n", counted(problems, "problem"));
    for problem in data_set.problems().iter().take(PROBLEMS_SHOWN) {
        let tag = problem.tag.map(|tag| format!(", element {tag}")).unwrap_or_default();
        let _ = writeln!(text, "  byte {}{tag}: {}", problem.offset, problem.oddity);
    }
    let more = problems.saturating_sub(PROBLEMS_SHOWN as u64);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more; --format json shows them");
    }
    visible(&text)
}

fn json(path: &str, data_set: &DataSet, identifying: &[Tag]) -> String {
    let problems: Vec<_> = data_set
        .problems()
        .iter()
        .map(|problem| {
            serde_json::json!({
                "offset": problem.offset,
                "tag": problem.tag.map(|tag| tag.to_string()),
                "oddity": problem.oddity.to_string(),
            })
        })
        .collect();
    let elements = data_set.elements();
    let left: u64 = elements
        .iter()
        .filter(|one| one.is_left_in_source())
        .map(medward_dicom_scan::Element::value_bytes)
        .sum();
    let syntax = data_set.transfer_syntax();
    line(&serde_json::json!({
        "path": path,
        "transfer_syntax": data_set.meta_text(Tag::TRANSFER_SYNTAX),
        "encoding": match syntax.encoding {
            Encoding::ImplicitLittle => "implicit little endian",
            Encoding::ExplicitLittle => "explicit little endian",
            Encoding::ExplicitBig => "explicit big endian",
        },
        "deflated": syntax.is_deflated,
        "elements": elements.len(),
        "depth": elements.iter().map(|element| element.depth).max(),
        "private_elements": elements.iter().filter(|element| element.tag.is_private()).count(),
        "identifying": identifying.iter().map(Tag::to_string).collect::<Vec<_>>(),
        "bytes_not_loaded": left,
        "problems": problems,
        "problems_left_out": data_set.problems_left_out(),
    }))
}

fn line(value: &serde_json::Value) -> String {
    let mut line = value.to_string();
    line.push('\n');
    line
}
