//! `medward paths`: the weakest attack paths, and what the loss of a layer would expose.

use crate::output::{Error, print, visible};
use medward_file::{Limits, SecurityFile, load};
use medward_paths::{Layers, Model};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `paths`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  medward paths lung-ct\n  medward paths lung-ct --knock-out transport")]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Layer to think away; may be given several times
    #[arg(long = "knock-out", value_name = "LAYER")]
    knock_out: Vec<String>,
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

/// The weakest path from one entry to one critical asset.
struct Row<'f> {
    entry: &'f str,
    asset: &'f str,
    standing: Vec<&'f str>,
    path: Vec<&'f str>,
    /// Layers whose loss alone would leave nothing.
    single_points: Vec<&'f str>,
    is_exact: bool,
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
    let model = Model::new(&file);
    let mut lost = Layers::default();
    for name in &arguments.knock_out {
        let layer = model.layer(name).ok_or_else(|| {
            Error::Usage(format!(
                "no control sits in layer `{name}`; layers of this file: {}",
                model.layers.join(", ")
            ))
        })?;
        lost = lost.with(layer);
    }
    let rows = rows(&file, &model, lost);
    print(&match arguments.format {
        Format::Human => visible(&table(&rows, &arguments.knock_out)),
        Format::Json => json(&rows)?,
    })?;
    let exposed = rows.iter().any(|row| row.standing.is_empty());
    Ok(if exposed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn rows<'f>(file: &'f SecurityFile, model: &Model<'f>, lost: Layers) -> Vec<Row<'f>> {
    let mut rows = Vec::new();
    for (position, entry) in file.entries.iter().enumerate() {
        let found = model.from_entry(position);
        for node in model.critical() {
            let Some((path, standing)) = found.weakest(node, lost) else { continue };
            let falls_with = |layer: &&&str| {
                let without = model.layer(layer).map(|layer| layer.with(lost)).unwrap_or_default();
                standing.count() > 0 && found.sets(node).any(|set| set.is_within(without))
            };
            rows.push(Row {
                entry: entry.id(),
                asset: file.assets.get(node).map_or("", |asset| asset.id()),
                standing: model.names(standing),
                path: model.ids(&path),
                single_points: model.layers.iter().filter(falls_with).copied().collect(),
                is_exact: found.is_exact,
            });
        }
    }
    rows.sort_by_key(|row| row.standing.len());
    rows
}

fn table(rows: &[Row<'_>], knocked_out: &[String]) -> String {
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

fn json(rows: &[Row<'_>]) -> Result<String, Error> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            serde_json::json!({"entry": row.entry, "asset": row.asset, "layers": row.standing, "path": row.path,
                "single_points_of_failure": row.single_points, "exact": row.is_exact})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
