//! `medward check`.

use crate::output::{Error, colour, print, visible};
use medward_diagnostic::{Diagnostic, Severity, Summary, render};
use medward_file::{Kind, Limits, SecurityFile, load};
use std::fmt::Write as _;
use std::path::PathBuf;
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
    /// Day for which to judge expiry, such as 2026-10-01; today when absent
    #[arg(long)]
    at: Option<jiff::civil::Date>,
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
    let today = arguments.at.unwrap_or_else(|| jiff::ZonedDateTime::now().date());
    diagnostics.extend(medward_rules::check(&file, today));
    diagnostics.sort_by(|left, right| left.order().cmp(&right.order()));
    print(&rendered(arguments.format, &file, &diagnostics, &base(directory))?)?;
    let fails = Summary::from(diagnostics.as_slice()).fails();
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The directory as the start of paths from where the command runs.
fn base(directory: &std::path::Path) -> String {
    if directory == std::path::Path::new(".") {
        String::new()
    } else {
        directory.to_string_lossy().into_owned()
    }
}

fn rendered(
    format: Format,
    file: &SecurityFile,
    diagnostics: &[Diagnostic],
    base: &str,
) -> Result<String, Error> {
    Ok(match format {
        Format::Human => {
            let options = render::human::Options { colour: colour(), ..Default::default() };
            render::human::render(diagnostics, &file.sources, options) + &closing(file, diagnostics)
        }
        Format::Json => render::json::render(diagnostics, &file.sources)? + "\n",
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

fn first_sentence(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc, |(first, _)| first).lines().next().unwrap_or_default().trim()
}

fn closing(file: &SecurityFile, diagnostics: &[Diagnostic]) -> String {
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
    let summary = Summary::from(diagnostics);
    let verdict = if summary.fails() { "findings" } else { "clean" };
    let _ = writeln!(text, "{}: {} records ({})", visible(name), file.len(), counts.join(", "));
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
