//! The layers as rings around the critical assets, the outermost first met.

use crate::words;
use maud::{Markup, html};
use medward_rules::Ring;

const RADIUS: f64 = 190.0;
const CORE: f64 = 44.0;

/// The rings, each a link to what its loss would expose.
pub(crate) fn rings(rings: &[Ring]) -> Markup {
    let count = u32::try_from(rings.len().max(1)).map_or(1.0, f64::from);
    let step = ((RADIUS - CORE) / count).min(22.0);
    let radii: Vec<f64> =
        (0_u32..).map(|number| RADIUS - f64::from(number) * step).take(rings.len()).collect();
    let said: Vec<_> = rings.iter().map(|ring| format!("{} {}", ring.layer, ring.word())).collect();
    html! {
        svg.rings viewBox="0 0 400 400" role="group" aria-label={ "Layers from the outside in: " (said.join(", ")) } {
            @for (ring, radius) in rings.iter().zip(&radii) {
                a href={ "/paths?without=" (crate::page::encoded(&ring.layer)) } tabindex="-1" {
                    title { (ring.layer) ": " (ring.word()) }
                    circle class={ "ring " (words::ring(ring.word()).tone) } cx="200" cy="200" r=(format!("{radius:.1}")) stroke-width=(format!("{:.1}", step * 0.55)) {}
                }
            }
            circle.core cx="200" cy="200" r="34" {}
            text x="200" y="197" text-anchor="middle" { "critical" }
            text x="200" y="212" text-anchor="middle" { "assets" }
        }
    }
}
