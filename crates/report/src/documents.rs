//! The documents: one file each, its line in [`ALL`], its template in `templates/`.
//!
//! A document is built out of a [`Subject`] and says nothing that does not stand in it. What a person has to conclude is written
//! in the file, or stays an open point.

mod conformity;
mod control_evidence;
mod impact_assessment;
mod incident_file;
mod instructions_for_use;
mod mds2;
mod measures;
mod questions;
mod register;
mod risk_management;
mod scope;
mod sign_off;
mod statement_of_applicability;
mod surveillance;
mod threat_model;

use crate::ReportError;
use crate::model::{Block, OpenPoint, Report, Section};
use crate::readable::visible;
use crate::subject::Subject;

/// A document that can be made.
#[derive(Debug)]
pub struct Document {
    /// Its name on the command line, and of its template.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// Clauses that ask for it.
    pub basis: &'static str,
    /// Whether people also ask for it as a spreadsheet.
    pub is_sheet: bool,
    build: fn(&Subject<'_>) -> Result<Vec<Section>, ReportError>,
}

/// Every document, in the order in which they are listed and made.
pub const ALL: &[Document] = &[
    risk_management::DOCUMENT,
    conformity::DOCUMENT,
    statement_of_applicability::DOCUMENT,
    impact_assessment::DOCUMENT,
    threat_model::DOCUMENT,
    instructions_for_use::DOCUMENT,
    mds2::DOCUMENT,
    control_evidence::DOCUMENT,
    incident_file::DOCUMENT,
    surveillance::DOCUMENT,
    questions::DOCUMENT,
];

impl Document {
    /// The document of a name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|document| document.name == name)
    }

    /// What the document says of a subject.
    pub fn report(&self, subject: &Subject<'_>) -> Result<Report, ReportError> {
        let mut sections = (self.build)(subject)?;
        sections.iter_mut().flat_map(|section| &mut section.blocks).for_each(say_none);
        sections.retain(|section| !section.blocks.is_empty());
        let mut report = Report {
            name: self.name,
            title: self.title,
            purpose: self.purpose,
            basis: self.basis,
            device: subject.device(),
            origin: subject.origin.clone(),
            open: open_points(&sections),
            sections,
        };
        report.each_text(&mut |text| {
            if let std::borrow::Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        });
        Ok(report)
    }
}

/// A table without rows says so in words.
fn say_none(block: &mut Block) {
    if let Block::Table(table) = block
        && table.rows.is_empty()
    {
        *block = Block::text(format!("{}: none.", table.title));
    }
}

fn open_points(sections: &[Section]) -> Vec<OpenPoint> {
    let blocks =
        sections.iter().flat_map(|section| section.blocks.iter().map(|block| (section.title, block)));
    let open = blocks.filter_map(|(section, block)| {
        let Block::Open(open) = block else { return None };
        Some(OpenPoint { section: section.to_owned(), what: open.what.clone(), who: open.who.clone() })
    });
    open.collect()
}

/// A section.
fn section(id: &'static str, title: &'static str, blocks: Vec<Block>) -> Section {
    Section { id, title, blocks }
}

/// What a text says; nothing where there is none.
fn said(text: Option<&medward_file::Text>) -> &str {
    text.map_or("", |text| &text.value)
}

/// Ids in one line.
fn ids<'l, T: 'l>(links: impl IntoIterator<Item = &'l medward_file::Link<T>>) -> String {
    links.into_iter().map(medward_file::Link::id).collect::<Vec<_>>().join(", ")
}

/// A flag in words.
fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}
