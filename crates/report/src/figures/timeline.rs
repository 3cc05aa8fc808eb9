//! Evidence over a period: a row for each probe, marks for what was seen, told apart by shape.

use super::drawing::{Anchor, Drawing, FAINT, Type, count};
use crate::model::Figure;
use crate::subject::day;
use jiff::Timestamp;
use medward_evidence::{Evidence, Outcome};
use std::collections::BTreeMap;

const LABEL_WIDTH: f64 = 170.0;
const ROW_HEIGHT: f64 = 15.0;
const HEAD_HEIGHT: f64 = 26.0;
/// Marks a row can hold; what falls into one is shown by its worst.
const SLOTS: usize = 72;
const SLOT_WIDTH: f64 = 8.0;
/// Rows of one drawing, so that it fits a page.
pub(crate) const PROBES_MAX: usize = 48;

/// The drawing for the evidence of some probes, keyed by control and probe, over a period.
pub(crate) fn timeline(
    rows: &[(String, Vec<&Evidence>)],
    (from, to): (Timestamp, Timestamp),
    title: String,
) -> Figure {
    let width = LABEL_WIDTH + count(SLOTS) * SLOT_WIDTH + 4.0;
    let height = HEAD_HEIGHT + count(rows.len()) * ROW_HEIGHT + 24.0;
    let mut drawing = Drawing::new(width, height);
    for quarter in 0..=4_u32 {
        let x = LABEL_WIDTH + f64::from(quarter) / 4.0 * count(SLOTS) * SLOT_WIDTH;
        let seconds = to.as_second().saturating_sub(from.as_second()) / 4;
        let at = from.as_second().saturating_add(seconds.saturating_mul(i64::from(quarter)));
        let anchor = match quarter {
            0 => Anchor::Start,
            4 => Anchor::End,
            _ => Anchor::Middle,
        };
        let words = Timestamp::from_second(at).map_or(String::new(), |at| day(at).to_string());
        drawing.text((x, 11.0), Type::new(9.5).anchored(anchor), &words);
        drawing.line((x, 15.0), (x, height - 22.0), "stroke=\"#b8bec7\" stroke-width=\"0.6\"");
    }
    let mut y = HEAD_HEIGHT;
    for (name, evidence) in rows {
        let middle = y + ROW_HEIGHT / 2.0;
        drawing.text((0.0, middle + 3.5), Type::new(9.5), &crate::readable::shortened(name, 34));
        drawing.line((LABEL_WIDTH, middle), (width - 4.0, middle), "stroke=\"#dfe3e8\" stroke-width=\"0.6\"");
        for (slot, outcome) in slots(evidence, from, to) {
            mark(&mut drawing, (LABEL_WIDTH + (count(slot) + 0.5) * SLOT_WIDTH, middle), outcome);
        }
        y += ROW_HEIGHT;
    }
    let mut x = LABEL_WIDTH;
    for (outcome, word) in
        [(Outcome::Passed, "passed"), (Outcome::Failed, "failed"), (Outcome::Error, "could not be found out")]
    {
        mark(&mut drawing, (x + 4.0, height - 9.0), outcome);
        drawing.text((x + 14.0, height - 5.5), Type::new(10.0).filled(FAINT), word);
        x += 80.0;
    }
    let described: Vec<_> =
        rows.iter().map(|(name, evidence)| format!("{name}: {} entries", evidence.len())).collect();
    drawing.finish(title, "evidence in the ledger", described.join("; "))
}

/// The worst outcome of each slot that has any.
fn slots(evidence: &[&Evidence], from: Timestamp, to: Timestamp) -> BTreeMap<usize, Outcome> {
    let span = i128::from(to.as_second().saturating_sub(from.as_second()).max(1));
    let mut found: BTreeMap<usize, Outcome> = BTreeMap::new();
    for one in evidence {
        let since = i128::from(one.observed_until.as_second().saturating_sub(from.as_second()).max(0));
        let slots = i128::try_from(SLOTS).unwrap_or(1);
        let slot =
            usize::try_from(since.saturating_mul(slots) / span).unwrap_or(0).min(SLOTS.saturating_sub(1));
        let worst = found.entry(slot).or_insert(one.outcome);
        if severity(one.outcome) > severity(*worst) {
            *worst = one.outcome;
        }
    }
    found
}

fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Passed => 0,
        Outcome::Error => 1,
        Outcome::Failed => 2,
    }
}

fn mark(drawing: &mut Drawing, (x, y): (f64, f64), outcome: Outcome) {
    match outcome {
        Outcome::Passed => drawing.circle((x, y), 2.6, "fill=\"#1c2024\""),
        Outcome::Error => {
            drawing.circle((x, y), 2.8, "fill=\"#ffffff\" stroke=\"#1c2024\" stroke-width=\"1.1\"");
        }
        Outcome::Failed => {
            let look = "stroke=\"#a3202a\" stroke-width=\"2\"";
            drawing.line((x - 3.2, y - 3.2), (x + 3.2, y + 3.2), look);
            drawing.line((x - 3.2, y + 3.2), (x + 3.2, y - 3.2), look);
        }
    }
}
