//! What a form still asks for, as a TOML file to fill in and give back.

use crate::{Filled, Kind};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Longest list of words shown; a list of all countries helps nobody.
const WORDS_SHOWN: usize = 40;

/// Lines `name = ""` for everything missing, each under what it means and which answers there are. A line left empty stays missing.
pub fn values(filled: &Filled<'_>) -> String {
    let missing: BTreeSet<&str> =
        filled.problems.iter().filter(|one| one.wrong.is_none()).map(|one| one.name.as_str()).collect();
    let mut text = format!(
        "# {}: what is missing. It may name people: keep it out of the repository.\n",
        filled.form.title
    );
    for (field, values) in &filled.values {
        if !missing.contains(field.name()) || values.iter().any(|value| !value.trim().is_empty()) {
            continue;
        }
        let answers = match &field.kind {
            Kind::Words(words) if words.len() <= WORDS_SHOWN => format!("; one of: {}", words.join(" | ")),
            Kind::Date => "; a day such as 2026-11-25".to_owned(),
            Kind::Country => "; two capital letters".to_owned(),
            Kind::Code(annex) => format!("; a code of annex {annex:?} of the IMDRF terminologies"),
            Kind::Text(Some(most)) => format!("; at most {most} characters"),
            _ => String::new(),
        };
        let clear = filled.form.fields.iter().filter(|other| other.name() == field.name()).count() == 1;
        let name = if clear { field.name().to_owned() } else { format!("\"{}\"", field.id) };
        let value = if field.several { "[]" } else { "\"\"" };
        let _ = writeln!(text, "\n# {}{answers}\n{name} = {value}", field.label);
    }
    text
}
