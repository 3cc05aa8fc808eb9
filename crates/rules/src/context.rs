//! What rules look at: the file, the day, and what several rules need worked out once.

use crate::Live;
use jiff::civil::Date;
use medward_file::kinds::Control;
use medward_file::{AnyRecord, Kind, Record, RecordRef, SecurityFile};
use medward_risk::FileMethod;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// The file under check and the day for which it is checked.
#[derive(Debug)]
pub struct Context<'f> {
    /// The file.
    pub file: &'f SecurityFile,
    /// The day of the check: expiry and overdue are judged against it.
    pub today: Date,
    /// What a ledger says of the file; `None` where there is none.
    pub live: Option<&'f Live>,
    method: OnceLock<FileMethod<'f>>,
    incoming: OnceLock<HashMap<RecordRef, Vec<RecordRef>>>,
}

impl<'f> Context<'f> {
    /// A context for a file on a day.
    pub fn new(file: &'f SecurityFile, today: Date, live: Option<&'f Live>) -> Self {
        Self { file, today, live, method: OnceLock::new(), incoming: OnceLock::new() }
    }

    /// The risk method of the file.
    pub fn method(&self) -> &FileMethod<'f> {
        self.method.get_or_init(|| FileMethod::of(self.file))
    }

    /// Records that link to a record, in order, each once.
    pub fn incoming(&self, to: RecordRef) -> &[RecordRef] {
        let map = self.incoming.get_or_init(|| self.file.incoming());
        map.get(&to).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a record of one of these kinds links to a record.
    pub fn is_linked_from(&self, to: RecordRef, kinds: &[Kind]) -> bool {
        self.incoming(to).iter().any(|from| kinds.contains(&from.kind))
    }

    /// Whether a control counts today: proven where there is a ledger, declared implemented where there is none.
    pub fn is_in_force(&self, control: &Record<Control>) -> bool {
        self.live.map_or_else(|| medward_paths::is_implemented(control), |live| live.is_in_force(control))
    }

    /// Whether the check is for the newest moment known, not for one in the past of the ledger.
    pub fn is_now(&self) -> bool {
        self.live.is_some_and(|live| live.is_now)
    }

    /// The name of a record for messages, as `kind.id`.
    pub fn name(record: AnyRecord<'_>) -> String {
        format!("{}.{}", record.at.kind.word(), &*record.id.value)
    }

    /// Ids of the layers of the file beside the built-in ones.
    pub fn own_layers(&self) -> HashSet<&str> {
        self.file.ids(Kind::Layer).collect()
    }
}

/// The layers every file has (DESIGN of the ward, one control sits in exactly one).
pub const BUILT_IN_LAYERS: [&str; 10] = [
    "perimeter",
    "transport",
    "identity",
    "policy",
    "content",
    "privacy",
    "integrity",
    "vault",
    "watch",
    "organisation",
];
