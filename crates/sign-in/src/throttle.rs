//! Slowing down who guesses. Each source waits longer with each failure; an account as a whole is never locked, so that nobody can lock
//! others out, least of all from emergency access.
//!
//! A guesser with many addresses meets the second brake: all failures of one account together cost every source that has not
//! signed in before a short wait. Sources that have are not slowed by others.

use std::collections::HashMap;
use std::hash::Hash;

/// Failures of a source that cost nothing: people mistype.
const FREE: u32 = 3;
/// First wait, in seconds; it doubles.
const WAIT_SECONDS: u64 = 2;
/// Longest wait of a source, and what strangers wait for an account under attack, in seconds.
const WAIT_SECONDS_MAX: u64 = 900;
const STRANGER_WAIT_SECONDS: u64 = 10;
/// Failures of an account, by all sources, after which strangers wait.
const ATTACK: u32 = 20;
/// Seconds after which a failure is forgotten.
const FORGOTTEN_SECONDS: u64 = 3_600;
/// Most accounts with sources that are remembered. The oldest are forgotten first.
const REMEMBERED_MAX: usize = 100_000;

/// Whether somebody may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Free,
    /// Not before so many seconds have gone by.
    Wait(u64),
}

#[derive(Debug, Clone, Copy, Default)]
struct Record {
    failures: u32,
    last: u64,
    has_signed_in: bool,
}

/// What is remembered of tries. `S` is what tells sources apart: an address, or its network.
#[derive(Debug)]
pub struct Throttle<S> {
    sources: HashMap<(String, S), Record>,
    accounts: HashMap<String, Record>,
}

impl<S> Default for Throttle<S> {
    fn default() -> Self {
        Self { sources: HashMap::new(), accounts: HashMap::new() }
    }
}

impl Record {
    fn failures(&self, now: u64) -> u32 {
        // A clock that jumped back forgives nothing.
        if now.saturating_sub(self.last) >= FORGOTTEN_SECONDS { 0 } else { self.failures }
    }

    fn failed(&mut self, now: u64) {
        self.failures = self.failures(now).saturating_add(1);
        self.last = self.last.max(now);
    }
}

/// Keeps a map small: what is oldest goes.
fn bounded<K: Clone + Eq + Hash>(map: &mut HashMap<K, Record>) {
    if map.len() <= REMEMBERED_MAX {
        return;
    }
    let mut ages: Vec<u64> = map.values().map(|record| record.last).collect();
    let half = ages.len() / 2;
    let (_, median, _) = ages.select_nth_unstable(half);
    let median = *median;
    map.retain(|_, record| record.last > median);
}

impl<S: Clone + Eq + Hash> Throttle<S> {
    /// Whether a source may try to sign in to an account, at a moment in seconds since 1970-01-01. For emergency access ask
    /// [`Self::emergency`].
    pub fn standing(&self, account: &str, source: &S, now: u64) -> Standing {
        let of_source = self.sources.get(&(account.to_owned(), source.clone())).copied().unwrap_or_default();
        let own = Self::own_wait(&of_source, now);
        let attacked = self.accounts.get(account).is_some_and(|record| record.failures(now) >= ATTACK);
        let last = self.accounts.get(account).map_or(0, |record| record.last);
        let until = last.saturating_add(STRANGER_WAIT_SECONDS);
        let for_strangers = if attacked && !of_source.has_signed_in { until.saturating_sub(now) } else { 0 };
        match own.max(for_strangers) {
            0 => Standing::Free,
            wait => Standing::Wait(wait.min(WAIT_SECONDS_MAX)),
        }
    }

    /// The same for emergency access: only the own failures of a source count, whatever others do.
    pub fn emergency(&self, account: &str, source: &S, now: u64) -> Standing {
        let of_source = self.sources.get(&(account.to_owned(), source.clone())).copied().unwrap_or_default();
        match Self::own_wait(&of_source, now) {
            0 => Standing::Free,
            wait => Standing::Wait(wait.min(STRANGER_WAIT_SECONDS)),
        }
    }

    fn own_wait(record: &Record, now: u64) -> u64 {
        let costly = record.failures(now).saturating_sub(FREE);
        if costly == 0 {
            return 0;
        }
        let wait =
            WAIT_SECONDS.saturating_mul(1_u64.checked_shl(costly.saturating_sub(1)).unwrap_or(u64::MAX));
        record.last.saturating_add(wait.min(WAIT_SECONDS_MAX)).saturating_sub(now)
    }

    /// Notes that a try failed.
    pub fn failed(&mut self, account: &str, source: &S, now: u64) {
        self.sources.entry((account.to_owned(), source.clone())).or_default().failed(now);
        self.accounts.entry(account.to_owned()).or_default().failed(now);
        bounded(&mut self.sources);
        bounded(&mut self.accounts);
    }

    /// Notes that a person signed in: their source is known from now on, and its failures are forgotten.
    pub fn signed_in(&mut self, account: &str, source: &S, now: u64) {
        let known = Record { failures: 0, last: now, has_signed_in: true };
        self.sources.insert((account.to_owned(), source.clone()), known);
        bounded(&mut self.sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guesser_gets_slower() {
        let mut throttle = Throttle::default();
        let (mut now, mut tries) = (1_000_000, 0);
        // A day of guessing as fast as allowed.
        let end = now + 86_400;
        while now < end {
            match throttle.standing("clerk", &1, now) {
                Standing::Free => {
                    throttle.failed("clerk", &1, now);
                    tries += 1;
                }
                Standing::Wait(seconds) => now += seconds,
            }
        }
        assert!(tries < 120, "{tries} tries in a day");
    }

    #[test]
    fn nobody_locks_out_others_nor_emergency_access() {
        let mut throttle = Throttle::default();
        throttle.signed_in("clerk", &0, 999_000);
        for source in 1..10_000_u64 {
            throttle.failed("clerk", &source, 1_000_000);
        }
        assert_eq!(throttle.standing("clerk", &0, 1_000_000), Standing::Free);
        // A new place waits for seconds, not for hours; in an emergency not at all.
        assert_eq!(throttle.standing("clerk", &77_777, 1_000_000), Standing::Wait(10));
        assert_eq!(throttle.standing("clerk", &77_777, 1_000_010), Standing::Free);
        assert_eq!(throttle.emergency("clerk", &77_777, 1_000_000), Standing::Free);
        assert_eq!(throttle.standing("other", &77_777, 1_000_000), Standing::Free);
        // Who fails in an emergency waits for seconds.
        for _ in 0..50 {
            throttle.failed("clerk", &5, 1_000_000);
        }
        assert_eq!(throttle.emergency("clerk", &5, 1_000_000), Standing::Wait(10));
        assert_eq!(throttle.standing("clerk", &5, 1_000_000), Standing::Wait(900));
        assert_eq!(throttle.standing("clerk", &5, 1_000_000 + FORGOTTEN_SECONDS), Standing::Free);
    }

    #[test]
    fn memory_is_bounded_and_a_clock_that_jumps_back_forgives_nothing() {
        let mut throttle = Throttle::default();
        for source in 0..250_000_u64 {
            throttle.failed(&format!("account-{}", source % 7), &source, 1_000_000 + source);
        }
        assert!(throttle.sources.len() <= REMEMBERED_MAX);
        for _ in 0..10 {
            throttle.failed("clerk", &1, 2_000_000);
        }
        assert!(matches!(throttle.standing("clerk", &1, 1_000), Standing::Wait(_)));
    }
}
