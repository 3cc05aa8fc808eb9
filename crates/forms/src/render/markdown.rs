//! A filled form as Markdown.

use super::{missing, sections};
use crate::Filled;
use std::fmt::Write as _;

/// The form as a document; a mark such as `EXERCISE` stands above it.
pub fn markdown(filled: &Filled<'_>, mark: Option<&str>) -> String {
    let form = filled.form;
    let mut text = String::new();
    if let Some(mark) = mark {
        let _ = writeln!(text, "**{mark}**\n");
    }
    let kind = filled.kind.as_ref().map_or_else(String::new, |kind| format!(": {kind}"));
    let _ = writeln!(text, "# {}{kind}\n\n{}\n\n*{}*", form.title, form.article, form.note);
    for (title, fields) in sections(filled) {
        let _ = writeln!(text, "\n## {title}\n");
        for (field, values) in fields {
            if values.is_empty() {
                let _ = writeln!(text, "- **{}**", missing(field));
            }
            for value in values {
                let _ = writeln!(text, "- {}: {}", field.label, quiet(&value));
            }
        }
    }
    text
}

/// A value as text: nothing in it may become a heading, a link or HTML.
fn quiet(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for one in value.chars() {
        match one {
            '\n' => text.push_str("\n  "),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => {
                text.push('\\');
                text.push(one);
            }
            one => text.push(one),
        }
    }
    text
}
