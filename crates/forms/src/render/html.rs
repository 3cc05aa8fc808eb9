//! A filled form as one HTML page without anything from elsewhere.

use super::{missing, sections};
use crate::Filled;
use std::fmt::Write as _;

/// The form as a page; a mark such as `EXERCISE` stands above it.
pub fn html(filled: &Filled<'_>, mark: Option<&str>) -> String {
    let form = filled.form;
    let kind = filled.kind.as_ref().map_or_else(String::new, |kind| format!(": {}", escaped(kind)));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n<style>body{{font:1rem/1.5 sans-serif;\
         max-width:50rem;margin:2rem auto;padding:0 1rem}}dt{{color:#555}}dd{{margin:0 0 .6rem;white-space:pre-wrap}}\
         .missing,.mark{{background:#fde8e8;font-weight:bold}}</style></head>\n<body>\n",
        escaped(&form.title)
    );
    if let Some(mark) = mark {
        let _ = writeln!(text, "<p class=\"mark\">{}</p>", escaped(mark));
    }
    let (title, article, note) = (escaped(&form.title), escaped(&form.article), escaped(&form.note));
    let _ = writeln!(text, "<h1>{title}{kind}</h1>\n<p>{article}</p>\n<p><em>{note}</em></p>");
    for (title, fields) in sections(filled) {
        let _ = writeln!(text, "<h2>{}</h2>\n<dl>", escaped(title));
        for (field, values) in fields {
            if values.is_empty() {
                let _ = writeln!(text, "<dd class=\"missing\">{}</dd>", escaped(&missing(field)));
                continue;
            }
            let _ = writeln!(text, "<dt>{}</dt>", escaped(&field.label));
            for value in values {
                let _ = writeln!(text, "<dd>{}</dd>", escaped(&value));
            }
        }
        text.push_str("</dl>\n");
    }
    text.push_str("</body></html>\n");
    text
}

fn escaped(value: &str) -> String {
    quick_xml::escape::escape(value).into_owned()
}
