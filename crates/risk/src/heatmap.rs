//! A heat map as text: rows severity, worst at the top; columns exploitability; in each cell the number of risks and the
//! level that the matrix gives it.

use std::fmt::Write as _;

use crate::level::{Acceptance, Levels};
use crate::matrix::Matrix;
use crate::overall::HeatMap;
use crate::scale::{Exploitability, Ordinal, Scale};

/// Whether to colour the cells; the caller knows where the text goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colour {
    /// ANSI background colours by what the level allows.
    Ansi,
    /// Plain text.
    Plain,
}

/// What a map is drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a, S> {
    /// Rows.
    pub severity: &'a Scale<S>,
    /// Columns.
    pub exploitability: &'a Scale<Exploitability>,
    /// Cells.
    pub matrix: &'a Matrix<S>,
    /// Codes and acceptance.
    pub levels: &'a Levels,
}

/// Space between columns, in characters.
const GAP: usize = 2;

/// Draws the map. Every line ends with a line feed; an empty cell shows a dot in place of the count.
pub fn render<S: Ordinal, I>(map: &HeatMap<S, I>, frame: &Frame<'_, S>, colour: Colour) -> String {
    let rows: Vec<(S, String)> = frame
        .severity
        .levels()
        .rev()
        .map(|level| {
            (
                level,
                format!("{level} {}", frame.severity.word(level).unwrap_or_default(), level = level.rank()),
            )
        })
        .collect();
    let label = rows.iter().map(|(_, words)| width(words)).chain([width(S::SCALE)]).max().unwrap_or(0);
    let headings: Vec<Vec<String>> =
        frame.exploitability.levels().map(|level| heading(frame, level)).collect();

    let cell = |severity, column| {
        let count = match map.count(severity, column) {
            0 => "·".to_owned(),
            count => count.to_string(),
        };
        let level = frame.matrix.level(severity, column);
        let code = level.map_or("?", |level| frame.levels.code(level));
        let acceptance = level.map_or(Acceptance::Never, |level| frame.levels.acceptance(level));
        (format!("{count} {code}"), acceptance)
    };
    let column_width = |column: Exploitability, words: &[String]| {
        let cells = rows.iter().map(|(severity, _)| width(&cell(*severity, column).0));
        words.iter().map(|word| width(word)).chain(cells).max().unwrap_or(0)
    };
    let columns: Vec<(Exploitability, usize)> = frame
        .exploitability
        .levels()
        .zip(&headings)
        .map(|(column, words)| (column, column_width(column, words)))
        .collect();

    let mut text = String::new();
    let height = headings.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let name = if line == 0 { S::SCALE } else { "" };
        let mut row = padded(name, label);
        for ((_, wide), words) in columns.iter().zip(&headings) {
            row.push_str(&" ".repeat(GAP));
            row.push_str(&padded(words.get(line).map_or("", String::as_str), *wide));
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row.trim_end());
    }
    for (severity, words) in &rows {
        let mut row = padded(words, label);
        for (column, wide) in &columns {
            let (content, acceptance) = cell(*severity, *column);
            row.push_str(&" ".repeat(GAP));
            row.push_str(&coloured(&padded(&content, *wide), acceptance, colour));
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// Level and word of a column, one word a line so that columns stay narrow.
fn heading<S>(frame: &Frame<'_, S>, level: Exploitability) -> Vec<String> {
    let words = frame.exploitability.word(level).unwrap_or_default();
    std::iter::once(level.to_string()).chain(words.split_whitespace().map(str::to_owned)).collect()
}

fn coloured(cell: &str, acceptance: Acceptance, colour: Colour) -> String {
    let background = match (colour, acceptance) {
        (Colour::Plain, _) => return cell.to_owned(),
        (Colour::Ansi, Acceptance::Accept) => "30;42",
        (Colour::Ansi, Acceptance::WithReason) => "30;43",
        (Colour::Ansi, Acceptance::Reduce) => "30;41",
        (Colour::Ansi, Acceptance::Never) => "97;45",
    };
    format!("\u{1b}[{background}m{cell}\u{1b}[0m")
}

/// Characters, which is what a terminal shows for the scripts that scales are written in.
fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, wide: usize) -> String {
    format!("{text:<wide$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::{Assessment, Evaluation};
    use crate::method::Method;
    use crate::overall::overall;
    use crate::p2::P2;
    use crate::scale::SafetySeverity;

    fn map(colour: Colour) -> String {
        let method = Method::starting();
        let parts = method.parts();
        let assessments = [(3, 4), (3, 4), (5, 5)];
        let risks: Vec<(usize, Evaluation)> = assessments
            .into_iter()
            .map(|(exploitability, safety)| Assessment {
                exploitability: Exploitability::at(exploitability),
                safety: SafetySeverity::new(safety),
                p2: P2::Unknown,
                privacy: None,
            })
            .map(|assessment| method.evaluate(&assessment).unwrap())
            .enumerate()
            .collect();
        let all = overall(risks.iter().map(|(id, evaluation)| (id, evaluation)), &parts.levels);
        let frame = Frame {
            severity: &parts.safety,
            exploitability: &parts.exploitability,
            matrix: &parts.safety_matrix,
            levels: &parts.levels,
        };
        render(&all.safety_map, &frame, colour)
    }

    #[test]
    fn counts_and_levels_stand_under_their_columns() {
        let expected = "\
safety severity                         1            2           3          4       5
                                        exceptional  expert,     foothold   common  exploited
                                        capability   favourable  or         skill   or
                                                     conditions  special    and     open
                                                                 knowledge  tools   to
                                                                                    anyone
5 death                                 · M          · H         · H        · U     1 U
4 permanent or life-threatening damage  · L          · M         2 H        · H     · U
3 serious deterioration                 · L          · M         · M        · H     · H
2 temporary minor injury                · L          · L         · L        · M     · M
1 inconvenience                         · L          · L         · L        · L     · L
";
        assert_eq!(map(Colour::Plain), expected);
    }

    #[test]
    fn colour_adds_nothing_but_escapes() {
        let coloured = map(Colour::Ansi);
        assert!(coloured.contains("\u{1b}[97;45m1 U"));
        let mut plain = coloured;
        for code in ["30;42", "30;43", "30;41", "97;45", "0"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
        assert_eq!(trimmed.join("\n"), map(Colour::Plain).trim_end());
    }
}
