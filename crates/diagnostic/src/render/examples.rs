//! Findings on which every renderer is tested.

use crate::{Diagnostic, Severity, SourceId, SourceMap, Span};

const ARCHITECTURE: &str = "\
[zone.hospital]
name = \"Krankenhausnetz für Lungenknötchen\"

[flow.images]
from = \"pacs\"
to = \"infernce\"
\tcarries = [\"肺 CT\", \"報告\"]

[asset.inference]
zone = \"dmz\"
";

const HOSTILE: &str = "[asset.\"\u{1b}[31mred\u{1b}[0m\u{202e}\"]\r\nzone = \"a\u{7}\"\r\n";

fn find(sources: &SourceMap, id: SourceId, what: &str) -> Span {
    let start = sources.get(id).unwrap().text.find(what).unwrap();
    Span::new(id, start..start + what.len())
}

/// One finding of each sort.
pub(super) fn all() -> (Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let architecture = sources.add("architecture.toml", ARCHITECTURE);
    let risks = sources.add("risks/größte risiken.toml", "[risk.r-1]\nasset = \"inference\"\n");
    let hostile = sources.add("odd\u{1b}[2J.toml", HOSTILE);
    let unreadable = sources.add("binary.toml", "");
    let waived = Diagnostic {
        waived: Some("waiver.w-3 (owner: a.meier, until 2027-01-31)".to_owned()),
        ..Diagnostic::new("R4-002", Severity::Error, "asset `inference` stands behind one layer only")
            .at(find(&sources, risks, "\"inference\""), "")
            .why("losing one layer must not expose a critical asset (MDCG 2019-16, 3.2)")
    };
    let diagnostics = vec![
        Diagnostic::new("R1-001", Severity::Error, "flow `images` goes to an unknown asset `infernce`")
            .at(find(&sources, architecture, "\"infernce\""), "no such asset")
            .at(find(&sources, architecture, "[asset.inference]"), "this one is like it")
            .at(find(&sources, risks, "\"inference\""), "and is used here")
            .why("a flow without an end is not analysed (MDCG 2019-16, 3.4)")
            .mend("write `to = \"inference\"`\nor declare:\n[asset.infernce]"),
        Diagnostic::new("R2-004", Severity::Warning, "flow `images` carries data of an unknown kind `報告`")
            .at(find(&sources, architecture, "\"報告\""), "unknown")
            .at(find(&sources, architecture, "für"), "written in a device with umlauts"),
        waived,
        Diagnostic::new("R7-001", Severity::Note, "no ledger was given").mend("run with `--ledger DIR`"),
        Diagnostic::new("R1-002", Severity::Error, "asset `\u{1b}[31mred\u{1b}[0m\u{202e}` has an odd id")
            .at(find(&sources, hostile, "\"\u{1b}[31mred\u{1b}[0m\u{202e}\""), "\u{1b}]0;title\u{7}")
            .at(find(&sources, hostile, "\"a\u{7}\""), "")
            .mend("use small letters\r\nand \u{9b}1mdigits"),
        Diagnostic::new("R1-003", Severity::Error, "the span lies past the end")
            .at(Span::new(risks, 4_000..5_000), "here"),
        Diagnostic::new("R1-004", Severity::Error, "the file is not text")
            .at(Span::new(unreadable, 0..3), "not UTF-8"),
        Diagnostic::new("R1-005", Severity::Warning, "flow `images` is written over several lines")
            .at(Span::new(architecture, 57..134), "all of it"),
        Diagnostic::new("R1-006", Severity::Warning, "the source is unknown")
            .at(Span::new(SourceId(99), 0..3), ""),
    ];
    (diagnostics, sources)
}
