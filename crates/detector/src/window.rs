//! A count over the last while, by minutes.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How much came in each of the last minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Window(VecDeque<(i64, u64)>);

impl Window {
    /// Counts what came at a moment, in seconds; gives what came in the last so many minutes. A clock that went back counts as one that
    /// stands.
    pub(crate) fn add(&mut self, at: i64, many: u64, minutes: i64) -> u64 {
        let last = self.0.back().map_or(i64::MIN, |(minute, _)| *minute);
        let now = at.div_euclid(60).max(last);
        match self.0.back_mut() {
            Some((minute, count)) if *minute == now => *count = count.saturating_add(many),
            _ => self.0.push_back((now, many)),
        }
        while self.0.front().is_some_and(|(minute, _)| minute.saturating_add(minutes) <= now) {
            self.0.pop_front();
        }
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The last minute in which anything came.
    pub(crate) fn last(&self) -> i64 {
        self.0.back().map_or(i64::MIN, |(minute, _)| *minute)
    }
}
