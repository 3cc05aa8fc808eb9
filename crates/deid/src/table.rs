//! Table E.1-1 of PS3.15 as data: which attribute has which action; never an object, never an option chosen.

use crate::action::Action;
use crate::options::ProfileOption;
use medward_dicom_scan::{Tag, Vr};
use std::sync::LazyLock;

const TEXT: &str = include_str!("../data/ps315_table_e1_1.txt");

/// Which tags a row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// One tag.
    Tag(Tag),
    /// All of the groups 5000 to 50FF (retired curves).
    Curves,
    /// An element of the groups 6000 to 60FF (overlays), by its element number.
    Overlay(u16),
    /// All private elements.
    Private,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which tags.
    pub pattern: Pattern,
    /// VR; `None` where the table's source did not say.
    pub vr: Option<Vr>,
    /// Action of the basic profile, edition 2026c.
    pub basic: Action,
    /// What options make of it, edition 2024e.
    pub options: Vec<(ProfileOption, Action)>,
    /// The row is newer than the edition that the options were read from: the basic action holds under every option.
    pub options_unseen: bool,
    /// Keyword of the attribute, where it was given.
    pub keyword: &'static str,
}

/// The rows, single tags first in their order.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    // A line that cannot be read would be an attribute left alone: the test below holds the count.
    let mut rows: Vec<Row> = TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect();
    rows.sort_by_key(|row| match row.pattern {
        Pattern::Tag(tag) => tag.0,
        _ => u32::MAX,
    });
    rows
});

/// All rows: those of one tag first, sorted.
pub fn rows() -> &'static [Row] {
    &ROWS
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split(" | ");
    let (tag, vr, basic, options, keyword) =
        (cells.next()?, cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let pattern = match tag {
        "50XXXXXX" => Pattern::Curves,
        "ODDGROUP" => Pattern::Private,
        _ => match tag.strip_prefix("60XX") {
            Some(element) => Pattern::Overlay(u16::from_str_radix(element, 16).ok()?),
            None => Pattern::Tag(Tag(u32::from_str_radix(tag, 16).ok()?)),
        },
    };
    let options_unseen = options == "?";
    let mut read = Vec::new();
    if !options_unseen && options != "-" {
        for option in options.split(' ') {
            let (name, action) = option.split_once('=')?;
            read.push((name.parse().ok()?, action.parse().ok()?));
        }
    }
    Some(Row {
        pattern,
        vr: vr.as_bytes().first_chunk().and_then(|&letters| Vr::from_letters(letters)),
        basic: basic.parse().ok()?,
        options: read,
        options_unseen,
        keyword: if keyword == "-" { "" } else { keyword },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_row_and_no_tag_stands_twice() {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((rows().len(), lines), (656, 656));
        let tags: Vec<_> = rows().iter().map(|row| row.pattern).collect();
        for (at, pattern) in tags.iter().enumerate() {
            assert!(!tags[..at].contains(pattern), "{pattern:?}");
        }
        assert_eq!(rows().iter().filter(|row| row.options_unseen).count(), 35);
        let name = rows().iter().find(|row| row.keyword == "PatientName").unwrap();
        assert_eq!((name.pattern, name.basic), (Pattern::Tag(Tag::new(0x0010, 0x0010)), Action::Zero));
    }
}
