//! `medward risk`: the ranked register and a heat map for each axis.

use crate::output::{Error, colour, print, visible};
use medward_file::kinds::Acceptance;
use medward_file::{Limits, SecurityFile, load};
use medward_risk::{Axis, Method, Ranked, State, register};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `risk`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, problems) = load(&arguments.directory, Limits::default());
    if !problems.is_empty() {
        let place = arguments.directory.display();
        eprintln!(
            "medward: {} problems of reading; risks may be missing: medward check {place}",
            problems.len()
        );
    }
    let ranked = register(&file);
    print(&match arguments.format {
        Format::Human => table(&ranked) + &maps(&file, &ranked),
        Format::Json => json(&ranked)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn cell(state: Option<State<'_>>) -> String {
    state.map_or_else(
        || "-".into(),
        |state| format!("{}x{} {}", state.severity, state.exploitability, state.level),
    )
}

fn table(ranked: &[Ranked<'_>]) -> String {
    let mut text = String::from(
        "severity x exploitability and level, before -> with controls; ranked by what remains\n\
         risk      safety            privacy           decides   title\n",
    );
    for risk in ranked {
        let [safety, privacy] = [0, 1]
            .map(|axis| format!("{} -> {}", axis_cell(&risk.initial, axis), axis_cell(&risk.residual, axis)));
        let (id, title) = (visible(risk.id), visible(risk.title));
        let _ = writeln!(text, "{id:<9} {safety:<17} {privacy:<17} {:<9} {title}", risk.deciding());
    }
    text
}

fn axis_cell(states: &[Option<State<'_>>; 2], axis: usize) -> String {
    cell(states.get(axis).copied().flatten())
}

/// How many risks stand in each cell with their controls in force, one map for each axis.
fn maps(file: &SecurityFile, ranked: &[Ranked<'_>]) -> String {
    let method = Method::of(file);
    let mut text = String::new();
    for (position, axis) in Axis::ALL.into_iter().enumerate() {
        let _ = writeln!(text, "\n{} with controls: severity down, exploitability across", axis.word());
        for severity in (1..=method.severities(axis)).rev() {
            let _ = write!(text, "{severity:>3} ");
            for exploitability in 1..=method.exploitabilities() {
                let [severity, exploitability] =
                    [severity, exploitability].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
                let states = ranked.iter().filter_map(|risk| risk.residual.get(position).copied().flatten());
                let count = states
                    .filter(|state| state.severity == severity && state.exploitability == exploitability)
                    .count();
                let level = method.level(axis, severity, exploitability).unwrap_or("?");
                let shown = if count == 0 { format!("  . {level} ") } else { format!("{count:>3} {level} ") };
                text.push_str(&coloured(&visible(&shown), method.acceptance(level)));
            }
            text.push('\n');
        }
        let across: String = (1..=method.exploitabilities()).fold(String::new(), |mut row, number| {
            let _ = write!(row, "{number:>3}   ");
            row
        });
        let _ = writeln!(text, "    {}", across.trim_end());
    }
    text
}

fn coloured(text: &str, acceptance: Option<Acceptance>) -> String {
    if !colour() {
        return text.to_owned();
    }
    let code = match acceptance {
        Some(Acceptance::Accept) => "30;42",
        Some(Acceptance::WithReason) => "30;43",
        Some(Acceptance::Reduce) => "30;101",
        Some(Acceptance::Never) => "97;41",
        None => "7",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn json(ranked: &[Ranked<'_>]) -> Result<String, Error> {
    let state = |state: Option<State<'_>>| {
        state.map(|state| {
            serde_json::json!({"severity": state.severity, "exploitability": state.exploitability,
                "level": state.level, "acceptance": state.acceptance.word()})
        })
    };
    let rows: Vec<_> = ranked
        .iter()
        .map(|risk| {
            let ([before_safety, before_privacy], [safety, privacy]) = (risk.initial, risk.residual);
            serde_json::json!({"id": risk.id, "title": risk.title, "deciding": risk.deciding(),
                "initial": {"safety": state(before_safety), "privacy": state(before_privacy)},
                "residual": {"safety": state(safety), "privacy": state(privacy)}})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
