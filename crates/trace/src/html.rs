//! The matrix as one HTML page that needs nothing beside it.

use crate::Row;
use std::fmt::Write as _;

const STYLE: &str = "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color-scheme:light dark}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;\
border-bottom:1px solid #8886}th{position:sticky;top:0;background:Canvas}td.id{white-space:nowrap;font-weight:600}\
.passed{color:#18794e}.failed,.not-run,.no-result{color:#c62a2f;font-weight:600}details{max-width:28rem}";

/// The page for a device's name and its rows.
pub fn html(device: &str, rows: &[Row<'_>]) -> String {
    let name = escaped(device);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Traceability: {name}</title>\
         <style>{STYLE}</style></head>\n<body><h1>Traceability: {name}</h1>\n<p>{} rows: each control with each risk \
         that leans on it.</p>\n<table><thead><tr><th>Risk</th><th>Control</th><th>Measure</th><th>Requirements</th>\
         <th>Tests</th><th>Catalogue entries</th></tr></thead><tbody>\n",
        rows.len()
    );
    for row in rows {
        let tests: Vec<_> = row
            .tests
            .iter()
            .map(|(test, result)| {
                format!("{} <span class=\"{}\">{result}</span>", escaped(test), result.replace(' ', "-"))
            })
            .collect();
        let entries = escaped(&row.entries.join(", "));
        let entries = match row.entries.len() {
            0..=3 => entries,
            count => format!("<details><summary>{count} entries</summary>{entries}</details>"),
        };
        let _ = writeln!(
            page,
            "<tr><td class=\"id\">{}</td><td class=\"id\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{entries}</td></tr>",
            escaped(row.risk.unwrap_or("none")),
            escaped(row.control),
            escaped(row.title),
            escaped(&row.requirements.join(", ")),
            tests.join("<br>"),
        );
    }
    page + "</tbody></table></body></html>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
