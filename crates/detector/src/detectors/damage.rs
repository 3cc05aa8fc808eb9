//! Damage: an object at rest is not what was stored. One is enough: the disk fails, or somebody changed it.

use super::Seen;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;

pub(super) fn look(seen: &Seen<'_>) -> Option<Alarm> {
    let Event::Damaged { .. } = seen.event else { return None };
    Some(seen.alarm(Pattern::Damage, &seen.terms.ward, "a stored object is not what was stored"))
}
