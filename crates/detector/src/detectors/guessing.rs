//! Guessing: refusals in numbers, from one address whatever it calls itself, or under one name wherever it comes from.

use super::Seen;
use crate::window::Window;
use crate::{Alarm, Pattern};
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes looked back on.
const MINUTES: i64 = 10;
/// Addresses and names that are counted at once; past that, the one that was quiet for longest is forgotten.
const COUNTED_MAX: usize = 1_024;

/// Refusals, by address or name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Guessing(BTreeMap<String, Window>);

impl Guessing {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        match seen.event {
            Event::Refused { sender, source, times, .. } => {
                alarms.extend(self.count(seen, source.as_deref(), *times, "from one address"));
                alarms.extend(self.count(seen, sender.as_deref(), *times, "of one sender"));
            }
            Event::NotPermitted { people, .. } => {
                for person in people {
                    alarms.extend(self.count(seen, Some(person), 1, "of one person"));
                }
            }
            _ => {}
        }
        alarms
    }

    fn count(&mut self, seen: &Seen<'_>, about: Option<&str>, times: u64, of: &str) -> Option<Alarm> {
        let about = about.filter(|about| !about.is_empty())?;
        if !self.0.contains_key(about) && self.0.len() >= COUNTED_MAX {
            let quietest = self.0.iter().min_by_key(|(_, window)| window.last()).map(|(key, _)| key.clone());
            self.0.remove(&quietest?);
        }
        let refusals = self.0.entry(about.to_owned()).or_default().add(seen.at, times, MINUTES);
        let most = seen.terms.refusals;
        let what = || format!("more than {most} refusals {of}, `{about}`, within ten minutes");
        (refusals > most).then(|| seen.alarm(Pattern::Guessing, about, &what()))
    }
}
