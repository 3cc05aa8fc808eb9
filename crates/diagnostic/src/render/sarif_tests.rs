use super::*;
use crate::Span;
use crate::render::examples;
use serde_json::Value;
use std::io::Read as _;
use std::path::PathBuf;

const RULES: [RuleInfo<'static>; 2] = [
    RuleInfo {
        code: "R4-002",
        name: "single-layer",
        short: "No critical asset stands behind a single layer.",
        help: "Losing any one layer must not expose a critical asset.",
        help_uri: Some("https://example.org/rules/R4-002"),
        severity: Severity::Error,
    },
    RuleInfo {
        code: "R1-001",
        name: "unknown-id",
        short: "Every id resolves.",
        help: "An id that resolves to nothing hides a gap.",
        help_uri: None,
        severity: Severity::Error,
    },
];

const OPTIONS: Options<'static> = Options { version: "0.1.0", rules: &RULES, base: "" };

fn value(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    serde_json::from_str(&render(diagnostics, sources, OPTIONS).unwrap()).unwrap()
}

#[test]
fn the_log_is_stable() {
    let (diagnostics, sources) = examples::all();
    insta::assert_snapshot!(render(&diagnostics, &sources, OPTIONS).unwrap());
}

/// The standard's own schema, which is not part of this repository.
fn standard_schema() -> Option<Value> {
    // Beside the main checkout, and one directory further up from a worktree.
    let places = match std::env::var_os("MEDWARD_SHARED") {
        Some(shared) => vec![PathBuf::from(shared)],
        None => ["../../../shared", "../../../../shared"]
            .map(|shared| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(shared))
            .to_vec(),
    };
    let packed = places
        .iter()
        .find_map(|place| std::fs::read(place.join("data/schemas/sarif-2.1.0.schema.json.gz")).ok())?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn the_standard_accepts_it() {
    let Some(schema) = standard_schema() else {
        eprintln!(
            "SKIPPED: no SARIF schema found; set MEDWARD_SHARED to the directory that holds data/schemas"
        );
        return;
    };
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (diagnostics, sources) = examples::all();
    let log = value(&diagnostics, &sources);
    let errors: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut wrong = log;
    wrong["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn rules_are_found_by_index_and_unknown_codes_have_none() {
    let (diagnostics, sources) = examples::all();
    let log = value(&diagnostics, &sources);
    for result in log["runs"][0]["results"].as_array().unwrap() {
        match result.get("ruleIndex").and_then(Value::as_u64) {
            Some(index) => {
                let index = usize::try_from(index).unwrap();
                assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            }
            None => assert!(!RULES.iter().any(|rule| result["ruleId"] == rule.code)),
        }
    }
}

#[test]
fn a_waiver_suppresses_and_says_why() {
    let (diagnostics, sources) = examples::all();
    let log = value(&diagnostics, &sources);
    let suppressed: Vec<_> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| !result["suppressions"].as_array().unwrap().is_empty())
        .collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["ruleId"], "R4-002");
    assert_eq!(suppressed[0]["level"], "error");
    assert_eq!(
        suppressed[0]["suppressions"][0]["justification"],
        "waiver.w-3 (owner: a.meier, until 2027-01-31)"
    );
}

fn fingerprint_of(path: &str, text: &str, code: &'static str, message: &str) -> String {
    let mut sources = SourceMap::default();
    let id = sources.add(path, text);
    let at = text.find('x').unwrap();
    let diagnostic = Diagnostic::new(code, Severity::Error, message).at(Span::new(id, at..at + 1), "");
    let log = value(&[diagnostic], &sources);
    log["runs"][0]["results"][0]["partialFingerprints"]["codePathMessage/v1"].as_str().unwrap().to_owned()
}

#[test]
fn a_fingerprint_survives_a_move_and_nothing_else() {
    let first = fingerprint_of("a.toml", "x = 1", "R1-001", "m");
    assert_eq!(first, fingerprint_of("a.toml", "\n\n  x = 1", "R1-001", "m"));
    for other in [
        fingerprint_of("b.toml", "x = 1", "R1-001", "m"),
        fingerprint_of("a.toml", "x = 1", "R1-002", "m"),
        fingerprint_of("a.toml", "x = 1", "R1-001", "n"),
    ] {
        assert_ne!(first, other);
    }
    // Fixed for ever: a viewer compares it with logs of earlier versions.
    insta::assert_snapshot!(first, @"ed80b4648d95ee9086c3a89ff0201935");
}

#[test]
fn paths_become_relative_uris() {
    assert_eq!(percent_encoded("risks/größte risiken.toml"), "risks/gr%C3%B6%C3%9Fte%20risiken.toml");
    assert_eq!(percent_encoded("a:b?c#d%e\\f"), "a%3Ab%3Fc%23d%25e%5Cf");
}
