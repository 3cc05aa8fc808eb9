//! Evidence and open findings as OSCAL 1.2.1 documents: Assessment Results, and Plan of Action and Milestones.
//!
//! Called by the command line with what it has judged already; this crate judges nothing, and knows no clock: the same file,
//! ledger and moment give the same bytes, ids included.

mod plan_of_action;
mod results;

pub use plan_of_action::plan_of_action;
pub use results::assessment_results;

use jiff::Timestamp;
use medward_file::SecurityFile;
use medward_ledger::Checkpoint;
use serde_json::{Value, json};
use uuid::Uuid;

/// Version of the format.
const OSCAL_VERSION: &str = "1.2.1";
/// Namespace of properties that OSCAL itself does not name.
const NAMESPACE: &str = "urn:medward:oscal";

/// What a document is about: a file, the head of its ledger, and the moment judged for.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// The security file.
    pub file: &'s SecurityFile,
    /// The verified head of its ledger.
    pub head: &'s Checkpoint,
    /// The moment.
    pub at: Timestamp,
}

impl Subject<'_> {
    /// An id that the same subject always gives the same thing.
    fn id(&self, of: &str) -> String {
        let Checkpoint { origin, size, root, .. } = self.head;
        let name = format!("{origin}\n{size}\n{root}\n{}\n{of}", self.at);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }

    fn device(&self) -> String {
        let device = self.file.device.as_ref().map(|(_, device)| line(&device.name));
        device.unwrap_or_else(|| "device without a name".to_owned())
    }

    fn metadata(&self, title: &str) -> Value {
        json!({
            "title": format!("{title}: {}", self.device()),
            "last-modified": self.at.to_string(),
            "version": format!("ledger-{}", self.head.size),
            "oscal-version": OSCAL_VERSION,
            "props": [
                property("ledger", &self.head.origin),
                property("ledger-size", &self.head.size.to_string()),
                property("ledger-root", &self.head.root.to_string()),
            ],
        })
    }
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": NAMESPACE, "value": line(value) })
}

/// A text as one line that neither begins nor ends with a space, as OSCAL strings must be.
fn line(text: &str) -> String {
    let words: Vec<_> = text.split(|one: char| one.is_whitespace() || one.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.is_empty() { "-".to_owned() } else { line }
}

/// An id of a record as an OSCAL token; characters that a token cannot have become `_`.
fn token(id: &str) -> String {
    let allowed = |one: char| one.is_alphanumeric() || "._-".contains(one);
    let mut token: String = id.chars().map(|one| if allowed(one) { one } else { '_' }).collect();
    if !token.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        token.insert(0, '_');
    }
    token
}
