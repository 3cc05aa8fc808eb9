//! Bulk export: a peer is handed more objects within an hour than anybody needs at once. Somebody who may retrieve is taking everything.

use super::Seen;
use crate::window::Window;
use crate::{Alarm, Pattern};
use medward_ward_ledger::{Event, METADATA_LEVEL};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes looked back on.
const MINUTES: i64 = 60;

/// What each peer was handed, and of how many objects it was told all but the pixels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct BulkExport(BTreeMap<String, Window>);

impl BulkExport {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        // Whoever looks at images is told of them first, and then handed them: each is counted for itself.
        let (sender, objects, kind, what) = match seen.event {
            Event::HandedOut { sender, .. } => (sender, 1, "", "was handed"),
            Event::Queried { sender, level, answers, .. } if level == METADATA_LEVEL => {
                (sender, *answers, " metadata", "was told all but the pixels of")
            }
            _ => return None,
        };
        // No id of a record has a space in it.
        let objects = self.0.entry(format!("{sender}{kind}")).or_default().add(seen.at, objects, MINUTES);
        let most = seen.terms.exported_objects;
        let what = || format!("`{sender}` {what} more than {most} objects within an hour");
        (objects > most).then(|| seen.alarm(Pattern::BulkExport, sender, &what()))
    }
}
