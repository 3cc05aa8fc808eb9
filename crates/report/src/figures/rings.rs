//! The layers as rings around the critical assets, the outermost first met, each drawn by how much of it holds.

use super::drawing::{Anchor, Drawing, FAINT, INK, Type, count};
use crate::model::Figure;
use medward_rules::Ring;

const RING_WIDTH: f64 = 15.0;
const CORE_RADIUS: f64 = 36.0;

/// The drawing of some layers.
pub(crate) fn rings(rings: &[Ring], is_live: bool) -> Figure {
    let radius = CORE_RADIUS + count(rings.len()) * RING_WIDTH;
    let row = (2.0 * radius / count(rings.len().max(1))).max(20.0);
    let height = (2.0 * radius + 20.0).max(row * count(rings.len()) + 50.0);
    let width = 2.0 * radius + 420.0;
    let centre = (radius + 6.0, height / 2.0 - 10.0);
    let mut drawing = Drawing::new(width, height);
    let top = centre.1 - row * count(rings.len()) / 2.0;
    let mut at = radius;
    let mut y = top + row / 2.0;
    for ring in rings {
        let look = match ring.word() {
            "whole" => "fill=\"none\" stroke=\"#1c2024\" stroke-width=\"5\"",
            "in part" => "fill=\"none\" stroke=\"#7d8794\" stroke-width=\"5\" stroke-dasharray=\"14 6\"",
            _ => "fill=\"none\" stroke=\"#1c2024\" stroke-width=\"1.4\" stroke-dasharray=\"2 4\"",
        };
        let middle = at - RING_WIDTH / 2.0;
        drawing.circle(centre, middle, look);
        // The leader begins where the ring is at the height of its label, or at its uppermost or lowest point.
        let rise = (y - centre.1).clamp(-middle * 0.9, middle * 0.9);
        let reach = (middle * middle - rise * rise).max(0.0).sqrt();
        let from = (centre.0 + reach, centre.1 + rise);
        let label = 2.0 * radius + 44.0;
        drawing.circle(from, 2.2, "fill=\"#ffffff\" stroke=\"#1c2024\" stroke-width=\"0.8\"");
        drawing.line(from, (label - 6.0, y), "stroke=\"#5b6370\" stroke-width=\"0.7\"");
        drawing.text((label, y + 4.0), Type::new(12.0).bold(), &crate::readable::shortened(&ring.layer, 20));
        let all = ring.in_force.len().saturating_add(ring.missing.len());
        let words =
            format!("{}: {} of {all} controls {}", ring.word(), ring.in_force.len(), in_force(is_live));
        drawing.text((label + 108.0, y + 4.0), Type::new(11.0).filled(FAINT), &words);
        at -= RING_WIDTH;
        y += row;
    }
    drawing.circle(centre, CORE_RADIUS - 4.0, "fill=\"#f4f7f4\" stroke=\"#1c2024\" stroke-width=\"1\"");
    let core = Type::new(11.0).anchored(Anchor::Middle);
    drawing.text((centre.0, centre.1 - 2.0), core, "critical");
    drawing.text((centre.0, centre.1 + 11.0), core, "assets");
    let key = "thick line: whole; dashed: in part; thin dots: does not hold";
    drawing.text((6.0, height - 4.0), Type::new(10.0).filled(INK), key);
    let described: Vec<_> = rings.iter().map(|ring| format!("{} {}", ring.layer, ring.word())).collect();
    let title =
        if is_live { "Layers of protection by today's proof" } else { "Layers of protection as declared" };
    drawing.finish(title.to_owned(), "control.*", described.join(", "))
}

fn in_force(is_live: bool) -> &'static str {
    if is_live { "proven" } else { "implemented" }
}
