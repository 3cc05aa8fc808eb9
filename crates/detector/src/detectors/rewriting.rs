//! Rewriting, as ransomware in an archive does: objects come again under their UID with another content, in numbers.

use super::Seen;
use crate::window::Window;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes looked back on.
const MINUTES: i64 = 60;
/// The reason with which the vault holds back an object under a UID that it has with other content.
const REASON: &str = "same-uid-other-content";

/// What each sender sent again otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Rewriting(BTreeMap<String, Window>);

impl Rewriting {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        let Event::Quarantined { sender, reason, .. } = seen.event else { return None };
        if reason != REASON {
            return None;
        }
        let objects = self.0.entry(sender.clone()).or_default().add(seen.at, 1, MINUTES);
        let most = seen.terms.rewritten_objects;
        let what =
            || format!("`{sender}` sent more than {most} objects again with another content within an hour");
        (objects > most).then(|| seen.alarm(Pattern::Rewriting, sender, &what()))
    }
}
