//! How often somebody may ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Most who are remembered.
const REMEMBERED_MAX: usize = 50_000;

/// What is left to whoever asks, told apart by `K`.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    burst: f64,
    per_second: f64,
    left: Mutex<HashMap<K, (f64, u64)>>,
}

impl<K: Eq + Hash> Rates<K> {
    /// So many at once, and so many a second in the long run.
    pub(crate) fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second, left: Mutex::default() }
    }

    /// Whether somebody has asked too much lately, at a moment in seconds since 1970-01-01; counts the request.
    pub(crate) fn is_too_fast(&self, who: K, now: u64) -> bool {
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > REMEMBERED_MAX {
            all.clear();
        }
        let (left, last) = all.entry(who).or_insert((self.burst, now));
        let seconds = u32::try_from(now.saturating_sub(*last)).map_or(f64::from(u32::MAX), f64::from);
        *left = (*left + seconds * self.per_second).min(self.burst) - 1.0;
        *last = now;
        let is_too_fast = *left < 0.0;
        *left = left.max(0.0);
        is_too_fast
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_much_waits_and_nobody_else() {
        let rates = Rates::new(3.0, 1.0);
        let asked: Vec<_> = (0..4).map(|_| rates.is_too_fast("one", 10)).collect();
        assert_eq!(asked, [false, false, false, true]);
        assert!(!rates.is_too_fast("other", 10));
        assert!(rates.is_too_fast("one", 5), "a clock that jumped back gives nothing");
        assert!(!rates.is_too_fast("one", 12));
    }
}
