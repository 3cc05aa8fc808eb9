//! `medward check`.

use crate::acting::warn;
use crate::live::{Moment, live};
use crate::output::{Error, colour, print, visible};
use crate::wards;
use medward_diagnostic::{Diagnostic, Severity, Summary, render};
use medward_evidence::{Standing, States};
use medward_file::{Kind, Limits, SecurityFile, load};
use medward_rules::Live;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward check lung-ct\n  medward check lung-ct --format sarif > lung-ct.sarif\n\n\
    Exit codes: 0 clean, 1 findings, 2 could not run."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// How to print findings
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Moment to judge for, such as 2026-10-01 (its end) or 2026-10-01T00:00Z; now when absent
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
    #[command(flatten)]
    wards: wards::Wards,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people, with source excerpts
    #[default]
    Human,
    /// For programs; stable
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
    /// For annotations in GitHub workflows
    Github,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let directory = &arguments.directory;
    let io = |source| Error::Io { action: "read", path: directory.clone(), source };
    if !std::fs::metadata(directory).map_err(io)?.is_dir() {
        let message = format!("`{}` is not a directory; name the directory of a device", directory.display());
        return Err(Error::Usage(message));
    }
    let (file, mut diagnostics) = load(directory, Limits::default());
    let today = arguments.at.map_or_else(|| jiff::ZonedDateTime::now().date(), Moment::day);
    let mut live = live(&file, directory, arguments.at)?;
    let of_wards = wards::histories(&file, directory, &arguments.wards)?;
    match &mut live {
        Some(live) => {
            let at = live.at;
            let seen = |(id, history)| (id, medward_live::ward_live(&file, history, at));
            live.wards = of_wards.into_iter().map(seen).collect();
        }
        None if of_wards.is_empty() => {}
        None => warn(
            "what happened in the wards is left out without a ledger of the device: `medward ledger init`",
        ),
    }
    diagnostics.extend(medward_rules::check(&file, today, live.as_ref()));
    diagnostics.sort_by(|left, right| left.order().cmp(&right.order()));
    print(&rendered(arguments.format, &file, &diagnostics, &base(directory), live.as_ref())?)?;
    let fails = Summary::from(diagnostics.as_slice()).fails();
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The directory as the start of paths from where the command runs.
fn base(directory: &Path) -> String {
    if directory == Path::new(".") { String::new() } else { directory.to_string_lossy().into_owned() }
}

fn rendered(
    format: Format,
    file: &SecurityFile,
    diagnostics: &[Diagnostic],
    base: &str,
    live: Option<&Live>,
) -> Result<String, Error> {
    Ok(match format {
        Format::Human => {
            let options = render::human::Options { colour: colour(), ..Default::default() };
            render::human::render(diagnostics, &file.sources, options) + &closing(file, diagnostics, live)
        }
        Format::Json => {
            let controls =
                live.map(|live| live.states.iter().map(|(id, state)| (id, state.word())).collect());
            let checked = Checked { document: render::json::document(diagnostics, &file.sources), controls };
            serde_json::to_string_pretty(&checked)? + "\n"
        }
        Format::Github => render::github::render(diagnostics, &file.sources, base),
        Format::Sarif => {
            let problems = medward_file::problem::ALL.iter().map(|problem| render::sarif::RuleInfo {
                code: problem.code,
                name: problem.name,
                short: first_sentence(problem.doc),
                help: problem.doc,
                help_uri: None,
                severity: Severity::Error,
            });
            let rules = medward_rules::all().map(|rule| render::sarif::RuleInfo {
                code: rule.code,
                name: rule.name,
                short: first_sentence(rule.doc),
                help: rule.doc,
                help_uri: None,
                severity: rule.severity,
            });
            let rules: Vec<_> = problems.chain(rules).collect();
            let options = render::sarif::Options { version: env!("CARGO_PKG_VERSION"), rules: &rules, base };
            render::sarif::render(diagnostics, &file.sources, options)? + "\n"
        }
    })
}

/// The document of findings, with the state of each control by the ledger where there is one.
#[derive(serde::Serialize)]
struct Checked<'c> {
    #[serde(flatten)]
    document: render::json::Document<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<BTreeMap<&'c str, &'c str>>,
}

/// States of controls, the best first.
const WORDS: [&str; 5] = ["proven", "suspect", "stale", "unproven", "failed"];
/// Ids in one line.
const IDS_A_LINE: usize = 14;

/// The controls in a state, in order.
fn controls_in<'s>(states: &'s States, word: &str) -> Vec<&'s str> {
    let mut ids: Vec<_> = states.iter().filter(|(_, state)| state.word() == word).map(|(id, _)| id).collect();
    ids.sort_unstable();
    ids
}

/// A state and the controls in it, on lines of their own.
fn lines(word: &str, ids: &[&str]) -> String {
    let mut lines = String::new();
    for (number, part) in ids.chunks(IDS_A_LINE).enumerate() {
        let word = if number == 0 { word } else { "" };
        let _ = write!(lines, "\n  {word:<8}  {}", part.join(", "));
    }
    lines
}

fn first_sentence(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc, |(first, _)| first).lines().next().unwrap_or_default().trim()
}

fn closing(file: &SecurityFile, diagnostics: &[Diagnostic], live: Option<&Live>) -> String {
    let mut text = String::new();
    let name = file.device.as_ref().map_or("no [device]", |(_, device)| &device.name);
    let counted = |kind: Kind, word: &str| format!("{} {word}", file.ids(kind).count());
    let counts = [
        counted(Kind::Risk, "risks"),
        counted(Kind::Control, "controls"),
        counted(Kind::Claim, "claims"),
        counted(Kind::Asset, "assets"),
        counted(Kind::Test, "tests"),
    ];
    let proof = match live {
        None => "no ledger: controls are taken as declared".to_owned(),
        Some(Live { states, standings, .. }) => {
            let named: Vec<_> = WORDS.iter().map(|word| (*word, controls_in(states, word))).collect();
            let counts: Vec<_> = named.iter().map(|(word, ids)| format!("{} {word}", ids.len())).collect();
            let (mut asked, mut given) = (0_usize, 0_usize);
            for (_, standing) in standings.iter() {
                asked = asked.saturating_add(1);
                given = given.saturating_add(usize::from(matches!(standing, Standing::Given { .. })));
            }
            let counts = format!("ledger: {}; {given} of {asked} approvals given", counts.join(", "));
            named.iter().fold(counts, |text, (word, ids)| text + &lines(word, ids))
        }
    };
    let summary = Summary::from(diagnostics);
    let verdict = if summary.fails() { "findings" } else { "clean" };
    let _ = writeln!(text, "{}: {} records ({})", visible(name), file.len(), counts.join(", "));
    let _ = writeln!(text, "{proof}");
    let _ = writeln!(
        text,
        "{verdict}: {} errors, {} warnings, {} notes, {} waived; {} rules",
        summary.errors,
        summary.warnings,
        summary.notes,
        summary.waived,
        medward_rules::all().count(),
    );
    if summary.fails() {
        text.push_str("`medward explain CODE` says what a rule asks and why\n");
    }
    text
}
