//! Emergencies: originals were handed out. Each is loud, and needs a review.

use super::Seen;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;

pub(super) fn look(seen: &Seen<'_>) -> Option<Alarm> {
    let Event::Emergency { .. } = seen.event else { return None };
    Some(seen.alarm(Pattern::Emergency, &seen.terms.ward, "originals were handed out in an emergency"))
}
