//! All detectors, each asked of every entry.

mod bulk_export;
mod canary;
mod damage;
mod emergency;
mod first_seen;
mod guessing;
mod mass_erasure;
mod odd_hours;
mod rewriting;

use crate::{Alarm, Pattern, Terms};
use medward_ward_ledger::{Entry, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a detector needs to know of an entry.
struct Seen<'s> {
    /// When, in seconds since 1970-01-01.
    at: i64,
    event: &'s Event,
    terms: &'s Terms,
    /// The ward is past its first days.
    is_learnt: bool,
}

impl Seen<'_> {
    /// The sender, where the entry is of one that was let do something.
    fn sender(&self) -> Option<&str> {
        match self.event {
            Event::Received { sender, .. }
            | Event::Returned { sender, .. }
            | Event::Queried { sender, .. }
            | Event::HandedOut { sender, .. } => Some(sender),
            _ => None,
        }
    }

    fn alarm(&self, pattern: Pattern, about: &str, what: &str) -> Alarm {
        let title = format!("{}: {what}", self.terms.ward);
        Alarm { pattern, about: about.to_owned(), title }
    }
}

/// All detectors with what they know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Detectors {
    /// When the first entry was written.
    began: Option<i64>,
    /// The day of the last alarm, by word of the pattern and what it is about.
    said: BTreeMap<String, i64>,
    bulk_export: bulk_export::BulkExport,
    rewriting: rewriting::Rewriting,
    mass_erasure: mass_erasure::MassErasure,
    first_seen: first_seen::FirstSeen,
    odd_hours: odd_hours::OddHours,
    guessing: guessing::Guessing,
}

fn mark(pattern: &str, about: &str) -> String {
    format!("{pattern} {about}")
}

impl Detectors {
    /// Looks at the next entry; gives the alarms it raises.
    pub fn look(&mut self, entry: &Entry, terms: &Terms) -> Vec<Alarm> {
        let Entry { at, event } = entry;
        let began = *self.began.get_or_insert(*at);
        if let Event::Alarmed { detector, about, .. } = event {
            self.known(detector, about, *at);
            return Vec::new();
        }
        let is_learnt = at.saturating_sub(began) >= i64::from(terms.learning_days).saturating_mul(DAY);
        let seen = Seen { at: *at, event, terms, is_learnt };
        let mut alarms = Vec::new();
        alarms.extend(self.bulk_export.look(&seen));
        alarms.extend(self.rewriting.look(&seen));
        alarms.extend(self.mass_erasure.look(&seen));
        alarms.extend(damage::look(&seen));
        alarms.extend(self.first_seen.look(&seen));
        alarms.extend(self.odd_hours.look(&seen));
        alarms.extend(self.guessing.look(&seen));
        alarms.extend(canary::look(&seen));
        alarms.extend(emergency::look(&seen));
        let day = at.div_euclid(DAY);
        alarms.retain(|alarm| self.say(alarm.pattern.word(), &alarm.about, day));
        alarms
    }

    /// Takes note of an alarm that the ledger has, of a moment in seconds since 1970-01-01: it is not raised again.
    pub fn known(&mut self, detector: &str, about: &str, at: i64) {
        self.say(detector, about, at.div_euclid(DAY));
    }

    /// Whether it was not said on the day yet.
    fn say(&mut self, pattern: &str, about: &str, day: i64) -> bool {
        // Yesterday's is kept for a clock that goes back a little.
        self.said.retain(|_, said| said.saturating_add(1) >= day);
        let said = self.said.entry(mark(pattern, about)).or_insert(i64::MIN);
        let is_new = *said < day;
        *said = (*said).max(day);
        is_new
    }
}
