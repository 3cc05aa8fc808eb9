//! Two texts side by side, each broken into its column.

use std::fmt::Write as _;

/// Width of one column, in characters.
const COLUMN: usize = 56;

/// Two columns under their headings.
pub(super) fn side_by_side(left: &[String], right: &[String]) -> String {
    let wrapped = |lines: &[String]| lines.iter().flat_map(|line| wrap(line)).collect::<Vec<_>>();
    let (left, right) = (wrapped(left), wrapped(right));
    let mut text = String::new();
    for row in 0..left.len().max(right.len()) {
        let one = left.get(row).map_or("", String::as_str);
        let other = right.get(row).map_or("", String::as_str);
        let gap = " ".repeat(COLUMN.saturating_sub(one.chars().count()));
        let line = format!("{one}{gap} | {other}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// A line in pieces of the column's width, the later ones indented as the first and a little more.
fn wrap(line: &str) -> Vec<String> {
    let indent = line.chars().take_while(|one| *one == ' ').count();
    let mut lines = Vec::new();
    let mut now = " ".repeat(indent);
    let mut is_first = true;
    for word in line.split_whitespace() {
        let length = now.chars().count() + word.chars().count() + usize::from(!is_first);
        if !is_first && length > COLUMN {
            lines.push(std::mem::replace(&mut now, " ".repeat(indent.saturating_add(2))));
            is_first = true;
        }
        if !is_first {
            now.push(' ');
        }
        now.push_str(word);
        is_first = false;
    }
    lines.push(now);
    lines
}
