//! What a ward writes down: digests, words of closed lists and ids of the file; no patient, and no address of a machine.

use crate::request::Vouchers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The reason with which the vault holds back an object under a UID that it has with other content.
pub const SAME_UID_OTHER_CONTENT: &str = "same-uid-other-content";

/// The level of a query for the metadata of objects (PS3.18 section 10.4.1.1.2): it counts objects, and tells all of them but bulk data.
pub const METADATA_LEVEL: &str = "METADATA";

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The ward began to run.
    Started {
        /// Fingerprint of what the file says of it.
        configuration: String,
        /// Layers that are off.
        layers_off: Vec<String>,
    },
    /// A layer refused.
    Refused {
        /// Which.
        layer: String,
        /// Why.
        reason: String,
        /// Record of the sender, where one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender: Option<String>,
        /// Where it came from, as a keyed label of the address: only the ward's own log says which address that is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// How often since the last such entry.
        times: u64,
    },
    /// An object was taken and is on stable storage.
    Received {
        /// SHA-256 of its bytes.
        object: String,
        /// Public fingerprint of the key of its study.
        study_key: String,
        /// Its length.
        bytes: u64,
        /// Record of the sender.
        sender: String,
        /// The same object had come before.
        again: bool,
    },
    /// An object is held back.
    Quarantined {
        /// SHA-256 of its bytes.
        object: String,
        /// Which layer.
        layer: String,
        /// Why.
        reason: String,
        /// Record of the sender.
        sender: String,
    },
    /// A pseudonymised object was made and may leave.
    Released {
        /// SHA-256 of the original.
        original: String,
        /// SHA-256 of the result.
        object: String,
        /// Pseudonymous UID of its study.
        study: String,
    },
    /// A result of the AI carries its patient again and may go to the hospital.
    Returned {
        /// SHA-256 of what the AI sent.
        received: String,
        /// SHA-256 of what goes to the hospital.
        object: String,
        /// Pseudonymous UID of the study that it answers.
        study: String,
        /// Record of the sender.
        sender: String,
    },
    /// Pseudonymised objects were asked about, or asked for by names that none of them has.
    Queried {
        /// Record of who asked.
        sender: String,
        /// Level of the query.
        level: String,
        /// Answers.
        answers: u64,
        /// A canary was asked for, or is among the answers.
        #[serde(default, skip_serializing_if = "is_false")]
        canary: bool,
    },
    /// A pseudonymised object is handed to who asked for it.
    HandedOut {
        /// SHA-256 of its bytes.
        object: String,
        /// Record of who asked.
        sender: String,
        /// Record of the destination that it goes to, where it does not stay on the association.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
        /// It is of a canary.
        #[serde(default, skip_serializing_if = "is_false")]
        canary: bool,
    },
    /// An object was taken by a destination.
    Sent {
        /// SHA-256 of its bytes.
        object: String,
        /// Record of the destination.
        destination: String,
    },
    /// An object at rest is not what was stored.
    Damaged {
        /// SHA-256 of what was stored, as the ledger had it.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// The ledger lacked entries at a start: it was put back to an earlier day, or is another one. Nothing is released until somebody
    /// looked.
    RolledBack {
        /// How many entries there had been more, as far as somebody followed them.
        entries: u64,
        /// Objects of the vaults that it did not know.
        objects: u64,
    },
    /// An object lay in a vault that the ledger did not know.
    Found {
        /// SHA-256 of its bytes.
        object: String,
        /// Public fingerprint of the key of its study.
        study_key: String,
        /// Its length.
        bytes: u64,
    },
    /// Somebody looked at why the ledger lacked entries, and had the ward release again.
    Resumed {
        /// Why, in the words of who looked.
        because: String,
        /// Who vouched for it, where the file names people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// A study was erased by its key.
    Erased {
        /// Public fingerprint of the key.
        study_key: String,
        /// How many objects.
        objects: u64,
        /// Why, in the words of who asked.
        because: String,
        /// Who vouched for it, where the file names people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// Somebody decided on a quarantined object.
    Decided {
        /// SHA-256 of its bytes.
        object: String,
        /// `released` or `discarded`.
        decision: String,
        /// Why, in the words of who decided.
        because: String,
        /// Who vouched for it, where the file names people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// Originals of a study were handed out in an emergency; somebody must look at why.
    Emergency {
        /// Public fingerprint of the key of the study.
        study_key: String,
        /// How many objects.
        objects: u64,
        /// Why, in the words of who asked.
        because: String,
        /// Who vouched for it, where the file names people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// A bearer token was made.
    TokenIssued {
        /// Its name.
        token: String,
        /// Record of the sender that it is of.
        sender: String,
        /// When it ends, in seconds since 1970-01-01.
        expires: i64,
        /// Who vouched for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// A bearer token was revoked.
    TokenRevoked {
        /// Its name.
        token: String,
    },
    /// The keys of the studies were wrapped anew.
    KeysRotated {
        /// How many.
        keys: usize,
    },
    /// Originals that were handed out in an emergency were deleted where they had been put.
    EmergencyEnded {
        /// How many objects.
        objects: u64,
        /// `asked-for` or `time-is-over`.
        reason: String,
    },
    /// Somebody asked for a mark, to see that what happens arrives where it must.
    Marked {
        /// In the words of who asked.
        text: String,
    },
    /// Somebody looked at why an emergency was opened.
    Reviewed {
        /// Number of the entry of the emergency.
        emergency: u64,
        /// `justified` or `not-justified`.
        finding: String,
        /// Why, in the words of who looked.
        because: String,
        /// Who looked, where the file names people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// Who is behind a pseudonymous study was told.
    Reidentified {
        /// Public fingerprint of the key of the study.
        study_key: String,
        /// Why, in the words of who asked.
        because: String,
        /// Who vouched for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Vouchers>,
    },
    /// What people asked for was not done, because of who asked.
    NotPermitted {
        /// What was asked for, as a word.
        what: String,
        /// Ids of the people who asked; empty where nobody signed.
        people: Vec<String>,
        /// Why, as a word.
        reason: String,
    },
    /// A detector saw a pattern that somebody must look at.
    Alarmed {
        /// Word of the detector.
        detector: String,
        /// What it is about: the id of a record, or the label of an address.
        about: String,
        /// In a line for people.
        title: String,
    },
}

impl Event {
    /// The word of its kind, as the ledger has it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Refused { .. } => "refused",
            Self::Received { .. } => "received",
            Self::Quarantined { .. } => "quarantined",
            Self::Released { .. } => "released",
            Self::Returned { .. } => "returned",
            Self::Queried { .. } => "queried",
            Self::HandedOut { .. } => "handed_out",
            Self::Sent { .. } => "sent",
            Self::Damaged { .. } => "damaged",
            Self::RolledBack { .. } => "rolled_back",
            Self::Found { .. } => "found",
            Self::Resumed { .. } => "resumed",
            Self::Erased { .. } => "erased",
            Self::Decided { .. } => "decided",
            Self::Emergency { .. } => "emergency",
            Self::TokenIssued { .. } => "token_issued",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::KeysRotated { .. } => "keys_rotated",
            Self::EmergencyEnded { .. } => "emergency_ended",
            Self::Marked { .. } => "marked",
            Self::Reviewed { .. } => "reviewed",
            Self::Reidentified { .. } => "reidentified",
            Self::NotPermitted { .. } => "not_permitted",
            Self::Alarmed { .. } => "alarmed",
        }
    }
}

/// An entry: what happened, and when, in seconds since 1970-01-01 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: i64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// As the ledger has it: keys in order, so that the same entry is the same bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let fields: BTreeMap<String, serde_json::Value> =
            serde_json::from_value(serde_json::to_value(self)?)?;
        serde_json::to_vec(&fields)
    }

    /// Reads an entry; `None` for one in a form of another version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written_and_older_ones_are_too() {
        let (study_key, because) = ("0".repeat(64), "the reading could not wait".to_owned());
        let event = Event::Emergency { study_key, objects: 3, because, by: None };
        let entry = Entry { at: 1_000, event };
        let bytes = entry.bytes().unwrap();
        assert_eq!(Entry::parse(&bytes), Some(entry.clone()));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["kind"], entry.event.kind());
        let older = br#"{"at":7,"kind":"refused","layer":"identity","reason":"unknown-title","times":3}"#;
        assert!(matches!(
            Entry::parse(older),
            Some(Entry { at: 7, event: Event::Refused { source: None, .. } })
        ));
        assert_eq!(Entry::parse(br#"{"at":7,"kind":"of a later version"}"#), None);
    }
}
