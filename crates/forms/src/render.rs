//! Filled forms as Markdown, HTML and XML.

mod html;
mod markdown;
mod values;
mod xml;

pub use html::html;
pub use markdown::markdown;
pub use values::values;
pub use xml::xml;

use crate::{Field, Filled};

/// A section: its title, and its fields with what is shown of them.
type Section<'f> = (&'f str, Vec<(&'f Field, Vec<String>)>);

/// Sections in order, each with its fields that have a value or lack one that is required.
fn sections<'f>(filled: &'f Filled<'f>) -> Vec<Section<'f>> {
    let mut sections: Vec<Section<'f>> = Vec::new();
    for (field, values) in &filled.values {
        let is_missing = filled.problems.iter().any(|one| one.name == field.name() && one.wrong.is_none());
        if values.is_empty() && !is_missing {
            continue;
        }
        let shown = values.iter().map(|value| Filled::shown(field, value)).collect();
        match sections.last_mut() {
            Some((title, fields)) if *title == field.section => fields.push((field, shown)),
            _ => sections.push((&field.section, vec![(field, shown)])),
        }
    }
    sections
}

/// What stands where a required value is missing.
fn missing(field: &Field) -> String {
    format!("MISSING: {} (`{}`)", field.label, field.name())
}
