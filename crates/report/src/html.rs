//! One HTML page that needs nothing beside it: no script, no font, no network (a content security policy says so too).

use crate::model::{Block, Cell, Facts, Figure, OpenBlock, Report, Table, Tone};
use crate::readable::escaped;
use std::fmt::Write as _;

const STYLE: &str = include_str!("html/style.css");

/// The document as a page.
pub fn html(report: &Report) -> String {
    let title = escaped(&format!("{}: {}", report.title, report.device.name));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    );
    head(&mut page, report);
    page.push_str("<nav aria-label=\"Contents\"><ol>\n");
    for section in &report.sections {
        let _ = writeln!(page, "<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.title));
    }
    page.push_str("</ol></nav>\n<main>\n");
    for section in &report.sections {
        let _ = writeln!(page, "<section id=\"{}\"><h2>{}</h2>", section.id, escaped(section.title));
        for block in &section.blocks {
            match block {
                Block::Text { text } => {
                    let _ = writeln!(page, "<p>{}</p>", lines(text));
                }
                Block::Facts(facts) => facts_block(&mut page, facts, &report.origin.stamp),
                Block::Table(table) => table_block(&mut page, table, &report.origin.stamp),
                Block::Figure(figure) => figure_block(&mut page, figure, &report.origin.stamp),
                Block::Open(open) => open_block(&mut page, open),
            }
        }
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, report: &Report) {
    let device = &report.device;
    let version =
        if device.version.is_empty() { String::new() } else { format!(", version {}", device.version) };
    let _ = writeln!(
        page,
        "<header>\n<p class=\"device\">{}{}</p>\n<h1>{}</h1>\n<p>{}</p>",
        escaped(&device.name),
        escaped(&version),
        escaped(report.title),
        escaped(report.purpose),
    );
    let origin = &report.origin;
    let ledger = origin.ledger.as_ref().map_or_else(
        || "none: controls are shown as declared".to_owned(),
        |head| format!("{}, {} entries, root {}", head.origin, head.size, head.root),
    );
    let rows = [
        ("Manufacturer", device.manufacturer.as_str()),
        ("Asked for by", report.basis),
        ("Stands for", &format!("{} ({})", origin.at, origin.at_because)),
        ("Security file", &format!("SHA-256 {}", origin.file)),
        ("Ledger", &ledger),
    ];
    page.push_str("<dl>\n");
    for (term, text) in rows.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(page, "<dt>{term}</dt><dd>{}</dd>", escaped(text));
    }
    page.push_str("</dl>\n");
    if report.open.is_empty() {
        page.push_str("<p class=\"status\">No open point is left in this document. It is finished when it is signed.</p>\n");
    } else {
        let _ = writeln!(
            page,
            "<div class=\"open\" role=\"note\"><p><strong>OPEN: {} points that only a person can conclude. This document is not finished.</strong></p><ul>",
            report.open.len()
        );
        for point in &report.open {
            let _ = writeln!(
                page,
                "<li>{} <em>({}; section {})</em></li>",
                lines(&point.what),
                escaped(&point.who),
                escaped(&point.section)
            );
        }
        page.push_str("</ul></div>\n");
    }
    page.push_str("</header>\n");
}

/// A text with its line breaks.
fn lines(text: &str) -> String {
    escaped(text).replace('\n', "<br>")
}

fn tone(cell: &Cell) -> &'static str {
    match cell.tone() {
        Tone::Plain => "",
        Tone::Lead => " class=\"lead\"",
        Tone::Good => " class=\"good\"",
        Tone::Warn => " class=\"warn\"",
        Tone::Bad => " class=\"bad\"",
    }
}

fn source(text: &str, stamp: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<span class=\"source\">From {}; {}</span>", escaped(text), escaped(stamp))
}

fn facts_block(page: &mut String, facts: &Facts, stamp: &str) {
    let heading =
        if facts.title.is_empty() { String::new() } else { format!("<h3>{}</h3>", escaped(&facts.title)) };
    let _ = writeln!(page, "{heading}<dl>");
    for (term, cell) in &facts.rows {
        let _ = writeln!(page, "<dt>{}</dt><dd{}>{}</dd>", escaped(term), tone(cell), lines(cell.text()));
    }
    let _ = writeln!(page, "</dl><p>{}</p>", source(&facts.source, stamp));
}

fn table_block(page: &mut String, table: &Table, stamp: &str) {
    let _ = write!(
        page,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0} {1}</caption><thead><tr>",
        escaped(&table.title),
        source(&table.source, stamp)
    );
    for column in &table.columns {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(column.title));
    }
    page.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td{}>{}</td>", tone(cell), lines(cell.text()));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn figure_block(page: &mut String, figure: &Figure, stamp: &str) {
    // As a picture and not in line: its styles stay its own, and nothing in it can act on the page.
    let _ = writeln!(
        page,
        "<figure><img width=\"{:.0}\" height=\"{:.0}\" alt=\"{}\" src=\"data:image/svg+xml,{}\"><figcaption>{} {}</figcaption></figure>",
        figure.width,
        figure.height,
        escaped(&figure.description),
        percent_encoded(&figure.svg),
        escaped(&figure.title),
        source(&figure.source, stamp),
    );
}

/// Bytes for a data URL (RFC 2397, RFC 3986 2.1).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len().saturating_mul(3) / 2);
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~ /:;=,()".contains(&byte);
        if is_plain {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn open_block(page: &mut String, open: &OpenBlock) {
    let _ = writeln!(
        page,
        "<div class=\"open\" role=\"note\"><p><strong>OPEN</strong> {}</p><p class=\"source\">To be concluded by {}; write it in: {}</p></div>",
        lines(&open.what),
        escaped(&open.who),
        escaped(&open.write)
    );
}
