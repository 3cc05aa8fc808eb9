use super::*;
use crate::render::examples;
use crate::{SourceId, Span};
use proptest::prelude::*;

fn plain(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    render(diagnostics, sources, Options::default())
}

fn one(text: &str, range: std::ops::Range<usize>, options: Options) -> String {
    let mut sources = SourceMap::default();
    let id = sources.add("a.toml", text);
    let diagnostic = Diagnostic::new("R1-001", Severity::Error, "m").at(Span::new(id, range), "here");
    render(&[diagnostic], &sources, options)
}

#[test]
fn plain_text_is_stable() {
    let (diagnostics, sources) = examples::all();
    insta::assert_snapshot!(plain(&diagnostics, &sources));
}

#[test]
fn colour_comes_only_when_asked_for() {
    let (diagnostics, sources) = examples::all();
    assert!(!plain(&diagnostics, &sources).contains('\u{1b}'));
    let coloured = render(&diagnostics, &sources, Options { colour: true, ..Options::default() });
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(without_colour(&coloured), plain(&diagnostics, &sources));
}

/// Removes colour sequences and nothing else, so that any other escape sequence shows as a difference.
fn without_colour(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
        assert_eq!(&after[end..=end], "m", "an escape sequence that is no colour");
        rest = &after[end + 1..];
    }
    out + rest
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_raw() {
    let (diagnostics, sources) = examples::all();
    let out = plain(&diagnostics, &sources);
    let raw: Vec<char> = out.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
    assert_eq!(raw, Vec::<char>::new());
    assert!(out.contains("asset `\\u{1b}[31mred\\u{1b}[0m\\u{202e}` has an odd id"));
    assert!(out.contains("odd\\u{1b}[2J.toml:1:8"));
}

#[test]
fn a_message_cannot_forge_another_finding() {
    let diagnostic =
        Diagnostic::new("R1-001", Severity::Note, "a\nerror[R1-002]: b").mend("c\nerror[R1-003]: d");
    let out = plain(&[diagnostic], &SourceMap::default());
    assert_eq!(out.lines().filter(|line| line.starts_with("error")).count(), 0, "{out}");
}

#[test]
fn a_huge_line_is_cut() {
    let line = format!("key = \"{}\"\n", "x".repeat(1 << 20));
    for range in [0..3, 6..line.len() - 1, 1000..1010, 1_000_000..1_000_010] {
        let out = one(&line, range.clone(), Options::default());
        assert!(out.len() < 6_000, "{range:?}: {}", out.len());
        assert!(out.contains(&format!("a.toml:1:{}", range.start + 1)), "{range:?}: {out}");
    }
}

#[test]
fn the_width_cuts_source_lines() {
    let line = format!("key = \"{}\"\n", "x".repeat(300));
    let widest = |width| {
        let out = one(&line, 0..3, Options { width, ..Options::default() });
        out.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest(60) <= 60);
    assert!(widest(200) > 150 && widest(200) <= 200);
    assert!(widest(0) <= WIDTH_MIN);
}

#[test]
fn a_span_over_many_lines_is_drawn_on_its_first() {
    let text = "line\n".repeat(1000);
    let out = one(&text, 0..text.len(), Options::default());
    assert!(out.lines().count() < 10, "{out}");
}

#[test]
fn many_places_are_counted_and_not_drawn() {
    let mut sources = SourceMap::default();
    let id = sources.add("a.toml", "line\n".repeat(1000));
    let diagnostic = (0..500).fold(Diagnostic::new("R1-001", Severity::Error, "m"), |diagnostic, line| {
        diagnostic.at(Span::new(id, line * 10..line * 10 + 2), "here")
    });
    let out = plain(&[diagnostic], &sources);
    assert!(out.contains("484 more places are not shown"), "{out}");
    assert!(out.lines().count() < 100);
}

#[test]
fn the_end_of_the_file_has_a_line_of_its_own() {
    let out = one("a = 1\n", 6..6, Options::default());
    assert!(out.contains("a.toml:2:1"), "{out}");
}

/// Text in which everything that has ever confused a renderer is likely.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => prop::sample::select(vec![
            "\n", "\r\n", "\r", "\t", " ", "a", "key = \"value\"", "肺", "🫁", "e\u{301}", "\u{200d}", "\u{200b}",
            "\u{1b}[31m", "\0", "\u{7f}", "\u{85}", "\u{202e}", "\u{2028}", "\u{feff}", "\u{0}", "\u{1f468}\u{200d}\u{1f469}",
        ]).prop_map(str::to_owned),
        1 => (1usize..400).prop_map(|count| " ".repeat(count)),
        1 => (1usize..3000).prop_map(|count| "肺x\u{301}".repeat(count)),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn span() -> impl Strategy<Value = (u32, u32, u32)> {
    let offset = || prop_oneof![6 => 0u32..120, 2 => 0u32..8_000, 1 => any::<u32>()];
    (0u32..3, offset(), offset())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_and_no_span_stops_it(
        texts in prop::collection::vec(text(), 2),
        places in prop::collection::vec((span(), text()), 0..6),
        said in prop::collection::vec(text(), 4),
        waived in any::<bool>(),
        colour in any::<bool>(),
        width in prop_oneof![0usize..200, Just(usize::MAX)],
    ) {
        let mut sources = SourceMap::default();
        for text in &texts {
            sources.add(said[0].as_str(), text.as_str());
        }
        let mut diagnostic = Diagnostic::new("R1-001", Severity::Error, said[1].as_str())
            .why(said[2].clone())
            .mend(said[3].as_str());
        diagnostic.waived = waived.then(|| said[0].clone());
        for ((source, start, end), text) in &places {
            diagnostic = diagnostic.at(Span { source: SourceId(*source), start: *start, end: *end }, text.as_str());
        }
        let out = render(&[diagnostic], &sources, Options { colour, width });
        let out = if colour { without_colour(&out) } else { out };
        prop_assert!(out.chars().all(|c| c == '\n' || !c.is_control()), "{out:?}");
    }
}
