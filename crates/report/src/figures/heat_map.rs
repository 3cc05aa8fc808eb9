//! Heat maps: severity upwards, exploitability to the right, in each cell its level and the risks in it.

use super::drawing::{Anchor, Drawing, FAINT, INK, Type, count, wrapped};
use crate::model::Figure;
use crate::subject::Subject;
use medward_risk::heatmap::Frame;
use medward_risk::overall::{HeatMap, overall};
use medward_risk::{Acceptance, Ordinal};

const LABEL_WIDTH: f64 = 150.0;
const CELL_WIDTH: f64 = 104.0;
const CELL_HEIGHT: f64 = 44.0;
const FOOT_HEIGHT: f64 = 58.0;
const LEGEND_HEIGHT: f64 = 16.0;
/// Risks named in a cell; of more, the others are counted.
const NAMED_MAX: usize = 6;

/// Fill and ink by what a level allows, from light to dark so that grey keeps the order.
fn tone(acceptance: Acceptance) -> (&'static str, &'static str, &'static str) {
    match acceptance {
        Acceptance::Accept => ("#f4f7f4", INK, "acceptable"),
        Acceptance::WithReason => ("#ecdcae", INK, "with a written reason"),
        Acceptance::Reduce => ("#cf9166", INK, "to be reduced"),
        Acceptance::Never => ("#74262f", "#ffffff", "not acceptable"),
    }
}

/// The maps of both axes, before the controls and with those in force.
pub(crate) fn heat_maps(subject: &Subject<'_>) -> [Figure; 4] {
    let parts = subject.method.method().parts();
    let initial = subject.ranked.iter().map(|risk| (&risk.id, &risk.initial));
    let residual = subject.ranked.iter().map(|risk| (&risk.id, &risk.residual));
    let (before, after) = (overall(initial, &parts.levels), overall(residual, &parts.levels));
    let (safety, privacy) = parts.frames();
    let in_force = if subject.inputs.live.is_some() {
        "with the controls proven today"
    } else {
        "with the controls as declared"
    };
    [
        draw("Safety risks before the controls", &before.safety_map, &safety),
        draw(&format!("Safety risks {in_force}"), &after.safety_map, &safety),
        draw("Privacy risks before the controls", &before.privacy_map, &privacy),
        draw(&format!("Privacy risks {in_force}"), &after.privacy_map, &privacy),
    ]
}

fn draw<S: Ordinal>(title: &str, map: &HeatMap<S, &str>, frame: &Frame<'_, S>) -> Figure {
    let columns: Vec<_> = frame.exploitability.levels().collect();
    let rows: Vec<S> = frame.severity.levels().rev().collect();
    let width = LABEL_WIDTH + count(columns.len()) * CELL_WIDTH + 2.0;
    let height = count(rows.len()) * CELL_HEIGHT + FOOT_HEIGHT + LEGEND_HEIGHT;
    let mut drawing = Drawing::new(width, height);
    let mut named = Vec::new();
    let mut y = 1.0;
    for severity in &rows {
        let words = format!("{} {}", severity.rank(), frame.severity.word(*severity).unwrap_or_default());
        drawing.lines((0.0, y + 14.0), Type::new(11.0), &wrapped(&words, 27, 3));
        let mut x = LABEL_WIDTH;
        for column in &columns {
            let level = frame.matrix.level(*severity, *column);
            let acceptance = level.map_or(Acceptance::Never, |level| frame.levels.acceptance(level));
            let code = level.map_or("?", |level| frame.levels.code(level));
            let (fill, ink, _) = tone(acceptance);
            let look = format!("fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"0.7\"");
            drawing.rectangle((x, y), (CELL_WIDTH, CELL_HEIGHT), &look);
            drawing.text((x + 5.0, y + 13.0), Type::new(10.0).filled(ink), code);
            let ids = map.ids(*severity, *column);
            if !ids.is_empty() {
                named.push(format!(
                    "{} at severity {}, exploitability {}",
                    ids.join(", "),
                    severity.rank(),
                    column
                ));
                let counted = Type::new(13.0).bold().filled(ink).anchored(Anchor::End);
                drawing.text((x + CELL_WIDTH - 5.0, y + 14.0), counted, &ids.len().to_string());
                drawing.lines((x + 5.0, y + 26.0), Type::new(9.5).filled(ink), &in_cell(ids));
            }
            x += CELL_WIDTH;
        }
        y += CELL_HEIGHT;
    }
    let mut x = LABEL_WIDTH;
    for column in &columns {
        let words = format!("{column} {}", frame.exploitability.word(*column).unwrap_or_default());
        drawing.lines((x + 3.0, y + 13.0), Type::new(10.0), &wrapped(&words, 20, 4));
        x += CELL_WIDTH;
    }
    drawing.text((0.0, y + 13.0), Type::new(10.0).filled(FAINT), "severity ↑   exploitability →");
    legend(&mut drawing, y + FOOT_HEIGHT, frame);
    let description = if named.is_empty() { "No risk is on this axis.".to_owned() } else { named.join("; ") };
    drawing.finish(title.to_owned(), "risk.*", description)
}

/// Ids in lines of a cell.
fn in_cell(ids: &[&str]) -> Vec<String> {
    let mut shown: Vec<String> =
        ids.iter().take(NAMED_MAX).map(|id| crate::readable::shortened(id, 12)).collect();
    let others = ids.len().saturating_sub(NAMED_MAX);
    if others > 0 {
        shown.push(format!("+{others}"));
    }
    wrapped(&shown.join(" "), 22, 2)
}

fn legend<S: Ordinal>(drawing: &mut Drawing, y: f64, frame: &Frame<'_, S>) {
    let mut x = LABEL_WIDTH;
    for (level, class) in frame.levels.iter() {
        let (fill, _, meaning) = tone(frame.levels.acceptance(level));
        drawing.rectangle(
            (x, y),
            (14.0, 12.0),
            &format!("fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"0.7\""),
        );
        let words = format!("{} {meaning}", crate::readable::shortened(&class.code, 8));
        drawing.text((x + 18.0, y + 10.0), Type::new(10.0), &words);
        x += 130.0;
    }
}
