//! Periods against a table worked out by hand, and against what must hold of all of them.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read is a failed test")]

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use medward_catalog::LimitUnit::{Days, Hours, Months};
use medward_clocks::{ClockError, limit, zone};
use proptest::prelude::*;

/// Start, length, unit, zone, last moment, reserve; worked out with a calendar on paper.
const BY_HAND: &[(&str, u32, medward_catalog::LimitUnit, &str, &str, &str)] = &[
    // 72 h over a weekend, in winter.
    ("2026-11-20T16:30:00Z", 72, Hours, "Europe/Berlin", "2026-11-23T16:30:00Z", "2026-11-23T17:00:00Z"),
    // On the hour there is no rest of an hour.
    ("2026-11-20T16:00:00Z", 24, Hours, "Europe/Berlin", "2026-11-21T16:00:00Z", "-"),
    // 24 h across the end of summer time: 09:00 in the evening zone becomes 08:00 by the wall clock.
    ("2026-10-24T07:00:00Z", 24, Hours, "Europe/Berlin", "2026-10-25T07:00:00Z", "-"),
    // 15 days from Monday 2 November: day 0 is the 2nd, the last is Tuesday the 17th, to its end in Berlin.
    ("2026-11-02T09:00:00Z", 15, Days, "Europe/Berlin", "2026-11-17T22:59:59Z", "-"),
    // 2 days from a Thursday end on Saturday; the Regulation would give Monday.
    ("2026-11-19T09:00:00Z", 2, Days, "Europe/Berlin", "2026-11-21T22:59:59Z", "2026-11-23T22:59:59Z"),
    // 23:30 UTC is already the next day in Berlin: day 0 is the 20th.
    ("2026-11-19T23:30:00Z", 2, Days, "Europe/Berlin", "2026-11-22T22:59:59Z", "2026-11-23T22:59:59Z"),
    // The day on which summer time begins has 23 hours.
    ("2026-03-27T12:00:00Z", 2, Days, "Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-30T21:59:59Z"),
    // 10 days into a leap year's February.
    ("2028-02-20T12:00:00Z", 10, Days, "UTC", "2028-03-01T23:59:59Z", "-"),
    ("2027-02-20T12:00:00Z", 10, Days, "UTC", "2027-03-02T23:59:59Z", "-"),
    // One month: the same date, or the last day where there is none.
    ("2026-11-24T10:00:00Z", 1, Months, "Europe/Berlin", "2026-12-24T22:59:59Z", "-"),
    ("2027-01-31T10:00:00Z", 1, Months, "UTC", "2027-02-28T23:59:59Z", "2027-03-01T23:59:59Z"),
    ("2028-01-31T10:00:00Z", 1, Months, "UTC", "2028-02-29T23:59:59Z", "-"),
    ("2026-12-31T10:00:00Z", 1, Months, "UTC", "2027-01-31T23:59:59Z", "2027-02-01T23:59:59Z"),
    // A zone west of Greenwich.
    ("2026-11-20T03:00:00Z", 2, Days, "America/New_York", "2026-11-22T04:59:59Z", "2026-11-24T04:59:59Z"),
];

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn periods_end_as_worked_out_by_hand() {
    for (start, length, unit, name, at, reserve) in BY_HAND {
        let found = limit(moment(start), *length, *unit, &zone(Some(name)).unwrap()).unwrap();
        assert_eq!(found.at, moment(at), "{length} {unit:?} from {start} in {name}");
        let reserve = if *reserve == "-" { None } else { Some(moment(reserve)) };
        assert_eq!(found.reserve, reserve, "{length} {unit:?} from {start} in {name}");
    }
}

#[test]
fn a_limit_is_never_shown_as_time_to_wait() {
    let berlin = zone(Some("Europe/Berlin")).unwrap();
    let shown = limit(moment("2026-11-02T09:00:00Z"), 15, Days, &berlin).unwrap().shown();
    assert_eq!(shown, "at once, at the latest Tue 2026-11-17 23:59:59 CET");
}

#[test]
fn an_unknown_zone_and_the_end_of_the_calendar_are_errors() {
    assert_eq!(zone(Some("Mars/Olympus")), Err(ClockError::Zone("Mars/Olympus".to_owned())));
    for unit in [Hours, Days, Months] {
        assert_eq!(limit(Timestamp::MAX, 1, unit, &jiff::tz::TimeZone::UTC), Err(ClockError::Range));
    }
}

const ZONES: [&str; 6] =
    ["UTC", "Europe/Berlin", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"];

proptest! {
    // From 2020 to 2040: changes of the clock, leap days, ends of months.
    #[test]
    fn hours_are_hours_whatever_the_wall_clock_does(
        start in 1_577_836_800_i64..2_208_988_800, length in 1_u32..500, place in 0..ZONES.len()
    ) {
        let zone = zone(ZONES.get(place).copied()).unwrap();
        let start = Timestamp::from_second(start).unwrap();
        let found = limit(start, length, Hours, &zone).unwrap();
        prop_assert_eq!(found.at.duration_since(start), SignedDuration::from_hours(i64::from(length)));
        if let Some(reserve) = found.reserve {
            let more = reserve.duration_since(found.at).as_secs();
            prop_assert!((1..3_600).contains(&more) && reserve.as_second() % 3_600 == 0);
        }
    }

    #[test]
    fn days_end_with_the_last_second_of_the_day(
        start in 1_577_836_800_i64..2_208_988_800, length in 1_u32..40, place in 0..ZONES.len()
    ) {
        let zone = zone(ZONES.get(place).copied()).unwrap();
        let start = Timestamp::from_second(start).unwrap();
        let found = limit(start, length, Days, &zone).unwrap();
        let (first, last) = (zone.to_datetime(start).date(), zone.to_datetime(found.at).date());
        prop_assert_eq!((last - first).get_days(), i32::try_from(length).unwrap());
        // One second later it is the next day: nothing of the last day is lost, nothing of the next is given.
        let next = zone.to_datetime(Timestamp::from_second(found.at.as_second() + 1).unwrap());
        prop_assert_eq!(next.date(), last.tomorrow().unwrap());
        prop_assert_eq!(next, zone.to_datetime(next.date().to_zoned_datetime(zone.clone()).unwrap().start_of_day().unwrap().timestamp()));
        if let Some(reserve) = found.reserve {
            prop_assert_eq!(zone.to_datetime(reserve).date().weekday(), jiff::civil::Weekday::Monday);
        }
    }

    #[test]
    fn a_month_ends_on_the_same_date_or_the_last_of_the_month(
        days in 0_i32..7_300, place in 0..ZONES.len()
    ) {
        let zone = zone(ZONES.get(place).copied()).unwrap();
        let first = date(2020, 1, 1) + days.days();
        let start = first.at(12, 0, 0, 0).to_zoned_datetime(zone.clone()).unwrap().timestamp();
        let last = zone.to_datetime(limit(start, 1, Months, &zone).unwrap().at).date();
        prop_assert_eq!(last.first_of_month(), first.first_of_month() + 1.month());
        prop_assert!(last.day() == first.day() || (last == last.last_of_month() && last.day() < first.day()));
    }
}
