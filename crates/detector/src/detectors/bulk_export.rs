//! Bulk export: a peer is handed more objects within an hour than anybody needs at once. Somebody who may retrieve is taking everything.

use super::Seen;
use crate::window::Window;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes looked back on.
const MINUTES: i64 = 60;

/// What each peer was handed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct BulkExport(BTreeMap<String, Window>);

impl BulkExport {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        let Event::HandedOut { sender, .. } = seen.event else { return None };
        let objects = self.0.entry(sender.clone()).or_default().add(seen.at, 1, MINUTES);
        let most = seen.terms.exported_objects;
        let what = || format!("`{sender}` was handed more than {most} objects within an hour");
        (objects > most).then(|| seen.alarm(Pattern::BulkExport, sender, &what()))
    }
}
