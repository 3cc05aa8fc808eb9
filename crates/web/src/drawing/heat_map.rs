//! Heat maps: severity upwards, exploitability to the right, in each cell its level and the risks in it.

use crate::page::encoded;
use crate::summary::Map;
use crate::words;
use maud::{Markup, html};

const LABEL: usize = 132;
const WIDTH: usize = 92;
const HEIGHT: usize = 54;

/// The map of an axis.
pub(crate) fn heat_map(axis: &str, map: &Map) -> Markup {
    let width = map.columns.len().saturating_mul(WIDTH).saturating_add(LABEL);
    let height = map.rows.len().saturating_mul(HEIGHT).saturating_add(56);
    let bottom = map.rows.len().saturating_mul(HEIGHT);
    let x = |column: usize| column.saturating_mul(WIDTH).saturating_add(LABEL);
    html! {
        svg.heat viewBox={ "0 0 " (width) " " (height) } role="group" aria-label={ "Heat map of the " (axis) " axis; the table below says the same" } {
            @for (row, (label, cells)) in map.rows.iter().enumerate() {
                @let y = row.saturating_mul(HEIGHT);
                (lines(label, 0, y.saturating_add(22), 20))
                @for (column, cell) in cells.iter().enumerate() {
                    @let mark = words::acceptance(cell.acceptance);
                    g class={ "cell level-" (crate::summary::rank(cell.acceptance)) } {
                        rect x=(x(column).saturating_add(2)) y=(y.saturating_add(2)) width=(WIDTH.saturating_sub(4)) height=(HEIGHT.saturating_sub(4)) rx="5" {
                            title { (cell.code) ": " (mark.word) ", " (cell.count) " risks" }
                        }
                        text.code x=(x(column).saturating_add(10)) y=(y.saturating_add(19)) { (mark.sign) " " (cell.code) }
                        @if cell.count > 0 {
                            text.count x=(x(column).saturating_add(WIDTH).saturating_sub(10)) y=(y.saturating_add(20)) text-anchor="end" { (cell.count) }
                            @for (number, id) in cell.named.iter().take(2).enumerate() {
                                a href={ "/risk?id=" (encoded(id)) } {
                                    text.id x=(x(column).saturating_add(10).saturating_add(number.saturating_mul(38))) y=(y.saturating_add(41)) { (shortened(id)) }
                                }
                            }
                        }
                    }
                }
            }
            @for (column, label) in map.columns.iter().enumerate() {
                (lines(label, x(column).saturating_add(6), bottom.saturating_add(16), 14))
            }
        }
    }
}

fn shortened(id: &str) -> String {
    if id.chars().count() <= 6 { id.to_owned() } else { id.chars().take(5).chain(['…']).collect() }
}

/// A label in up to three lines.
fn lines(text: &str, x: usize, y: usize, characters: usize) -> Markup {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(word.chars().count()) < characters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    html! {
        text.label x=(x) y=(y) {
            @for (number, line) in lines.iter().take(3).enumerate() {
                tspan x=(x) dy=(if number == 0 { 0 } else { 13 }) { (line) }
            }
        }
    }
}
