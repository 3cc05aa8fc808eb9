//! For people at a terminal or in a log, in the form that compilers use.

use super::excerpt::{self, Shown};
use super::visible;
use crate::{Diagnostic, Severity, SourceMap};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Narrowest width that is honoured, in columns: below it nothing can be read.
const WIDTH_MIN: usize = 40;
/// Widest width that is honoured, in columns.
const WIDTH_MAX: usize = 1000;

/// How to render; the caller knows whether a terminal is on the other side and how wide it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether to write ANSI colour sequences.
    pub colour: bool,
    /// Width to which source lines are cut, in columns; honoured between 40 and 1000.
    pub width: usize,
}

/// No colour, 120 columns.
impl Default for Options {
    fn default() -> Self {
        Self { colour: false, width: 120 }
    }
}

/// All findings, each followed by an empty line. The caller adds the [`Summary`](crate::Summary) if it wants one.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, options: Options) -> String {
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(options.width.clamp(WIDTH_MIN, WIDTH_MAX));
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&[group(diagnostic, sources)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let title = level(diagnostic).primary_title(visible::line(&diagnostic.message)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let (parts, left_out) = excerpt::of(diagnostic, sources);
    let mut notes = Vec::new();
    for part in parts {
        match part {
            Shown::Excerpt(excerpt) => {
                let marks = excerpt.marks.into_iter().map(|mark| {
                    let kind = if mark.main { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let text = Some(mark.text).filter(|text| !text.is_empty()).map(visible::line);
                    kind.span(mark.range).label(text)
                });
                let snippet = Snippet::source(excerpt.text)
                    .path(visible::line(excerpt.path))
                    .line_start(excerpt.first_line)
                    .annotations(marks);
                group = group.element(snippet);
            }
            Shown::Place(place) => {
                let mut origin = Origin::path(visible::line(place.path));
                if let Some(position) = place.position {
                    origin = origin.line(position.line).char_column(position.column);
                }
                group = group.element(origin);
                if !place.around.is_empty() {
                    notes.push(("here", place.around));
                }
                if !place.text.is_empty() {
                    notes.push(("note", visible::line(place.text)));
                }
            }
        }
    }
    if left_out > 0 {
        notes.push(("note", format!("{left_out} more places are not shown")));
    }
    let said = [
        ("why", diagnostic.why.as_ref()),
        ("mend", diagnostic.mend.as_str()),
        ("waived by", diagnostic.waived.as_deref().unwrap_or_default()),
    ];
    notes.extend(said.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| {
        // The renderer passes notes through as they are, so this is the only guard.
        (name, visible::block(text))
    }));
    group.elements(notes.into_iter().map(|(name, text)| Level::NOTE.with_name(name).message(text)))
}

/// A waived finding is drawn as a note that still says what it would have been.
fn level(diagnostic: &Diagnostic) -> Level<'static> {
    match (&diagnostic.waived, diagnostic.severity) {
        (None, Severity::Error) => Level::ERROR,
        (None, Severity::Warning) => Level::WARNING,
        (None, Severity::Note) => Level::NOTE,
        (Some(_), Severity::Error) => Level::NOTE.with_name("waived error"),
        (Some(_), Severity::Warning) => Level::NOTE.with_name("waived warning"),
        (Some(_), Severity::Note) => Level::NOTE.with_name("waived note"),
    }
}

#[cfg(test)]
#[path = "human_tests.rs"]
mod tests;
