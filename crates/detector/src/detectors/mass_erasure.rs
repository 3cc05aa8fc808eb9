//! Mass erasure: keys of studies destroyed, or held objects, in numbers.

use super::Seen;
use crate::window::Window;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};

/// Minutes looked back on.
const MINUTES: i64 = 60;

/// What was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct MassErasure(Window);

impl MassErasure {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        match seen.event {
            Event::Erased { .. } => {}
            Event::Decided { decision, .. } if decision == "discarded" => {}
            _ => return None,
        }
        let most = seen.terms.erasures;
        let what = || format!("more than {most} studies or held objects were destroyed within an hour");
        let erasures = self.0.add(seen.at, 1, MINUTES);
        (erasures > most).then(|| seen.alarm(Pattern::MassErasure, &seen.terms.ward, &what()))
    }
}
