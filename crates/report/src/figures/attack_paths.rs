//! The weakest attack paths as chains from entry to critical asset, with the layers that stand before each step.

use super::drawing::{Anchor, Drawing, FAINT, INK, Type, count, wrapped};
use crate::model::Figure;
use crate::subject::Subject;
use medward_paths::{Layers, Model};

const BOX_WIDTH: f64 = 112.0;
const BOX_HEIGHT: f64 = 36.0;
const STEP_WIDTH: f64 = 66.0;
const ROW_HEIGHT: f64 = 86.0;
/// Steps shown of a path; of a longer one the middle is left out and said to be.
const STEPS_MAX: usize = 5;
/// Paths drawn: the weakest.
const PATHS_MAX: usize = 5;

/// The weakest path from one entry to one critical asset.
#[derive(Debug, Clone)]
pub(crate) struct WeakPath {
    /// Position of the entry.
    pub(crate) entry: usize,
    /// Positions of the assets on it, the critical one last.
    pub(crate) nodes: Vec<usize>,
    /// Layers on each step, one a node.
    pub(crate) steps: Vec<Vec<String>>,
    /// Layers on the whole path.
    pub(crate) layers: Vec<String>,
    /// Whether the search looked at every combination of layers.
    pub(crate) is_exact: bool,
}

/// Every weakest path, the weakest first.
pub(crate) fn weak_paths(subject: &Subject<'_>) -> Vec<WeakPath> {
    let file = subject.file();
    let model = Model::with(file, |control| subject.is_in_force(control));
    let names = |set: Layers| model.names(set).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut found = Vec::new();
    for entry in 0..file.entries.len() {
        let reach = model.from_entry(entry);
        for node in model.critical() {
            let Some((nodes, layers)) = reach.weakest(node, Layers::default()) else { continue };
            let mut before = None;
            let mut steps = Vec::new();
            for node in &nodes {
                let own = model.graph.nodes.get(*node).copied().unwrap_or_default();
                let edge = before.and_then(|before: usize| {
                    let edges = model.graph.edges.get(before)?.iter().filter(|(to, _)| to == node);
                    edges.map(|(_, layers)| *layers).min_by_key(|layers| layers.with(own).count())
                });
                let guards = file.entries.get(entry).filter(|_| before.is_none());
                let at_entry = guards.map_or_else(Layers::default, |entry| {
                    let layers = entry.guards.iter().filter_map(|link| {
                        let control = file.follow(link).filter(|control| subject.is_in_force(control))?;
                        model.layer(&control.layer.as_ref()?.value)
                    });
                    layers.fold(Layers::default(), Layers::with)
                });
                steps.push(names(own.with(edge.unwrap_or_default()).with(at_entry)));
                before = Some(*node);
            }
            found.push(WeakPath { entry, nodes, steps, layers: names(layers), is_exact: reach.is_exact });
        }
    }
    found.sort_by_key(|path| (path.layers.len(), path.nodes.len(), path.entry));
    found
}

/// The drawing of the weakest of these paths.
pub(crate) fn attack_paths(subject: &Subject<'_>, paths: &[WeakPath]) -> Figure {
    let shown: Vec<_> = paths.iter().take(PATHS_MAX).collect();
    let longest = shown.iter().map(|path| path.nodes.len().min(STEPS_MAX)).max().unwrap_or(1);
    let width = BOX_WIDTH + count(longest) * (BOX_WIDTH + STEP_WIDTH) + 2.0;
    let mut drawing = Drawing::new(width, count(shown.len().max(1)) * ROW_HEIGHT);
    let mut y = 0.0;
    for path in &shown {
        draw_path(&mut drawing, subject, path, y);
        y += ROW_HEIGHT;
    }
    let described: Vec<_> = shown
        .iter()
        .map(|path| {
            let ids = ids(subject, path);
            format!("{}: {} layers", ids.join(" to "), path.layers.len())
        })
        .collect();
    let title =
        format!("Weakest attack paths: {} of {} pairs of entry and critical asset", shown.len(), paths.len());
    drawing.finish(title, "entry.*, asset.*, flow.*, control.*", described.join("; "))
}

/// Ids of entry and assets along a path.
fn ids<'f>(subject: &Subject<'f>, path: &WeakPath) -> Vec<&'f str> {
    let file = subject.file();
    let entry = file.entries.get(path.entry).map(medward_file::Record::id);
    let assets = path.nodes.iter().filter_map(|node| file.assets.get(*node).map(medward_file::Record::id));
    entry.into_iter().chain(assets).collect()
}

fn draw_path(drawing: &mut Drawing, subject: &Subject<'_>, path: &WeakPath, top: f64) {
    let file = subject.file();
    let y = top + 22.0;
    let words = match path.layers.as_slice() {
        [] => "no layer stands on this path".to_owned(),
        [only] => format!("one layer in all: {only}"),
        layers => format!("{} layers in all: {}", layers.len(), layers.join(", ")),
    };
    drawing.text((0.0, top + 13.0), Type::new(11.0).bold(), &words);
    let (entry, title) = file.entries.get(path.entry).map_or(("", ""), |entry| (entry.id(), &**entry.title));
    draw_box(drawing, (0.0, y), (entry, title), "rx=\"16\" stroke-dasharray=\"4 3\" stroke-width=\"1\"");
    let left_out = path.nodes.len().saturating_sub(STEPS_MAX);
    let mut x = BOX_WIDTH;
    for (position, (node, layers)) in path.nodes.iter().zip(&path.steps).enumerate() {
        // The ends of a path say more than its middle.
        if position > 1 && position < left_out.saturating_add(2) {
            continue;
        }
        let middle = y + BOX_HEIGHT / 2.0;
        drawing.arrow(
            (x, middle),
            (x + STEP_WIDTH, middle),
            &format!("stroke=\"{INK}\" stroke-width=\"1.2\""),
        );
        let centre = Type::new(8.5).anchored(Anchor::Middle);
        let skipped = left_out > 0 && position == left_out.saturating_add(2);
        let above = if skipped { format!("({left_out} more)") } else { String::new() };
        drawing.text((x + STEP_WIDTH / 2.0 - 3.0, middle - 5.0), centre.filled(FAINT), &above);
        let layers = if layers.is_empty() { "no layer".to_owned() } else { layers.join(", ") };
        drawing.lines((x + STEP_WIDTH / 2.0 - 3.0, middle + 11.0), centre, &wrapped(&layers, 14, 4));
        x += STEP_WIDTH;
        let (id, title, is_critical) = file.assets.get(*node).map_or(("", "", false), |asset| {
            (asset.id(), &**asset.title, asset.critical.as_ref().is_some_and(|critical| critical.value))
        });
        let look = if is_critical { "stroke-width=\"2.4\"" } else { "stroke-width=\"0.9\"" };
        draw_box(drawing, (x, y), (id, title), look);
        x += BOX_WIDTH;
    }
}

fn draw_box(drawing: &mut Drawing, (x, y): (f64, f64), (id, title): (&str, &str), look: &str) {
    drawing.rectangle(
        (x + 1.0, y),
        (BOX_WIDTH - 2.0, BOX_HEIGHT),
        &format!("fill=\"#ffffff\" stroke=\"{INK}\" {look}"),
    );
    drawing.text((x + 7.0, y + 12.0), Type::new(8.5).filled(FAINT), &crate::readable::shortened(id, 22));
    drawing.lines((x + 7.0, y + 22.0), Type::new(9.0), &wrapped(title, 24, 2));
}
