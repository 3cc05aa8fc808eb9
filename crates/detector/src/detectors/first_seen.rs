//! A sender that never did anything before. In the first days of a ward everybody is new, and that is learnt in silence.

use super::Seen;
use crate::{Alarm, Pattern};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Senders that did anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct FirstSeen(BTreeSet<String>);

impl FirstSeen {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        let sender = seen.sender()?;
        if self.0.contains(sender) {
            return None;
        }
        self.0.insert(sender.to_owned());
        let what = || format!("`{sender}` was let in for the first time");
        seen.is_learnt.then(|| seen.alarm(Pattern::FirstSeen, sender, &what()))
    }
}
