//! PDF/A-2b through Typst: a template reads the model as JSON and sets it.
//!
//! The world that a template sees is a map made beforehand: no network, no files, no packages, no clock, no programs. Bounding its
//! time is for the caller.

mod joined;
mod parts;
mod world;

use crate::ReportError;
use crate::model::{Block, Report};
use crate::readable::{breakable, printable};
use crate::templates::Templates;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::{World as _, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use world::Desk;

/// Cells above which a document is set in parts, without structure tags, which would cost more memory than the pages.
const WHOLE_CELLS_MAX: usize = 12_000;

/// The document as PDF/A-2b. The same report and templates give the same bytes.
///
/// A large one is set in parts, unless by templates of the maker, who may want to see it whole.
pub fn pdf(report: &Report, templates: &Templates) -> Result<Vec<u8>, ReportError> {
    let mut desk = Desk::new(report, templates)?;
    let mut set = report.clone();
    settable(&mut set, |character| desk.has_glyph(character));
    let is_small =
        set.sections.iter().flat_map(|section| &section.blocks).map(cells).sum::<usize>() <= WHOLE_CELLS_MAX;
    if !is_small && templates.are_built_in(report.name) {
        return parts::pdf(&mut desk, set);
    }
    desk.add("report.json", serde_json::to_vec(&set)?);
    let document = typeset(&desk)?;
    export(&desk, &set, &document, is_small)
}

fn typeset(desk: &Desk) -> Result<PagedDocument, ReportError> {
    let document = typst::compile::<PagedDocument>(desk).output;
    document.map_err(|found| ReportError::Typeset(messages(desk, &found)))
}

fn export(
    desk: &Desk,
    report: &Report,
    document: &PagedDocument,
    tagged: bool,
) -> Result<Vec<u8>, ReportError> {
    let standards = PdfStandards::new(&[PdfStandard::A_2b])
        .map_err(|error| ReportError::Typeset(vec![error.message().to_string()]))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {} {}", report.name, report.origin.stamp, report.origin.at)),
        creator: Smart::Custom(Some(concat!("Medward ", env!("CARGO_PKG_VERSION")).to_owned())),
        timestamp: desk.timestamp(),
        standards,
        tagged,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(document, &options);
    // What was remembered of this document helps no other.
    typst::comemo::evict(0);
    bytes.map_err(|found| ReportError::Typeset(messages(desk, &found)))
}

/// Texts as they can be set: no character without a glyph, no word without an end.
fn settable(report: &mut Report, has_glyph: impl Fn(char) -> bool) {
    let known: RefCell<HashMap<char, bool>> = RefCell::default();
    let has_glyph = |character: char| {
        character.is_ascii_graphic()
            || character == ' '
            || *known.borrow_mut().entry(character).or_insert_with(|| has_glyph(character))
    };
    report.each_text(&mut |text| {
        if let Cow::Owned(changed) = printable(text, has_glyph) {
            *text = changed;
        }
        if let Cow::Owned(changed) = breakable(text) {
            *text = changed;
        }
    });
    for block in report.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        if let Block::Figure(figure) = block
            && let Cow::Owned(changed) = printable(&figure.svg, has_glyph)
        {
            figure.svg = changed;
        }
    }
}

/// What a block costs to set.
fn cells(block: &Block) -> usize {
    match block {
        Block::Table(table) => table.rows.len().saturating_mul(table.columns.len()),
        Block::Facts(facts) => facts.rows.len().saturating_mul(2),
        _ => 1,
    }
}

/// What Typst says, each with its place.
fn messages(desk: &Desk, found: &[SourceDiagnostic]) -> Vec<String> {
    let one = |diagnostic: &SourceDiagnostic| {
        let place = diagnostic.span.id().and_then(|id| {
            let source = desk.source(id).ok()?;
            let range = desk.range(diagnostic.span)?;
            let line = source.lines().byte_to_line(range.start)?;
            Some(format!("{}:{}: ", id.get().vpath().get_without_slash(), line.saturating_add(1)))
        });
        let hints = diagnostic.hints.iter().map(|hint| format!(" ({})", hint.v)).collect::<Vec<_>>().concat();
        format!("{}{}{hints}", place.unwrap_or_default(), diagnostic.message)
    };
    found.iter().map(one).collect()
}
