//! For programs: a stable JSON document, described by `diagnostics.schema.json` ([`SCHEMA`]).
//!
//! Fields are only ever added within a version; a change of meaning raises [`VERSION`].

use crate::{Diagnostic, Label, Severity, SourceMap, Summary};
use serde::Serialize;

/// Version of the document's form.
pub const VERSION: u32 = 1;

/// JSON Schema (draft 2020-12) of the document.
pub const SCHEMA: &str = include_str!("diagnostics.schema.json");

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document<'a> {
    /// [`VERSION`].
    pub version: u32,
    /// Counts of the findings below.
    pub summary: Summary,
    /// The findings in the order given.
    pub diagnostics: Vec<Finding<'a>>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<'a> {
    /// Stable code such as `R4-002`.
    pub code: &'a str,
    /// Weight; a waived finding keeps its own.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'a str,
    /// Why it matters; may be empty.
    pub why: &'a str,
    /// How to mend it; may be empty.
    pub mend: &'a str,
    /// The waiver that covers it; `null` when none does.
    pub waived: Option<&'a str>,
    /// The main place first; empty when the finding has none.
    pub places: Vec<Place<'a>>,
}

/// A place in a source. Lines and columns count from 1, columns in Unicode code points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place<'a> {
    /// Path relative to the checked directory, with `/` between parts.
    pub path: &'a str,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line one past the last character.
    pub end_line: usize,
    /// Column one past the last character.
    pub end_column: usize,
    /// What is said of the place; may be empty.
    pub text: &'a str,
}

/// The document for these findings. A place in a source that does not exist is left out.
pub fn document<'a>(diagnostics: &'a [Diagnostic], sources: &'a SourceMap) -> Document<'a> {
    Document {
        version: VERSION,
        summary: Summary::from(diagnostics),
        diagnostics: diagnostics.iter().map(|diagnostic| finding(diagnostic, sources)).collect(),
    }
}

/// The document as indented JSON text without a final newline.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&document(diagnostics, sources))
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    Finding {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        why: &diagnostic.why,
        mend: &diagnostic.mend,
        waived: diagnostic.waived.as_deref(),
        places: diagnostic.labels.iter().filter_map(|label| place(label, sources)).collect(),
    }
}

fn place<'a>(label: &'a Label, sources: &'a SourceMap) -> Option<Place<'a>> {
    let source = sources.get(label.span.source)?;
    let (start, end) = (sources.position(label.span), sources.end_position(label.span));
    Some(Place {
        path: &source.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: &label.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::examples;

    fn value() -> serde_json::Value {
        let (diagnostics, sources) = examples::all();
        serde_json::from_str(&render(&diagnostics, &sources).unwrap()).unwrap()
    }

    #[test]
    fn the_document_is_stable() {
        let (diagnostics, sources) = examples::all();
        insta::assert_snapshot!(render(&diagnostics, &sources).unwrap());
    }

    #[test]
    fn the_schema_accepts_it_and_nothing_else() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let document = value();
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());

        for (pointer, wrong) in [
            ("/version", serde_json::json!(2)),
            ("/summary/errors", serde_json::json!(-1)),
            ("/diagnostics/0/severity", serde_json::json!("fatal")),
            ("/diagnostics/0/waived", serde_json::json!(false)),
            ("/diagnostics/0/places/0/line", serde_json::json!(0)),
            ("/diagnostics/0/code", serde_json::json!("")),
        ] {
            let mut changed = document.clone();
            *changed.pointer_mut(pointer).unwrap() = wrong;
            assert!(!validator.is_valid(&changed), "{pointer}");
        }
        for pointer in ["", "/summary", "/diagnostics/0", "/diagnostics/0/places/0"] {
            let mut changed = document.clone();
            let object = changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            object.insert("surprise".to_owned(), serde_json::json!(1));
            assert!(!validator.is_valid(&changed), "{pointer} takes an unknown key");
        }
    }

    #[test]
    fn an_escape_sequence_does_not_reach_the_terminal_raw() {
        let (diagnostics, sources) = examples::all();
        assert!(!render(&diagnostics, &sources).unwrap().contains('\u{1b}'));
    }
}
