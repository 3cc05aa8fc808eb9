//! Rates against exact sums and values of another program.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "small numbers in tests")]

use medward_trend::{Count, Cusum, increase};
use proptest::prelude::*;

fn count(events: u64, exposure: f64) -> Count {
    Count { events, exposure }
}

/// The tail of the binomial distribution, term by term.
fn by_sum(before: Count, now: Count) -> f64 {
    let (n, p) = (before.events + now.events, now.exposure / (before.exposure + now.exposure));
    let log_choose = |k: u64| (1..=k).map(|i| ((n - k + i) as f64).ln() - (i as f64).ln()).sum::<f64>();
    let term = |k: u64| (log_choose(k) + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp();
    (now.events..=n).map(term).sum()
}

#[test]
fn the_probability_is_that_of_another_program() {
    // Worked out with exact fractions: sum of binomial terms for n = 32, p = 800/3811, from 11.
    let p = increase(count(21, 3011.0), count(11, 800.0)).unwrap();
    assert!((p - 0.056_008_7).abs() < 5e-6, "{p}");
    assert_eq!(increase(count(5, 1.0), count(0, 1.0)), Some(1.0));
    assert_eq!(increase(count(5, 0.0), count(1, 1.0)), None);
    assert_eq!(increase(count(5, 1.0), count(1, f64::NAN)), None);
}

proptest! {
    #[test]
    fn the_probability_is_the_exact_tail(
        before in 0_u64..60, now in 0_u64..60, exposure in 0.1_f64..50.0, other in 0.1_f64..50.0
    ) {
        let (before, now) = (count(before, exposure), count(now, other));
        let p = increase(before, now).unwrap();
        prop_assert!((p - by_sum(before, now)).abs() < 1e-9);
    }

    #[test]
    fn more_events_are_never_less_significant(before in 0_u64..1_000, now in 0_u64..1_000, share in 0.01_f64..10.0) {
        let p = |now| increase(count(before, 1.0), count(now, share)).unwrap();
        prop_assert!(p(now + 1) <= p(now) + 1e-12);
    }
}

#[test]
fn the_sum_finds_a_doubling_that_no_single_month_shows() {
    let cusum = Cusum { usual_rate: 2.0, ratio: 2.0, periods_between_false_alarms: 120.0 };
    let usual = vec![count(2, 1.0); 24];
    assert_eq!(cusum.over(&usual).unwrap().alarm, None);
    let doubled: Vec<_> = usual.iter().copied().chain(vec![count(4, 1.0); 12]).collect();
    let path = cusum.over(&doubled).unwrap();
    // 4 ln 2 - 2 = 0.77 a month against ln 120 = 4.79: the seventh month.
    assert_eq!(path.alarm, Some(30));
    // By itself a month of four is nothing: p = 0.16 against a year of two a month.
    assert!(increase(count(24, 12.0), count(4, 1.0)).unwrap() > 0.1);
    assert!(Cusum { ratio: 1.0, ..cusum }.over(&usual).is_none());
    assert!(cusum.over(&[count(1, f64::INFINITY)]).is_none());
}
