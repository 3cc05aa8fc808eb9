//! The part of the sources that is shown for a finding: few lines, cut short, with marks that always lie
//! inside what is shown.

use super::visible;
use crate::{Diagnostic, Label, Position, SourceId, SourceMap};
use std::ops::Range;

/// Most places shown for one finding.
const PLACES_MAX: usize = 16;
/// Longest part of a line that is handed to the renderer, in bytes; a place further right is named, not drawn.
const LINE_MAX: usize = 2000;
/// A place over more lines than this is drawn on its first line alone.
const LINES_MAX: usize = 12;
/// Places at most this many lines apart share an excerpt.
const GAP_MAX: usize = 6;
/// Characters quoted on each side of a place that is not drawn.
const AROUND: usize = 30;

/// What is shown of one or more places.
pub(super) enum Shown<'a> {
    /// Lines with marks.
    Excerpt(Excerpt<'a>),
    /// A place whose text cannot be drawn: no text, or too far right in a huge line.
    Place(Place<'a>),
}

/// Consecutive lines of one source.
pub(super) struct Excerpt<'a> {
    /// Path of the source, unescaped.
    pub(super) path: &'a str,
    /// Number from 1 of the first line.
    pub(super) first_line: usize,
    /// The lines, every character visible.
    pub(super) text: String,
    /// What is marked, in bytes of `text`.
    pub(super) marks: Vec<Mark<'a>>,
}

/// A marked range of an excerpt.
pub(super) struct Mark<'a> {
    pub(super) range: Range<usize>,
    /// What is said of it, unescaped; may be empty.
    pub(super) text: &'a str,
    /// Whether it is the main place of the finding.
    pub(super) main: bool,
}

/// A place without lines.
pub(super) struct Place<'a> {
    /// Path of the source, unescaped.
    pub(super) path: &'a str,
    /// Where in the source; absent when the source has no text.
    pub(super) position: Option<Position>,
    /// What is said of it, unescaped; may be empty.
    pub(super) text: &'a str,
    /// The text around the place, every character visible; empty when the source has no text.
    pub(super) around: String,
}

/// A label that can be drawn.
struct Drawn<'a> {
    label: &'a Label,
    main: bool,
    source: SourceId,
    /// Bytes in the source, clamped to what is drawn.
    bytes: Range<usize>,
    /// First and last line from 0.
    first: usize,
    last: usize,
}

/// What to show for a finding, the part with the main place first, and how many places were left out.
pub(super) fn of<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> (Vec<Shown<'a>>, usize) {
    let mut shown = Vec::new();
    let mut drawn = Vec::new();
    for (index, label) in diagnostic.labels.iter().take(PLACES_MAX).enumerate() {
        match draw(label, index == 0, sources) {
            Some(Ok(label)) => drawn.push(label),
            Some(Err(place)) => shown.push(Shown::Place(place)),
            None => {}
        }
    }
    let mut excerpts: Vec<_> = clusters(drawn).iter().filter_map(|part| excerpt(part, sources)).collect();
    let main_path = excerpts.iter().find(|part| part.is_main()).map(|part| part.path);
    excerpts.sort_by_key(|part| (!part.is_main(), Some(part.path) != main_path));
    if main_path.is_some() {
        shown.splice(0..0, excerpts.into_iter().map(Shown::Excerpt));
    } else {
        shown.extend(excerpts.into_iter().map(Shown::Excerpt));
    }
    (shown, diagnostic.labels.len().saturating_sub(PLACES_MAX))
}

impl Excerpt<'_> {
    fn is_main(&self) -> bool {
        self.marks.iter().any(|mark| mark.main)
    }
}

/// The label clamped to what is drawn, or a place when nothing can be drawn; nothing for an unknown source.
fn draw<'a>(label: &'a Label, main: bool, sources: &'a SourceMap) -> Option<Result<Drawn<'a>, Place<'a>>> {
    let id = label.span.source;
    let source = sources.get(id)?;
    let (path, text) = (source.path.as_str(), label.text.as_str());
    if source.text.is_empty() {
        return Some(Err(Place { path, position: None, text, around: String::new() }));
    }
    let mut bytes = sources.clamped(label.span);
    let first = sources.line_of(id, bytes.start);
    let first_bytes = sources.line_range(id, first);
    if bytes.start.saturating_sub(first_bytes.start) > LINE_MAX {
        let around = around(&source.text, bytes.start, &first_bytes);
        return Some(Err(Place { path, position: Some(sources.position(label.span)), text, around }));
    }
    // A span that ends with a line break ends on that line, not before the first character of the next.
    let mut last = sources.line_of(id, bytes.end.saturating_sub(usize::from(bytes.end > bytes.start)));
    if last.saturating_sub(first) >= LINES_MAX {
        last = first;
    }
    let last_bytes = sources.line_range(id, last);
    let drawn_to = source.text.floor_char_boundary(last_bytes.start.saturating_add(LINE_MAX));
    bytes.start = bytes.start.min(first_bytes.end);
    bytes.end = bytes.end.min(last_bytes.end).min(drawn_to).max(bytes.start);
    Some(Ok(Drawn { label, main, source: id, bytes, first, last }))
}

fn around(text: &str, at: usize, line: &Range<usize>) -> String {
    let before = text.get(line.start..at.min(line.end)).unwrap_or_default();
    let after = text.get(at.min(line.end)..line.end).unwrap_or_default();
    let from = before.char_indices().rev().take(AROUND).last().map_or(before.len(), |(index, _)| index);
    let before = before.get(from..).unwrap_or_default();
    format!("…{before}{}…", after.chars().take(AROUND).collect::<String>())
        .chars()
        .map(|character| if character == '\t' { ' ' } else { visible::in_source(character) })
        .collect()
}

/// Labels of the same source that are near each other, each cluster in the order of its lines.
fn clusters(mut drawn: Vec<Drawn<'_>>) -> Vec<Vec<Drawn<'_>>> {
    drawn.sort_by_key(|label| (label.source, label.first, label.bytes.start));
    let mut clusters: Vec<Vec<Drawn<'_>>> = Vec::new();
    for label in drawn {
        let near = clusters.last_mut().filter(|cluster| {
            let last = cluster.iter().map(|other| other.last).max().unwrap_or(0);
            cluster.first().is_some_and(|other| other.source == label.source)
                && label.first <= last.saturating_add(GAP_MAX)
        });
        match near {
            Some(cluster) => cluster.push(label),
            None => clusters.push(vec![label]),
        }
    }
    clusters
}

fn excerpt<'a>(cluster: &[Drawn<'a>], sources: &'a SourceMap) -> Option<Excerpt<'a>> {
    let id = cluster.first()?.source;
    let source = sources.get(id)?;
    let first = cluster.iter().map(|label| label.first).min()?;
    let last = cluster.iter().map(|label| label.last).max()?;
    let mut text = String::new();
    let mut line_starts = Vec::new();
    for line in first..=last {
        if line > first {
            text.push('\n');
        }
        line_starts.push((text.len(), sources.line_range(id, line).start));
        let bytes = sources.line_range(id, line);
        let cut = source.text.floor_char_boundary(bytes.end.min(bytes.start.saturating_add(LINE_MAX)));
        text.extend(source.text.get(bytes.start..cut).unwrap_or_default().chars().map(visible::in_source));
        if cut < bytes.end {
            text.push('…');
        }
    }
    if text.is_empty() || text.ends_with('\n') {
        // The renderer does not count an empty last line as a line.
        text.push(' ');
    }
    let offset = |line: usize, byte: usize| {
        let (shown, start) = line_starts.get(line.saturating_sub(first)).copied().unwrap_or_default();
        let before = source.text.get(start..byte).unwrap_or_default();
        shown.saturating_add(before.chars().map(|c| visible::in_source(c).len_utf8()).sum())
    };
    let marks = cluster.iter().map(|label| Mark {
        range: offset(label.first, label.bytes.start)..offset(label.last, label.bytes.end),
        text: &label.label.text,
        main: label.main,
    });
    Some(Excerpt { path: &source.path, first_line: first.saturating_add(1), marks: marks.collect(), text })
}
