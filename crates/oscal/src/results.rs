//! Assessment Results: what was last seen of each implemented control, and what follows for it.

use crate::{Subject, line, property, token};
use jiff::Timestamp;
use medward_evidence::{ATTESTATION, Evidence, Outcome, States, required};
use medward_file::kinds::Control;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The Assessment Results of a subject: an observation for the newest evidence of every probe, a finding for every control.
pub fn assessment_results(subject: Subject<'_>, evidence: &[Evidence], states: &States) -> Value {
    let newest = newest(subject, evidence);
    let needed = required(subject.file);
    let observations: Vec<_> = newest.values().map(|one| observation(subject, one)).collect();
    let findings: Vec<_> = needed
        .iter()
        .map(|needed| {
            let state = states.of(&needed.control);
            let title = subject.file.by_id::<Control>(&needed.control).map_or("", |control| &control.title);
            let related: Vec<_> = newest
                .iter()
                .filter(|((control, _), _)| *control == needed.control)
                .map(|(_, one)| json!({ "observation-uuid": subject.id(&observed(one)) }))
                .collect();
            let mut finding = json!({
                "uuid": subject.id(&format!("finding {}", needed.control)),
                "title": line(&format!("{}: {}", needed.control, state.word())),
                "description": line(&format!("{}; the evidence makes it {}", title, state.word())),
                "props": [property("state", state.word())],
                "target": {
                    "type": "objective-id",
                    "target-id": token(&needed.control),
                    "title": line(title),
                    "status": {
                        "state": if state.is_in_force() { "satisfied" } else { "not-satisfied" },
                        "reason": if state.is_in_force() { "pass" } else if state.word() == "failed" { "fail" } else { "other" },
                    },
                },
            });
            if let (false, Some(finding)) = (related.is_empty(), finding.as_object_mut()) {
                finding.insert("related-observations".to_owned(), Value::Array(related));
            }
            finding
        })
        .collect();
    let controls: Vec<_> = needed.iter().map(|one| json!({ "control-id": token(&one.control) })).collect();
    let selection = if controls.is_empty() {
        json!({ "include-all": {} })
    } else {
        json!({ "include-controls": controls })
    };
    let start = newest.values().map(|one| one.observed_until).min().unwrap_or(subject.at);
    let plan = subject.id("plan");
    let mut result = json!({
        "uuid": subject.id("result"),
        "title": "State of the controls by the ledger",
        "description": line(&format!("Newest evidence of every probe and the state of every implemented control at {}", subject.at)),
        "start": start.to_string(),
        "end": subject.at.to_string(),
        "reviewed-controls": { "control-selections": [selection] },
    });
    if let Some(result) = result.as_object_mut() {
        for (key, values) in [("observations", observations), ("findings", findings)] {
            if !values.is_empty() {
                result.insert(key.to_owned(), Value::Array(values));
            }
        }
    }
    json!({ "assessment-results": {
        "uuid": subject.id("assessment results"),
        "metadata": subject.metadata("Assessment results"),
        "import-ap": { "href": format!("#{plan}") },
        "results": [result],
        "back-matter": { "resources": [{
            "uuid": plan,
            "title": "Security file",
            "description": line(&format!("The security file of {}: its controls, their probes and schedules", subject.device())),
        }] },
    } })
}

/// The newest evidence that counts, by control and probe.
fn newest<'e>(subject: Subject<'_>, evidence: &'e [Evidence]) -> BTreeMap<(&'e str, &'e str), &'e Evidence> {
    let mut newest: BTreeMap<(&str, &str), &Evidence> = BTreeMap::new();
    for one in evidence.iter().filter(|one| one.received <= subject.at && one.voucher.counts()) {
        let known = newest.entry((&one.control, &one.probe)).or_insert(one);
        if (one.observed_until, one.index) > (known.observed_until, known.index) {
            *known = one;
        }
    }
    newest
}

fn observed(one: &Evidence) -> String {
    format!("observation {}", one.index)
}

fn observation(subject: Subject<'_>, one: &Evidence) -> serde_json::Value {
    let outcome = match one.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Error => "error",
    };
    let method = if one.probe == ATTESTATION { "EXAMINE" } else { "TEST" };
    let expires = if one.valid_until == Timestamp::MAX { None } else { Some(one.valid_until.to_string()) };
    let mut value = json!({
        "uuid": subject.id(&observed(one)),
        "title": line(&format!("{} {}", one.control, one.probe)),
        "description": line(&format!("{} of {}: {outcome}", one.probe, one.control)),
        "props": [
            property("outcome", outcome),
            property("ledger-entry", &one.index.to_string()),
            property("fingerprint", &one.fingerprint),
        ],
        "methods": [method],
        "types": ["control-objective"],
        "collected": one.observed_until.to_string(),
    });
    if let (Some(expires), Some(value)) = (expires, value.as_object_mut()) {
        value.insert("expires".to_owned(), Value::String(expires));
    }
    value
}
