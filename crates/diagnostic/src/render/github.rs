//! For GitHub Actions: workflow commands that become annotations on the changed lines.
//!
//! Form and escaping follow the runner (`::name key=value,...::data`): data escapes `%`, CR and LF; a property
//! value also `:` and `,`. Without it an id could end a command and begin another.

use super::visible;
use crate::{Diagnostic, Severity, SourceMap};
use std::fmt::Write as _;

/// One line for each finding. `base` is the checked directory relative to the root of the repository, empty when
/// they are the same: annotations need paths from the root. Waived findings become notices.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, base: &str) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        command(&mut out, diagnostic, sources, base);
    }
    out
}

fn command(out: &mut String, diagnostic: &Diagnostic, sources: &SourceMap, base: &str) {
    let name = match (&diagnostic.waived, diagnostic.severity) {
        (None, Severity::Error) => "error",
        (None, Severity::Warning) => "warning",
        (Some(_), _) | (None, Severity::Note) => "notice",
    };
    let mut properties = String::new();
    if let Some((span, source)) =
        diagnostic.span().and_then(|span| sources.get(span.source).map(|source| (span, source)))
    {
        let path = visible::line(&joined(base, &source.path));
        let (start, end) = (sources.position(span), sources.end_position(span));
        // Writing to a String cannot fail.
        let _ = write!(properties, "file={},line={},endLine={}", property(&path), start.line, end.line);
        // The runner refuses columns on an annotation of several lines.
        if start.line == end.line {
            let _ = write!(properties, ",col={}", start.column);
        }
        properties.push(',');
    }
    let _ = write!(properties, "title={}", property(diagnostic.code));
    let _ = writeln!(out, "::{name} {properties}::{}", data(&text(diagnostic)));
}

fn text(diagnostic: &Diagnostic) -> String {
    let mut text = visible::line(&diagnostic.message);
    let said = [
        ("why", diagnostic.why.as_ref()),
        ("mend", diagnostic.mend.as_str()),
        ("waived by", diagnostic.waived.as_deref().unwrap_or_default()),
    ];
    for (name, part) in said.into_iter().filter(|(_, part)| !part.is_empty()) {
        let _ = write!(text, "\n{name}: {}", visible::block(part));
    }
    text
}

/// A path below `base`, with one `/` between.
pub(super) fn joined(base: &str, path: &str) -> String {
    match base.trim_end_matches('/') {
        "" | "." => path.to_owned(),
        base => format!("{}/{path}", base.strip_prefix("./").unwrap_or(base)),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::examples;
    use crate::{Diagnostic, Severity, Span};

    #[test]
    fn commands_are_stable() {
        let (diagnostics, sources) = examples::all();
        insta::assert_snapshot!(render(&diagnostics, &sources, "devices/lung-ct/"));
    }

    #[test]
    fn an_id_cannot_begin_a_command() {
        let mut sources = SourceMap::default();
        let id = sources.add("a,b:c%\n::stop-commands::x", "x = 1");
        let message = "asset \"\r\n::add-mask::y\" is 100% unknown";
        let diagnostic = Diagnostic::new("R1-001", Severity::Error, message)
            .at(Span::new(id, 0..1), "")
            .mend("write\n::error::z\r\nthere");
        let out = render(&[diagnostic], &sources, "");
        assert_eq!(
            out,
            "::error file=a%2Cb%3Ac%25\\n%3A%3Astop-commands%3A%3Ax,line=1,endLine=1,col=1,title=R1-001::\
             asset \"\\r\\n::add-mask::y\" is 100%25 unknown%0Amend: write%0A::error::z%0Athere\n"
        );
        assert_eq!(out.lines().count(), 1);
    }

    #[test]
    fn properties_escape_more_than_data() {
        assert_eq!(data("a%b\r\nc:d,e"), "a%25b%0D%0Ac:d,e");
        assert_eq!(property("a%b\r\nc:d,e"), "a%25b%0D%0Ac%3Ad%2Ce");
    }

    #[test]
    fn paths_start_at_the_root_of_the_repository() {
        assert_eq!(joined("", "a/b.toml"), "a/b.toml");
        assert_eq!(joined(".", "a/b.toml"), "a/b.toml");
        assert_eq!(joined("./devices/x/", "b.toml"), "devices/x/b.toml");
    }

    #[test]
    fn columns_only_within_one_line() {
        let mut sources = SourceMap::default();
        let id = sources.add("a.toml", "one\ntwo\n");
        let over_two = Diagnostic::new("R1-001", Severity::Note, "m").at(Span::new(id, 1..6), "");
        assert_eq!(
            render(&[over_two], &sources, ""),
            "::notice file=a.toml,line=1,endLine=2,title=R1-001::m\n"
        );
    }
}
