//! A large document, set in parts one after the other and joined: memory is that of one part. A part is a section, or so many cells of one.
//!
//! Typst holds a picture of all pages and remembers each cell it set, about 1 MB a page.

use super::joined::{Bookmark, Joined};
use super::world::Desk;
use super::{cells, export, typeset};
use crate::ReportError;
use crate::model::{Block, Report, Section};
use serde::Serialize;

/// Cells of a part.
const PART_CELLS: usize = 8_000;

/// What a template is told of its part.
#[derive(Debug, Default, Serialize)]
struct Part<'p> {
    /// Whether it holds the first page, and no section.
    is_front: bool,
    /// Whether it goes on with the section before it.
    continues: bool,
    /// Number of its first page.
    first_page: usize,
    /// Headings before it.
    headings: usize,
    /// Of the front: the sections with their pages.
    contents: &'p [Entry],
    /// Of the front: pages in all.
    pages: usize,
}

/// A line of the contents.
#[derive(Debug, Serialize)]
struct Entry {
    title: &'static str,
    page: usize,
}

/// What a template reads.
#[derive(Serialize)]
struct Sheet<'s> {
    #[serde(flatten)]
    report: &'s Report,
    part: Part<'s>,
}

/// The document, section by section.
pub(super) fn pdf(desk: &mut Desk, mut report: Report) -> Result<Vec<u8>, ReportError> {
    let sections = std::mem::take(&mut report.sections);
    let mut contents: Vec<_> =
        sections.iter().map(|section| Entry { title: section.title, page: 0 }).collect();
    // The front is as long with any numbers in it.
    let front_pages = front(desk, &report, &contents, 0)?.pages().len();
    let mut pages = front_pages;
    let mut joined = Joined::default();
    for (index, section) in sections.into_iter().enumerate() {
        if let Some(entry) = contents.get_mut(index) {
            entry.page = pages.saturating_add(1);
        }
        let (id, title) = (section.id, section.title);
        for (number, blocks) in divided(section.blocks).into_iter().enumerate() {
            report.sections = vec![Section { id, title, blocks }];
            let part = Part {
                continues: number > 0,
                first_page: pages.saturating_add(1),
                headings: if number > 0 { index.saturating_add(1) } else { index },
                ..Part::default()
            };
            let document = set(desk, &report, part)?;
            pages = pages.saturating_add(document.pages().len());
            let bookmark =
                (number == 0).then(|| Bookmark { title: format!("{} {title}", index.saturating_add(1)) });
            joined.add(&export(desk, &report, &document, false)?, bookmark)?;
        }
    }
    report.sections.clear();
    let document = front(desk, &report, &contents, pages)?;
    joined.finish(&export(desk, &report, &document, false)?)
}

fn front(
    desk: &mut Desk,
    report: &Report,
    contents: &[Entry],
    pages: usize,
) -> Result<typst_layout::PagedDocument, ReportError> {
    set(desk, report, Part { is_front: true, first_page: 1, contents, pages, ..Part::default() })
}

fn set(desk: &mut Desk, report: &Report, part: Part<'_>) -> Result<typst_layout::PagedDocument, ReportError> {
    desk.add("report.json", serde_json::to_vec(&Sheet { report, part })?);
    typeset(desk)
}

/// Blocks in groups of so many cells; a table that is larger is cut between rows. At least one group, so that a section without blocks keeps its
/// heading.
fn divided(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut groups = vec![Vec::new()];
    let mut room = PART_CELLS;
    for block in blocks.into_iter().flat_map(cut) {
        let cost = cells(&block);
        if cost > room && groups.last().is_some_and(|group: &Vec<_>| !group.is_empty()) {
            groups.push(Vec::new());
            room = PART_CELLS;
        }
        room = room.saturating_sub(cost);
        if let Some(group) = groups.last_mut() {
            group.push(block);
        }
    }
    groups
}

/// A table that is too large as several.
fn cut(block: Block) -> Vec<Block> {
    let Block::Table(mut table) = block else { return vec![block] };
    let rows_max = PART_CELLS.checked_div(table.columns.len()).unwrap_or(PART_CELLS).max(1);
    if table.rows.len() <= rows_max {
        return vec![Block::Table(table)];
    }
    let rows = std::mem::take(&mut table.rows);
    let mut parts = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut part = table.clone();
        part.rows = rows.by_ref().take(rows_max).collect();
        if !parts.is_empty() {
            part.title.push_str(" (continued)");
        }
        parts.push(Block::Table(part));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cell, Table};

    #[test]
    fn what_is_divided_holds_every_row_once_and_in_its_order() {
        let mut table = Table::new("T", "s", &[("A", 1), ("B", 1)]);
        for row in 0..9_000 {
            table.row([Cell::lead(row.to_string()), Cell::Empty]);
        }
        let groups = divided(vec![Block::text("before"), Block::Table(table), Block::text("after")]);
        assert!(
            groups.len() > 2
                && groups.iter().all(|group| group.iter().map(cells).sum::<usize>() <= PART_CELLS)
        );
        let mut rows = Vec::new();
        for block in groups.iter().flatten() {
            if let Block::Table(part) = block {
                rows.extend(part.rows.iter().map(|row| row[0].text().parse::<usize>().unwrap()));
            }
        }
        assert_eq!(rows, (0..9_000).collect::<Vec<_>>());
        assert_eq!(divided(Vec::new()).len(), 1);
    }
}
