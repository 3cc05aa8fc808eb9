//! Source texts and places in them.

use std::ops::Range;
use std::sync::OnceLock;

/// Index of a [`Source`] in its [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub u32);

/// A range of bytes in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The source the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range`; offsets past 4 GiB are clamped (the loader refuses such files long before).
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One text and where it came from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path as shown to the user, relative to the checked directory, with `/` between parts.
    pub path: String,
    /// The whole text; empty where the file could not be read.
    pub text: String,
}

/// A line and a column, both from 1, the column counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line number from 1.
    pub line: usize,
    /// Column number from 1, in characters.
    pub column: usize,
}

/// All texts of one run.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
    /// Byte offset of the start of each line, per source. Built on first use: a run without findings in a file
    /// never needs it, and ten thousand findings in one file must not count its lines ten thousand times.
    line_starts: Vec<OnceLock<Vec<u32>>>,
}

impl SourceMap {
    /// Adds a text and returns its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(Source { path: path.into(), text: text.into() });
        self.line_starts.push(OnceLock::new());
        id
    }

    /// The source with this id.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// All sources in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.sources)
    }

    /// The text a span covers; empty where the span lies outside its source.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// Line and column of the start of a span. A start past the end of the text, or inside a character, is
    /// moved back to the nearest place that exists.
    pub fn position(&self, span: Span) -> Position {
        self.position_of(span.source, self.clamped(span).start)
    }

    /// Line and column one past the end of a span, clamped as in [`SourceMap::position`] and never before it.
    pub fn end_position(&self, span: Span) -> Position {
        self.position_of(span.source, self.clamped(span).end)
    }

    /// The bytes of a span as they exist in its source: in range, on character boundaries, the end not before
    /// the start. `0..0` for an unknown source.
    pub(crate) fn clamped(&self, span: Span) -> Range<usize> {
        let text = self.whole_text(span.source);
        let start = text.floor_char_boundary(span.start as usize);
        let end = text.floor_char_boundary(span.end as usize);
        start..end.max(start)
    }

    /// Line number from 0 of the line a byte offset lies in; its newline belongs to the line it ends.
    pub(crate) fn line_of(&self, id: SourceId, offset: usize) -> usize {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.line_starts(id).partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The bytes of a line, counted from 0, without its line ending; empty at the end of the text for a line
    /// that does not exist.
    pub(crate) fn line_range(&self, id: SourceId, line: usize) -> Range<usize> {
        let text = self.whole_text(id);
        let starts = self.line_starts(id);
        let start = starts.get(line).map_or(text.len(), |start| *start as usize);
        let next = starts.get(line.saturating_add(1)).map_or(text.len(), |start| *start as usize);
        let line = text.get(start..next).unwrap_or_default();
        let content = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        start..start.saturating_add(content.len())
    }

    fn position_of(&self, id: SourceId, offset: usize) -> Position {
        let line = self.line_of(id, offset);
        let start = self.line_starts(id).get(line).map_or(0, |start| *start as usize);
        let before = self.whole_text(id).get(start..offset).unwrap_or_default();
        Position { line: line.saturating_add(1), column: before.chars().count().saturating_add(1) }
    }

    fn whole_text(&self, id: SourceId) -> &str {
        self.get(id).map_or("", |source| source.text.as_str())
    }

    fn line_starts(&self, id: SourceId) -> &[u32] {
        let Some(cell) = self.line_starts.get(id.0 as usize) else { return &[] };
        cell.get_or_init(|| {
            let newlines = self.whole_text(id).bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(_, next)| next)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> (SourceMap, SourceId) {
        let mut sources = SourceMap::default();
        let id = sources.add("a.toml", text);
        (sources, id)
    }

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let (sources, id) = map(text);
        let position = sources.position(Span::new(id, offset..offset));
        (position.line, position.column)
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "name = \"Lungenknötchen\"\nid = \"肺-1\"\n";
        assert_eq!(at(text, 0), (1, 1));
        let umlaut = text.find('ö').unwrap();
        assert_eq!(at(text, umlaut), (1, 17));
        assert_eq!(at(text, umlaut + 'ö'.len_utf8()), (1, 18));
        assert_eq!(at(text, text.find('-').unwrap()), (2, 8));
    }

    #[test]
    fn an_offset_inside_a_character_is_that_character() {
        assert_eq!(at("肺x", 1), (1, 1));
        assert_eq!(at("肺x", 2), (1, 1));
        assert_eq!(at("肺x", 3), (1, 2));
    }

    #[test]
    fn a_newline_belongs_to_the_line_it_ends() {
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("ab\n", 3), (2, 1));
        assert_eq!(at("ab\r\ncd", 4), (2, 1));
    }

    #[test]
    fn offsets_past_the_end_and_unknown_sources_have_a_place() {
        assert_eq!(at("ab\ncd", 99), (2, 3));
        assert_eq!(at("", 5), (1, 1));
        let (sources, _) = map("ab");
        let nowhere = Span::new(SourceId(7), 3..9);
        assert_eq!(sources.position(nowhere), Position { line: 1, column: 1 });
        assert_eq!(sources.text(nowhere), "");
    }

    #[test]
    fn an_end_before_the_start_is_the_start() {
        let (sources, id) = map("one\ntwo\n");
        let backwards = Span { source: id, start: 5, end: 1 };
        assert_eq!(sources.end_position(backwards), sources.position(backwards));
    }

    #[test]
    fn a_line_is_its_content_without_the_ending() {
        let (sources, id) = map("one\r\ntwo\n");
        assert_eq!([sources.line_range(id, 0), sources.line_range(id, 1)], [0..3, 5..8]);
        assert_eq!(sources.line_range(id, 2), 9..9);
        assert_eq!(sources.line_range(id, 3), 9..9);
    }

    /// Counting from the top of the file for each finding would take minutes here.
    #[test]
    fn many_positions_in_a_large_file_are_quick() {
        let text = "key = \"value\"\n".repeat(200_000);
        let (sources, id) = map(&text);
        let last = text.len() - 1;
        let started = std::time::Instant::now();
        for back in 0..20_000 {
            assert!(sources.position(Span::new(id, last - back..last)).line > 190_000);
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(10));
    }
}
