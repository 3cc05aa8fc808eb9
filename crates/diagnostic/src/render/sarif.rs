//! For code scanning: SARIF 2.1.0 (OASIS). Section numbers in the docs are those of that standard.

mod log;

use super::github::joined;
use crate::{Diagnostic, Label, Severity, SourceMap};
use log::{
    ArtifactLocation, Configuration, Driver, Fingerprints, Location, Log, PhysicalLocation, Region, Rule,
    Run, SarifResult, Suppression, Text, Tool,
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What a viewer shows of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo<'a> {
    /// Stable code such as `R4-002`; equal to [`Diagnostic::code`] of its findings.
    pub code: &'a str,
    /// Short name such as `single-layer`.
    pub name: &'a str,
    /// What the rule asks, one sentence.
    pub short: &'a str,
    /// The long form: why it matters and how to mend it, plain text.
    pub help: &'a str,
    /// Absolute address of a page about the rule, if there is one.
    pub help_uri: Option<&'a str>,
    /// Weight before policy has tightened it.
    pub severity: Severity,
}

/// What the log says of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    /// Version of the tool.
    pub version: &'a str,
    /// All rules the tool knows, whether they found anything or not.
    pub rules: &'a [RuleInfo<'a>],
    /// The checked directory relative to the root of the repository, empty when they are the same.
    pub base: &'a str,
}

/// The log as indented JSON text without a final newline.
pub fn render(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    options: Options<'_>,
) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&log(diagnostics, sources, options))
}

fn log<'a>(diagnostics: &'a [Diagnostic], sources: &'a SourceMap, options: Options<'a>) -> Log<'a> {
    let driver =
        Driver { name: "Medward", version: options.version, rules: options.rules.iter().map(rule).collect() };
    let results = diagnostics.iter().map(|diagnostic| result(diagnostic, sources, options)).collect();
    Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    }
}

fn rule<'a>(rule: &RuleInfo<'a>) -> Rule<'a> {
    Rule {
        id: rule.code,
        name: rule.name,
        short_description: Text { text: rule.short.into() },
        help: Text { text: rule.help.into() },
        help_uri: rule.help_uri,
        default_configuration: Configuration { level: rule.severity },
    }
}

fn result<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap, options: Options<'_>) -> SarifResult<'a> {
    let mut places = diagnostic.labels.iter().filter_map(|label| location(label, sources, options.base));
    let locations: Vec<_> = places.next().into_iter().collect();
    let related_locations = places.zip(1..).map(|(place, id)| Location { id: Some(id), ..place }).collect();
    let mut text = diagnostic.message.clone();
    for (name, part) in [("Why", diagnostic.why.as_ref()), ("Mend", diagnostic.mend.as_str())] {
        if !part.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n\n{name}: {part}");
        }
    }
    SarifResult {
        rule_id: diagnostic.code,
        rule_index: options.rules.iter().position(|rule| rule.code == diagnostic.code),
        level: diagnostic.severity,
        message: Text { text: text.into() },
        partial_fingerprints: Fingerprints { code_path_message: fingerprint(diagnostic, &locations) },
        locations,
        related_locations,
        suppressions: diagnostic
            .waived
            .iter()
            .map(|justification| Suppression { kind: "external", justification })
            .collect(),
    }
}

fn location<'a>(label: &'a Label, sources: &SourceMap, base: &str) -> Option<Location<'a>> {
    let source = sources.get(label.span.source)?;
    let (start, end) = (sources.position(label.span), sources.end_position(label.span));
    let region = Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    };
    let uri = percent_encoded(&joined(base, &source.path));
    let physical = PhysicalLocation {
        artifact_location: ArtifactLocation { uri, uri_base_id: "%SRCROOT%" },
        // A file that could not be read has no lines to point at.
        region: (!source.text.is_empty()).then_some(region),
    };
    let message = (!label.text.is_empty()).then(|| Text { text: label.text.as_str().into() });
    Some(Location { id: None, physical, message })
}

/// Says that a finding is the same as one of an earlier run although it has moved (3.27.17): no line numbers.
fn fingerprint(diagnostic: &Diagnostic, locations: &[Location<'_>]) -> String {
    let path = locations.first().map_or("", |place| place.physical.artifact_location.uri.as_str());
    let mut hash = Sha256::new();
    for part in [diagnostic.code, path, &diagnostic.message] {
        // The length keeps parts apart whatever they contain.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A path as a relative URI reference (RFC 3986): all but unreserved characters and `/` encoded.
fn percent_encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
#[path = "sarif_tests.rs"]
mod tests;
