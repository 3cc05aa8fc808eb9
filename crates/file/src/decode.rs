//! Turning parsed TOML into values while collecting every problem.

use crate::problem::{self, Problem};
use medward_diagnostic::{Diagnostic, Severity, SourceId, Span, closest};
use std::ops::Range;
use toml::de::DeValue;

/// Where decoding stands and what it has found so far.
#[derive(Debug)]
pub struct Decoder {
    source: SourceId,
    /// The record being read, as `kind.id`; empty outside records.
    pub(crate) record: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Decoder {
    pub(crate) fn new(source: SourceId) -> Self {
        Self { source, record: String::new(), diagnostics: Vec::new() }
    }

    /// The place of a byte range of the file being read.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn of_record(&self) -> String {
        if self.record.is_empty() { String::new() } else { format!(" of `{}`", self.record) }
    }

    pub(crate) fn problem(&mut self, problem: Problem, span: Span, message: String, mend: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::new(problem.code, Severity::Error, message).at(span, "").mend(mend));
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, span: Span, expected: &str, found: &DeValue<'_>) {
        let message = format!("expected {expected}{}, found {}", self.of_record(), type_name(found));
        self.problem(problem::WRONG_TYPE, span, message, format!("write {expected} here"));
    }

    /// Reports a key the table does not have.
    pub(crate) fn unknown_key(&mut self, span: Span, key: &str, known: &[&'static str]) {
        let message = format!("unknown key `{key}`{}", self.of_record());
        let mend = match closest(key, known.iter().copied()) {
            Some(candidate) => format!("did you mean `{candidate}`?"),
            None => format!("remove it, or use one of: {}", known.join(", ")),
        };
        self.problem(problem::UNKNOWN_KEY, span, message, mend);
    }

    /// Reports a required key that is absent.
    pub(crate) fn missing_key(&mut self, span: Span, key: &str, doc: &str) {
        let message = format!("missing key `{key}`{}", self.of_record());
        self.problem(problem::MISSING_KEY, span, message, format!("add `{key} = ...`: {}", doc.trim()));
    }

    /// Reports a word outside the list allowed.
    pub(crate) fn unknown_word(&mut self, span: Span, word: &str, words: &[(&'static str, &'static str)]) {
        let message = format!("`{word}` is not a word known here{}", self.of_record());
        let listed = words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let mend = match closest(word, words.iter().map(|(name, _)| *name)) {
            Some(candidate) => format!("did you mean `{candidate}`? Words: {listed}"),
            None => format!("use one of: {listed}"),
        };
        self.problem(problem::UNKNOWN_WORD, span, message, mend);
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
