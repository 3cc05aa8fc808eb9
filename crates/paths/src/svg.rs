//! The architecture as a drawing: zones as boxes from left to right by their mean distance from the entries, assets in them, flows as
//! arrows coloured by how many layers guard them.

use crate::Model;
use medward_file::SecurityFile;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

/// Sizes in SVG user units (pixels at 1:1).
const ASSET_WIDTH: f64 = 190.0;
const ASSET_HEIGHT: f64 = 40.0;
const GAP: f64 = 18.0;
const ZONE_HEAD: f64 = 30.0;
const COLUMN_GAP: f64 = 130.0;
const ENTRY_WIDTH: f64 = 190.0;
const MARGIN: f64 = 24.0;
const LEGEND_HEIGHT: f64 = 60.0;

const STYLE: &str = "svg{font:12px system-ui,sans-serif;color-scheme:light dark}\
.page{fill:light-dark(#fff,#16181d)}.zone{fill:light-dark(#f3f5f8,#1f232b);stroke:light-dark(#b6c0cd,#48505e)}\
.asset{fill:light-dark(#fff,#2a2f39);stroke:light-dark(#8291a5,#7c889a)}.critical{stroke:#c62a2f;stroke-width:2.5}\
.entry{fill:light-dark(#fff3e6,#3a2a18);stroke:#c76a15}text{fill:light-dark(#1c2024,#e8eaee)}\
.head{font-weight:600}.small{font-size:11px}path{fill:none;stroke-width:1.6}";

/// Colours by the number of layers on a flow: none, one, two, three or more.
const COLOURS: [(&str, &str); 4] = [
    ("#c62a2f", "no layer"),
    ("#c76a15", "one layer"),
    ("#3e63dd", "two layers"),
    ("#18794e", "three or more"),
];

/// The style for paper: no colour schemes, and only what renderers of SVG 1.1 know.
const STYLE_PRINT: &str = "svg{font-family:'Libertinus Serif',Georgia,serif;font-size:13px}.page{fill:#fff}\
.zone{fill:#f2f3f5;stroke:#8a929d}.asset{fill:#fff;stroke:#6b7480}.critical{stroke:#1c2024;stroke-width:3}\
.entry{fill:#fff;stroke:#1c2024;stroke-dasharray:5 3}text{fill:#1c2024}.head{font-weight:bold}.small{font-size:11px}\
.id{font-size:10px;stroke:#fff;stroke-width:3px}.flow{font-size:10px}path{fill:none;stroke-width:1.6}";

/// Lines on paper by the number of layers on a flow, as [`COLOURS`]: told apart by dash and width.
const DASHES: [&str; 4] = [
    "stroke=\"#1c2024\" style=\"stroke-width:1.2;stroke-dasharray:2 4\"",
    "stroke=\"#1c2024\" style=\"stroke-width:1.2;stroke-dasharray:8 4\"",
    "stroke=\"#1c2024\" style=\"stroke-width:1.3\"",
    "stroke=\"#1c2024\" style=\"stroke-width:2.8\"",
];

/// What the drawing is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    Screen,
    Print,
}

impl Medium {
    /// Attributes of the line of a flow that so many layers guard.
    fn line(self, layers: u32) -> String {
        let step = usize::try_from(layers).unwrap_or(0).min(COLOURS.len().saturating_sub(1));
        match self {
            Self::Screen => format!("stroke=\"{}\"", COLOURS.get(step).map_or("#888", |(colour, _)| colour)),
            Self::Print => DASHES.get(step).copied().unwrap_or_default().to_owned(),
        }
    }
}

/// Where a box stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    x: f64,
    y: f64,
}

/// The drawing of a file, for a screen.
pub fn draw(file: &SecurityFile) -> String {
    drawing(file, Medium::Screen).0
}

/// The drawing of a file for paper, readable in black and white, with the ids of the flows; its width and height in pixels.
pub fn draw_for_print(file: &SecurityFile) -> (String, f64, f64) {
    drawing(file, Medium::Print)
}

fn drawing(file: &SecurityFile, medium: Medium) -> (String, f64, f64) {
    let model = Model::new(file);
    let columns = columns(file);
    let (places, zones, width, height) = layout(file, &columns);
    let mut body = String::new();
    for (zone, place, zone_height) in &zones {
        let title = zone.map_or("in no zone", |zone| file.zones.get(zone).map_or("", |zone| &**zone.title));
        let _ = write!(
            body,
            "<rect class=\"zone\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{zone_height}\" rx=\"8\"/>\
             <text class=\"head\" x=\"{}\" y=\"{}\">{}</text>",
            place.x,
            place.y,
            ASSET_WIDTH + 2.0 * GAP,
            place.x + GAP,
            place.y + 20.0,
            escaped(&shortened(title, 27)),
        );
    }
    flows(file, &model, &places, medium, &mut body);
    entries(file, &places, medium, &mut body);
    assets(file, &places, &mut body);
    legend(height, medium, &mut body);
    let (width, height) = (width + MARGIN, height + LEGEND_HEIGHT);
    let name = file.device.as_ref().map_or("", |(_, device)| &device.name);
    let (style, tip) = match medium {
        Medium::Screen => (STYLE, "context-stroke"),
        Medium::Print => (STYLE_PRINT, "#1c2024"),
    };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\"><title>Zones, assets and flows of {}</title><style>{style}</style>\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"11\" markerHeight=\"11\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0 L8 4 L0 8 z\" style=\"fill:{tip};stroke:none\"/></marker></defs>\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>{body}</svg>\n",
        escaped(name)
    );
    (svg, width, height)
}

/// Distance of each asset from the entries, in flows; what no entry reaches stands in the last column.
fn distances(file: &SecurityFile) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; file.assets.len()];
    let touched = file.entries.iter().flat_map(|entry| &entry.reaches).filter_map(medward_file::Link::target);
    let mut open: VecDeque<(usize, usize)> = touched.map(|target| (target.index as usize, 0)).collect();
    let mut onward: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for flow in &file.flows {
        if let (Some(from), Some(to)) = (flow.from.target(), flow.to.target()) {
            onward.entry(from.index as usize).or_default().push(to.index as usize);
        }
    }
    while let Some((node, distance)) = open.pop_front() {
        match found.get_mut(node) {
            Some(known) if known.is_none() => *known = Some(distance),
            _ => continue,
        }
        open.extend(onward.get(&node).into_iter().flatten().map(|to| (*to, distance.saturating_add(1))));
    }
    found
}

/// Zones with the assets in them, as positions in the file.
type Column = Vec<(Option<usize>, Vec<usize>)>;

/// Most assets one above the other; a taller column is continued in the next.
const COLUMN_ASSETS_MAX: usize = 8;

/// Zones in the order of the mean distance of their assets from the entries, filled into columns of like height.
fn columns(file: &SecurityFile) -> Vec<Column> {
    let distances = distances(file);
    let mut zones: BTreeMap<Option<usize>, (usize, Vec<usize>)> = BTreeMap::new();
    for (position, asset) in file.assets.iter().enumerate() {
        let zone = asset.zone.as_ref().and_then(|zone| Some(zone.target()?.index as usize));
        let distance = distances.get(position).copied().flatten().unwrap_or(file.assets.len());
        let known = zones.entry(zone).or_default();
        known.0 = known.0.saturating_add(distance);
        known.1.push(position);
    }
    let mut ordered: Vec<_> = zones.into_iter().collect();
    ordered.sort_by(|(_, left), (_, right)| {
        let mean = |zone: &(usize, Vec<usize>)| count(zone.0) / count(zone.1.len().max(1));
        mean(left).total_cmp(&mean(right))
    });
    let mut columns: Vec<Column> = Vec::new();
    let mut assets_in_column = usize::MAX;
    for (zone, (_, assets)) in ordered {
        if assets_in_column.saturating_add(assets.len()) > COLUMN_ASSETS_MAX {
            columns.push(Vec::new());
            assets_in_column = 0;
        }
        assets_in_column = assets_in_column.saturating_add(assets.len());
        if let Some(column) = columns.last_mut() {
            column.push((zone, assets));
        }
    }
    columns
}

type Layout = (Vec<Place>, Vec<(Option<usize>, Place, f64)>, f64, f64);

fn layout(file: &SecurityFile, columns: &[Column]) -> Layout {
    let mut places = vec![Place::default(); file.assets.len()];
    let mut zones = Vec::new();
    let mut x = MARGIN + ENTRY_WIDTH + COLUMN_GAP;
    let mut height = MARGIN + count(file.entries.len()) * (ASSET_HEIGHT + GAP);
    for column in columns {
        let mut y = MARGIN;
        for (zone, assets) in column {
            let zone_height = ZONE_HEAD + count(assets.len()) * (ASSET_HEIGHT + GAP);
            zones.push((*zone, Place { x, y }, zone_height));
            for (row, asset) in assets.iter().enumerate() {
                if let Some(place) = places.get_mut(*asset) {
                    *place = Place { x: x + GAP, y: y + ZONE_HEAD + count(row) * (ASSET_HEIGHT + GAP) };
                }
            }
            y += zone_height + GAP * 1.5;
        }
        height = height.max(y);
        x += ASSET_WIDTH + 2.0 * GAP + COLUMN_GAP;
    }
    (places, zones, x - COLUMN_GAP, height)
}

/// A small count as a length factor.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

fn assets(file: &SecurityFile, places: &[Place], body: &mut String) {
    for (asset, place) in file.assets.iter().zip(places) {
        let critical = asset.critical.as_ref().is_some_and(|critical| critical.value);
        let class = if critical { "asset critical" } else { "asset" };
        let _ = write!(
            body,
            "<g><title>{}</title><rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{ASSET_WIDTH}\" height=\"{ASSET_HEIGHT}\" \
             rx=\"5\"/><text x=\"{}\" y=\"{}\">{}</text><text class=\"small\" x=\"{}\" y=\"{}\" opacity=\".7\">{}</text></g>",
            escaped(&asset.title),
            place.x,
            place.y,
            place.x + 8.0,
            place.y + 17.0,
            escaped(&shortened(&asset.title, 25)),
            place.x + 8.0,
            place.y + 32.0,
            escaped(asset.id()),
        );
    }
}

fn entries(file: &SecurityFile, places: &[Place], medium: Medium, body: &mut String) {
    let line = match medium {
        Medium::Screen => "stroke=\"#c76a15\"",
        Medium::Print => "stroke=\"#1c2024\" style=\"stroke-width:0.8\"",
    };
    for (row, entry) in file.entries.iter().enumerate() {
        let y = MARGIN + count(row) * (ASSET_HEIGHT + GAP);
        let _ = write!(
            body,
            "<g><title>{}</title><rect class=\"entry\" x=\"{MARGIN}\" y=\"{y}\" width=\"{ENTRY_WIDTH}\" height=\"{ASSET_HEIGHT}\" \
             rx=\"18\"/><text x=\"{}\" y=\"{}\">{}</text><text class=\"small\" x=\"{}\" y=\"{}\" opacity=\".7\">{}</text></g>",
            escaped(&entry.title),
            MARGIN + 14.0,
            y + 17.0,
            escaped(&shortened(&entry.title, 23)),
            MARGIN + 14.0,
            y + 32.0,
            escaped(entry.id()),
        );
        for target in entry.reaches.iter().filter_map(|link| places.get(link.target()?.index as usize)) {
            let from = Place { x: MARGIN + ENTRY_WIDTH, y: y + ASSET_HEIGHT / 2.0 };
            let to = Place { x: target.x, y: target.y + ASSET_HEIGHT / 2.0 };
            let _ = write!(
                body,
                "<path d=\"{}\" {line} stroke-dasharray=\"4 3\" marker-end=\"url(#tip)\"/>",
                curve(from, to)
            );
        }
    }
}

fn flows(file: &SecurityFile, model: &Model<'_>, places: &[Place], medium: Medium, body: &mut String) {
    let middle = ASSET_HEIGHT / 2.0;
    let mut labels = String::new();
    for (position, flow) in file.flows.iter().enumerate() {
        let place = |target: Option<medward_file::RecordRef>| places.get(target?.index as usize).copied();
        let (Some(from), Some(to)) = (place(flow.from.target()), place(flow.to.target())) else { continue };
        let layers = model.flow_layers(position);
        let look = medium.line(layers.count());
        let both = flow.both_ways.as_ref().is_some_and(|both| both.value);
        let start = if both { " marker-start=\"url(#tip)\"" } else { "" };
        let (line, label) = if to.x > from.x {
            let (from, to) =
                (Place { x: from.x + ASSET_WIDTH, y: from.y + middle }, Place { x: to.x, y: to.y + middle });
            (curve(from, to), between(from, to))
        } else if to.x < from.x {
            let from = Place { x: from.x, y: from.y + middle + 8.0 };
            let to = Place { x: to.x + ASSET_WIDTH, y: to.y + middle + 8.0 };
            (curve(from, to), between(from, to))
        } else {
            // Within a column the arrow leaves and enters on the right, clear of the boxes between.
            let right = from.x + ASSET_WIDTH;
            let bow = right + 16.0 + (to.y - from.y).abs() / 12.0;
            let line = format!(
                "M{right} {} C{bow} {} {bow} {} {right} {}",
                from.y + 12.0,
                from.y + 12.0,
                to.y + 28.0,
                to.y + 28.0
            );
            (line, Place { x: bow - 4.0, y: f64::midpoint(from.y, to.y) + 20.0 })
        };
        let named = flow.title.as_ref().map_or(flow.id(), |title| &**title);
        let layers = model.names(layers).join(", ");
        let guarded = if layers.is_empty() { "no layer" } else { &layers };
        let _ = write!(
            body,
            "<path d=\"{line}\" {look} marker-end=\"url(#tip)\"{start}><title>{}: {}</title></path>",
            escaped(named),
            escaped(guarded),
        );
        if medium == Medium::Print {
            let Place { x, y } = label;
            let id = escaped(&shortened(flow.id(), 18));
            // Twice, a white edge below: not every renderer knows paint-order.
            let _ = write!(
                labels,
                "<text class=\"id\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{id}</text>\
                 <text class=\"flow\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{id}</text>"
            );
        }
    }
    body.push_str(&labels);
}

/// Where the name of a flow stands: on the middle of its line.
fn between(from: Place, to: Place) -> Place {
    Place { x: from.x + (to.x - from.x) * 0.5, y: from.y + (to.y - from.y) * 0.5 - 3.0 }
}

fn curve(from: Place, to: Place) -> String {
    let bend = ((to.x - from.x) / 2.0).clamp(-90.0, 90.0);
    format!("M{} {} C{} {} {} {} {} {}", from.x, from.y, from.x + bend, from.y, to.x - bend, to.y, to.x, to.y)
}

fn legend(height: f64, medium: Medium, body: &mut String) {
    let y = height + 24.0;
    let mut x = MARGIN;
    for (layers, (_, text)) in (0..).zip(COLOURS) {
        let look = medium.line(layers);
        let _ = write!(
            body,
            "<path d=\"M{x} {y} h34\" {look} marker-end=\"url(#tip)\"/><text x=\"{}\" y=\"{}\">{text}</text>",
            x + 42.0,
            y + 4.0
        );
        x += 160.0;
    }
    let _ = write!(
        body,
        "<rect class=\"asset critical\" x=\"{x}\" y=\"{}\" width=\"34\" height=\"16\" rx=\"4\"/><text x=\"{}\" y=\"{}\">critical</text>",
        y - 8.0,
        x + 42.0,
        y + 4.0
    );
}

fn shortened(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn escaped(text: &str) -> String {
    let visible: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    visible.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
