//! Plan of Action and Milestones: what the check found and is still open.

use crate::{Subject, line, property};
use medward_diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};

/// The Plan of Action and Milestones of a subject: an item for every finding, waived ones marked so.
pub fn plan_of_action(subject: Subject<'_>, diagnostics: &[Diagnostic]) -> Value {
    let mut items: Vec<_> =
        (1_usize..).zip(diagnostics).map(|(number, diagnostic)| item(subject, number, diagnostic)).collect();
    if items.is_empty() {
        // The schema asks for at least one item; saying that there is none is one.
        items.push(json!({
            "uuid": subject.id("no item"),
            "title": "No open finding",
            "description": "The check of the security file against its ledger found nothing.",
        }));
    }
    json!({ "plan-of-action-and-milestones": {
        "uuid": subject.id("plan of action"),
        "metadata": subject.metadata("Plan of action and milestones"),
        "system-id": { "id": subject.device() },
        "poam-items": items,
    } })
}

fn item(subject: Subject<'_>, number: usize, diagnostic: &Diagnostic) -> Value {
    let weight = match diagnostic.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut properties = vec![property("rule", diagnostic.code), property("severity", weight)];
    let sources = &subject.file.sources;
    if let Some(label) = diagnostic.labels.first()
        && let Some(source) = sources.get(label.span.source)
    {
        let line = sources.position(label.span).line;
        properties.push(property("place", &format!("{}:{line}", source.path)));
    }
    if let Some(waiver) = &diagnostic.waived {
        properties.push(property("waived", waiver));
    }
    json!({
        // Two findings can read the same; the number tells them apart.
        "uuid": subject.id(&format!("item {number} {} {}", diagnostic.code, diagnostic.message)),
        "title": line(&format!("{}: {}", diagnostic.code, diagnostic.message)),
        "description": line(&format!("{}. {}", diagnostic.message, diagnostic.why)),
        "props": properties,
        "remarks": line(&format!("To mend: {}", diagnostic.mend)),
    })
}
