//! `medward risk`: the ranked register and a heat map for each axis.

use crate::live::{Moment, live_unless};
use crate::output::{Error, Format, colour, print, visible};
use medward_file::kinds::Control;
use medward_file::{Limits, Record, load};
use medward_risk::heatmap::{Colour, render};
use medward_risk::overall::overall;
use medward_risk::{AxisResult, Deciding, Evaluation, FileMethod, Levels, Ordinal, Ranked, register};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `risk`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Controls that are only planned do not count, nor, where there is a ledger, those without fresh proof: what leans on them \
    shows its value without them."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Take controls as the file declares them, whatever the ledger says of them today
    #[arg(long, conflicts_with = "at")]
    declared: bool,
    /// Moment to ask the ledger for, such as 2026-10-01 or 2026-10-01T00:00Z; now when absent
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    let method = FileMethod::of(&file);
    let live = live_unless(arguments.declared, &file, &arguments.directory, arguments.at)?;
    let is_in_force = |control: &Record<Control>| {
        live.as_ref().map_or_else(|| medward_paths::is_implemented(control), |live| live.is_in_force(control))
    };
    let ranked = register(&file, &method, is_in_force);
    print(&match arguments.format {
        Format::Human => visible(&table(&ranked, &method, file.risks.len())) + &maps(&ranked, &method),
        Format::Json => json(&ranked, &method)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn cell<S: Ordinal>(result: Option<AxisResult<S>>, levels: &Levels) -> String {
    let shown = |result: AxisResult<S>| {
        format!("{}x{} {}", result.severity.rank(), result.column.rank(), levels.code(result.level))
    };
    result.map_or_else(|| "-".into(), shown)
}

fn deciding(evaluation: &Evaluation) -> &'static str {
    match evaluation.deciding {
        Deciding::Safety => "safety",
        Deciding::Privacy => "privacy",
        Deciding::Both => "both",
        Deciding::Neither => "neither",
    }
}

fn table(ranked: &[Ranked<'_>], method: &FileMethod<'_>, risks: usize) -> String {
    let levels = &method.method().parts().levels;
    let mut text = String::from(
        "severity x exploitability and level, before -> with the controls in force; worst first\n\
         risk      safety            privacy           decides   title\n",
    );
    for risk in ranked {
        let (before, after) = (&risk.initial, &risk.residual);
        let safety = format!("{} -> {}", cell(before.safety, levels), cell(after.safety, levels));
        let privacy = format!("{} -> {}", cell(before.privacy, levels), cell(after.privacy, levels));
        let _ =
            writeln!(text, "{:<9} {safety:<17} {privacy:<17} {:<9} {}", risk.id, deciding(after), risk.title);
        if !risk.state.missing.is_empty() {
            let _ = writeln!(text, "          not in force: {}", risk.state.missing.join(", "));
        }
    }
    if ranked.len() < risks {
        let open = risks.saturating_sub(ranked.len());
        let _ = writeln!(text, "{open} more cannot be judged yet: medward check says why");
    }
    text
}

fn maps(ranked: &[Ranked<'_>], method: &FileMethod<'_>) -> String {
    let parts = method.method().parts();
    let all = overall(ranked.iter().map(|risk| (&risk.id, &risk.residual)), &parts.levels);
    let colour = if colour() { Colour::Ansi } else { Colour::Plain };
    let (safety, privacy) = parts.frames();
    format!(
        "\nsafety, with the controls in force\n{}\nprivacy, with the controls in force\n{}",
        render(&all.safety_map, &safety, colour),
        render(&all.privacy_map, &privacy, colour),
    )
}

fn json(ranked: &[Ranked<'_>], method: &FileMethod<'_>) -> Result<String, Error> {
    let levels = &method.method().parts().levels;
    let axis = |severity: u8, column: u8, level: &str| serde_json::json!({"severity": severity, "exploitability": column, "level": level});
    let both = |evaluation: &Evaluation| {
        let safety =
            evaluation.safety.map(|it| axis(it.severity.rank(), it.column.rank(), levels.code(it.level)));
        let privacy =
            evaluation.privacy.map(|it| axis(it.severity.rank(), it.column.rank(), levels.code(it.level)));
        serde_json::json!({"safety": safety, "privacy": privacy})
    };
    let rows: Vec<_> = ranked
        .iter()
        .map(|risk| {
            serde_json::json!({"id": risk.id, "title": risk.title, "deciding": deciding(&risk.residual),
                "initial": both(&risk.initial), "residual": both(&risk.residual),
                "not_in_force": risk.state.missing, "as_declared": risk.state.as_declared})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
