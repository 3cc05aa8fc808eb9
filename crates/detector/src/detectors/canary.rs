//! Canaries: studies of nobody, for which nobody has a reason to ask.

use super::Seen;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;

pub(super) fn look(seen: &Seen<'_>) -> Option<Alarm> {
    let (sender, what) = match seen.event {
        Event::Queried { sender, canary: true, .. } => (sender, "asked for a canary"),
        Event::HandedOut { sender, canary: true, .. } => (sender, "was handed a canary"),
        _ => return None,
    };
    Some(seen.alarm(
        Pattern::Canary,
        sender,
        &format!("`{sender}` {what}, a study that nobody has a reason for"),
    ))
}
