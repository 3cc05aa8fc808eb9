//! Odd hours: a sender at work outside the hours that the file declares for it; else at an hour at which, or next to which, it was not at
//! work for four weeks.

use super::{DAY, Seen};
use crate::{Alarm, Pattern};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days that an hour stays one of work.
const REMEMBERED_DAYS: i64 = 28;
/// Hours of a day.
const HOURS: usize = 24;

/// When a sender works.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Habit {
    /// Its first day, since 1970-01-01.
    first: i64,
    /// The last day on which it worked, for each hour at which it ever did.
    days: BTreeMap<usize, i64>,
}

impl Habit {
    fn works_at(&self, hour: usize, today: i64) -> bool {
        [hour + HOURS - 1, hour, hour + 1].into_iter().any(|near| {
            let day = self.days.get(&(near % HOURS));
            day.is_some_and(|day| day.saturating_add(REMEMBERED_DAYS) >= today)
        })
    }
}

/// When senders work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct OddHours(BTreeMap<String, Habit>);

impl OddHours {
    pub(super) fn look(&mut self, seen: &Seen<'_>) -> Option<Alarm> {
        let sender = seen.sender()?;
        let local = seen.terms.zone.to_datetime(Timestamp::from_second(seen.at).ok()?);
        let (hour, minute) = (local.hour().unsigned_abs(), local.minute().unsigned_abs());
        let minute = u16::from(hour).saturating_mul(60).saturating_add(u16::from(minute));
        if let Some(hours) = seen.terms.hours.get(sender) {
            let what = || format!("`{sender}` is at work outside of its declared hours");
            return (!hours.contain(minute)).then(|| seen.alarm(Pattern::OddHours, sender, &what()));
        }
        let (today, hour) = (seen.at.div_euclid(DAY), usize::from(hour));
        let habit =
            self.0.entry(sender.to_owned()).or_insert_with(|| Habit { first: today, days: BTreeMap::new() });
        let is_learnt = today.saturating_sub(habit.first) >= i64::from(seen.terms.learning_days);
        let is_odd = is_learnt && !habit.works_at(hour, today);
        habit.days.insert(hour, today);
        let what =
            || format!("`{sender}` is at work at an hour at which it was not for {REMEMBERED_DAYS} days");
        is_odd.then(|| seen.alarm(Pattern::OddHours, sender, &what()))
    }
}
