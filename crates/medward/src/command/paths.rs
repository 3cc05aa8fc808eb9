//! `medward paths`: the weakest attack paths, and what the loss of a layer would expose.

use crate::live::{Moment, live_unless};
use crate::output::{Error, print, visible};
use medward_file::{Kind, Limits, SecurityFile, load};
use medward_paths::{Exposure, Layers, Model, exposures, is_implemented};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `paths`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward paths lung-ct\n  medward paths lung-ct --knock-out transport\n  \
    medward paths lung-ct --to A-KEYS\n  medward paths lung-ct --format svg > lung-ct.svg"
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Layer or control to think away; may be given several times
    #[arg(long = "knock-out", value_name = "LAYER|CONTROL")]
    knock_out: Vec<String>,
    /// Only paths to this asset, with the fewest flows that would have to be guarded
    #[arg(long, value_name = "ASSET")]
    to: Option<String>,
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

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// Zones, assets and flows as a drawing
    Svg,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, problems) = load(&arguments.directory, Limits::default());
    if !problems.is_empty() {
        let place = arguments.directory.display();
        eprintln!(
            "medward: {} problems of reading; the picture may be incomplete: medward check {place}",
            problems.len()
        );
    }
    let live = live_unless(arguments.declared, &file, &arguments.directory, arguments.at)?;
    let model = Model::with(&file, |control| {
        live.as_ref().map_or_else(|| is_implemented(control), |live| live.is_in_force(control))
            && !arguments.knock_out.iter().any(|name| name == control.id())
    });
    let mut lost = Layers::default();
    for name in &arguments.knock_out {
        match model.layer(name) {
            Some(layer) => lost = lost.with(layer),
            None if file.find(Kind::Control, name).is_some() => {}
            None => {
                let layers = model.layers.join(", ");
                let message =
                    format!("`{name}` is neither a control nor a layer with controls; layers: {layers}");
                return Err(Error::Usage(message));
            }
        }
    }
    if matches!(arguments.format, Format::Svg) {
        print(&medward_paths::svg::draw(&file))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = exposures(&file, &model, lost);
    let mut cut = String::new();
    if let Some(asset) = &arguments.to {
        rows.retain(|row| row.asset == asset);
        cut = narrowest(&file, &model, asset)?;
    }
    print(&match arguments.format {
        Format::Human => visible(&(table(&rows, &arguments.knock_out) + &cut)),
        Format::Json | Format::Svg => json(&rows)?,
    })?;
    let exposed = rows.iter().any(|row| row.standing.is_empty());
    Ok(if exposed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where one more guard would stand on every path to an asset.
fn narrowest(file: &SecurityFile, model: &Model<'_>, asset: &str) -> Result<String, Error> {
    let at = file.find(Kind::Asset, asset);
    let at = at.ok_or_else(|| Error::Usage(format!("there is no asset `{asset}`")))?;
    Ok(match model.narrowest_cut(at.index as usize) {
        Some(flows) if flows.is_empty() => format!("no entry leads to {asset}\n"),
        Some(flows) => format!("fewest flows to guard before {asset} on every path: {}\n", flows.join(", ")),
        None => format!("an entry touches {asset} itself: only the asset or the entry can be guarded\n"),
    })
}

fn table(rows: &[Exposure<'_>], knocked_out: &[String]) -> String {
    let mut text = String::new();
    if !knocked_out.is_empty() {
        let _ = writeln!(text, "without {}:", knocked_out.join(", "));
    }
    for row in rows {
        let layers = if row.standing.is_empty() { "NOTHING".to_owned() } else { row.standing.join(", ") };
        let _ = writeln!(text, "{} layers  {} -> {}: {layers}", row.standing.len(), row.entry, row.asset);
        let _ = writeln!(text, "          by {}", row.path.join(" -> "));
        if !row.single_points.is_empty() {
            let _ = writeln!(text, "          single point of failure: {}", row.single_points.join(", "));
        }
        if !row.single_controls.is_empty() {
            let _ =
                writeln!(text, "          a single control stands alone: {}", row.single_controls.join(", "));
        }
        if !row.is_exact {
            let _ = writeln!(
                text,
                "          not exact: too many combinations of layers; a weaker path may exist"
            );
        }
    }
    let exposed = rows.iter().filter(|row| row.standing.is_empty()).count();
    let single = rows.iter().filter(|row| !row.single_points.is_empty()).count();
    let _ = writeln!(
        text,
        "{} pairs of entry and critical asset: {exposed} exposed, {single} behind a single layer",
        rows.len()
    );
    text
}

fn json(rows: &[Exposure<'_>]) -> Result<String, Error> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            serde_json::json!({"entry": row.entry, "asset": row.asset, "layers": row.standing, "path": row.path,
                "single_points_of_failure": row.single_points,
                "single_controls": row.single_controls, "exact": row.is_exact})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
