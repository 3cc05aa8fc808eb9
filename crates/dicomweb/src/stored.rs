//! What became of instances that were stored (PS3.18 section 10.5.3.2, PS3.18 annex I): said by a server, read by a client.

use crate::json::strings;
use medward_dicom_scan::{Tag, Vr};
use medward_upper_layer::Uid;
use serde_json::{Map, Value, json};

const RETRIEVE_URL: Tag = Tag::new(0x0008, 0x1190);
const FAILED_SOP_SEQUENCE: Tag = Tag::new(0x0008, 0x1198);
const REFERENCED_SOP_SEQUENCE: Tag = Tag::new(0x0008, 0x1199);
const REFERENCED_CLASS: Tag = Tag::new(0x0008, 0x1150);
const REFERENCED_INSTANCE: Tag = Tag::new(0x0008, 0x1155);
const FAILURE_REASON: Tag = Tag::new(0x0008, 0x1197);

/// An instance that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SOP Class UID.
    pub class: Uid,
    /// SOP Instance UID.
    pub instance: Uid,
}

/// An instance that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// SOP Class UID, where it could be told.
    pub class: Option<Uid>,
    /// SOP Instance UID, where it could be told.
    pub instance: Option<Uid>,
    /// Why: a status of C-STORE (PS3.18 table I.2-2).
    pub reason: u16,
}

/// What became of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Kept.
    pub stored: Vec<Stored>,
    /// Not kept.
    pub failed: Vec<Failed>,
}

fn referenced(class: Option<&Uid>, instance: Option<&Uid>) -> Map<String, Value> {
    let mut item = Map::new();
    for (tag, uid) in [(REFERENCED_CLASS, class), (REFERENCED_INSTANCE, instance)] {
        let values: Vec<_> = uid.map(|uid| uid.as_str().to_owned()).into_iter().collect();
        item.insert(crate::key(tag), strings(Vr::UI, &values));
    }
    item
}

impl Outcome {
    /// Status of the answer (PS3.18 table 10.5.3-1): all kept, some, or none.
    pub fn status(&self) -> u16 {
        match (self.stored.is_empty(), self.failed.is_empty()) {
            (_, true) => 200,
            (false, false) => 202,
            (true, false) => 409,
        }
    }

    /// The answer in the JSON model.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Map::new();
        out.insert(crate::key(RETRIEVE_URL), json!({ "vr": "UR" }));
        let failed = self.failed.iter().map(|one| {
            let mut item = referenced(one.class.as_ref(), one.instance.as_ref());
            item.insert(crate::key(FAILURE_REASON), json!({ "vr": "US", "Value": [one.reason] }));
            Value::Object(item)
        });
        let stored = self.stored.iter().map(|one| {
            let mut item = referenced(Some(&one.class), Some(&one.instance));
            item.insert(crate::key(RETRIEVE_URL), json!({ "vr": "UR" }));
            Value::Object(item)
        });
        let sequences: [(Tag, Vec<Value>); 2] =
            [(FAILED_SOP_SEQUENCE, failed.collect()), (REFERENCED_SOP_SEQUENCE, stored.collect())];
        for (tag, items) in sequences.into_iter().filter(|(_, items)| !items.is_empty()) {
            out.insert(crate::key(tag), json!({ "vr": "SQ", "Value": items }));
        }
        Value::Object(out).to_string().into_bytes()
    }
}

/// Whether an answer of another server says that it keeps an instance, with or without a warning.
pub fn is_stored(answer: &[u8], instance: &Uid) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return false };
    let holds = |tag: Tag| {
        let items = answer.get(crate::key(tag)).and_then(|sequence| sequence.get("Value"));
        let mut items = items.and_then(Value::as_array).into_iter().flatten();
        items.any(|item| {
            let named = item.get(crate::key(REFERENCED_INSTANCE)).and_then(|uid| uid.get("Value"));
            named.and_then(|values| values.get(0)).and_then(Value::as_str) == Some(instance.as_str())
        })
    };
    holds(REFERENCED_SOP_SEQUENCE) && !holds(FAILED_SOP_SEQUENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_is_kept_and_is_read_again() {
        let uid = |text: &str| text.parse::<Uid>().unwrap();
        let mut outcome = Outcome::default();
        outcome.stored.push(Stored { class: uid("1.2"), instance: uid("1.2.3") });
        assert_eq!(outcome.status(), 200);
        outcome.failed.push(Failed { class: None, instance: Some(uid("1.2.4")), reason: 0xC000 });
        assert_eq!(outcome.status(), 202);
        let answer = outcome.to_json();
        assert!(is_stored(&answer, &uid("1.2.3")));
        assert!(!is_stored(&answer, &uid("1.2.4")) && !is_stored(&answer, &uid("1.2.5")));
        assert!(!is_stored(b"{}", &uid("1.2.3")) && !is_stored(b"<html>", &uid("1.2.3")));
        outcome.stored.clear();
        assert_eq!(outcome.status(), 409);
        let answer: Value = serde_json::from_slice(&outcome.to_json()).unwrap();
        assert_eq!(answer["00081198"]["Value"][0]["00081197"]["Value"][0], 0xC000);
    }
}
