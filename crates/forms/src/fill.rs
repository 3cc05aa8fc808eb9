//! Filling a form: values from facts and from the user, and everything that is missing or does not fit.

use crate::form::{Field, Form, Kind, Required, parent};
use crate::imdrf::{is_code, term};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt;

/// Longest value taken, in characters, where the form sets no limit.
const CHARACTERS_MAX: usize = 20_000;

/// What is known, by name: `case.title`, `device.name`, `answer.persons` ...
pub type Facts = BTreeMap<String, String>;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name by which users give it.
    pub name: String,
    /// What is asked for.
    pub label: String,
    /// What is wrong; nothing where it is missing.
    pub wrong: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wrong {
            None => write!(formatter, "`{}` is missing: {}", self.name, self.label),
            Some(wrong) => write!(formatter, "`{}` ({}): {wrong}", self.name, self.label),
        }
    }
}

/// A form with its values.
#[derive(Debug, Clone)]
pub struct Filled<'f> {
    /// The form.
    pub form: &'f Form,
    /// Type of report, where the form has types.
    pub kind: Option<String>,
    /// Values of each field, in the order of the form.
    pub values: Vec<(&'f Field, Vec<String>)>,
    /// What is missing or does not fit.
    pub problems: Vec<Problem>,
}

/// Fills a form. What the user gives goes before facts, by the last part of a field's id, or by the whole id where that is not clear; names that no field has
/// are a problem, not lost.
pub fn fill<'f>(
    form: &'f Form,
    kind: Option<&str>,
    facts: &Facts,
    given: &BTreeMap<String, Vec<String>>,
) -> Filled<'f> {
    let mut problems = Vec::new();
    let mut values: Vec<(&Field, Vec<String>)> = Vec::with_capacity(form.fields.len());
    let is_clear = |name: &str| form.fields.iter().filter(|field| field.name() == name).count() == 1;
    for field in &form.fields {
        let by_name = || is_clear(field.name()).then(|| given.get(field.name())).flatten();
        // A line left empty in a file of values says nothing.
        let is_said = |value: &&Vec<String>| value.iter().any(|one| !one.trim().is_empty());
        let value = given.get(&field.id).or_else(by_name).filter(is_said).cloned().unwrap_or_else(|| {
            // A field that can hold one word alone holds it.
            let only = match (&field.kind, &field.required) {
                (Kind::Words(words), Required::Always) if words.len() == 1 => words.first(),
                _ => None,
            };
            let known = field.from.iter().find_map(|name| facts.get(name));
            known.filter(|known| !known.trim().is_empty()).or(only).cloned().into_iter().collect()
        });
        if value.len() > 1 && !field.several {
            problems.push(problem(field, Some("only one value may be given".to_owned())));
        }
        problems.extend(
            value
                .iter()
                .filter_map(|one| does_not_fit(&field.kind, one))
                .map(|why| problem(field, Some(why))),
        );
        values.push((field, value));
    }
    for name in given.keys() {
        if !form.fields.iter().any(|field| field.id == *name || (field.name() == name && is_clear(name))) {
            let wrong = Some("the form has no such field, or several: write its whole id".to_owned());
            problems.push(Problem { name: name.clone(), label: String::new(), wrong });
        }
    }
    for (field, value) in &values {
        if value.iter().all(|one| one.trim().is_empty()) && is_required(field, kind, facts, &values) {
            problems.push(problem(field, None));
        }
    }
    Filled { form, kind: kind.map(str::to_owned), values, problems }
}

fn problem(field: &Field, wrong: Option<String>) -> Problem {
    Problem { name: field.name().to_owned(), label: field.label.clone(), wrong }
}

fn is_required(field: &Field, kind: Option<&str>, facts: &Facts, values: &[(&Field, Vec<String>)]) -> bool {
    match &field.required {
        Required::No | Required::From(_) => false,
        Required::Always => true,
        // Besides types of reports, a form can ask for something once a fact of that name is known, such as being late.
        Required::In(types) => {
            types.iter().any(|one| Some(one.as_str()) == kind || facts.contains_key(&format!("is.{one}")))
        }
        Required::With(group) => is_begun(group, values),
        Required::Group(types) => {
            types.iter().any(|one| Some(one.as_str()) == kind) && !is_begun(parent(&field.id), values)
        }
    }
}

/// Whether any field of a group has a value.
fn is_begun(group: &str, values: &[(&Field, Vec<String>)]) -> bool {
    let is_of_group = |id: &str| id.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'));
    values.iter().any(|(other, value)| !value.is_empty() && is_of_group(&other.id))
}

/// Why a value does not fit.
fn does_not_fit(kind: &Kind, value: &str) -> Option<String> {
    let shown = || value.chars().take(40).collect::<String>().escape_debug().to_string();
    let length = value.chars().count();
    let most = match kind {
        Kind::Text(Some(most)) => *most,
        _ => CHARACTERS_MAX,
    };
    if length > most {
        return Some(format!("{length} characters, at most {most} fit"));
    }
    if value.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\t')) {
        return Some("it has control characters".to_owned());
    }
    let fits = match kind {
        Kind::Text(_) => true,
        Kind::Date => value.parse::<Date>().is_ok(),
        Kind::Integer => value.parse::<u64>().is_ok(),
        Kind::Decimal => value.parse::<f64>().is_ok_and(f64::is_finite),
        Kind::Digits => value.chars().all(|one| one.is_ascii_digit()),
        Kind::Country => value.len() == 2 && value.chars().all(|one| one.is_ascii_uppercase()),
        Kind::Words(words) => words.iter().any(|word| word == value),
        Kind::Code(annex) => is_code(*annex, value),
    };
    if fits {
        return None;
    }
    Some(match kind {
        Kind::Date => format!("`{}` is no day such as 2026-11-25", shown()),
        Kind::Country => format!("`{}` is no country code of two capital letters", shown()),
        Kind::Words(words) => format!("`{}` is none of: {}", shown(), words.join(", ")),
        Kind::Code(annex) => format!("annex {annex:?} of the IMDRF terminologies has no code `{}`", shown()),
        _ => format!("`{}` is no number", shown()),
    })
}

impl Filled<'_> {
    /// A value for people: codes with their terms.
    pub(crate) fn shown(field: &Field, value: &str) -> String {
        match &field.kind {
            Kind::Code(annex) => {
                term(*annex, value).map_or_else(|| value.to_owned(), |term| format!("{value} {term}"))
            }
            _ => value.to_owned(),
        }
    }
}
