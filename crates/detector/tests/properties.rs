//! What holds of every course of events.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by ending"
)]

use medward_detector::{Alarm, Detectors, Pattern, Terms};
use medward_ward_ledger::{Entry, Event};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A Monday, seven in the morning.
const BEGIN: i64 = 1_767_596_400;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn handed(at: i64, sender: &str) -> Entry {
    let (object, sender) = ("0".repeat(64), sender.to_owned());
    Entry { at, event: Event::HandedOut { object, sender, destination: None, canary: false } }
}

fn received(at: i64, sender: &str) -> Entry {
    let (object, study_key, sender) = ("0".repeat(64), "1".repeat(64), sender.to_owned());
    Entry { at, event: Event::Received { object, study_key, bytes: 1, sender, again: false } }
}

fn rewritten(at: i64, sender: &str) -> Entry {
    let (layer, reason) = ("vault".to_owned(), "same-uid-other-content".to_owned());
    let (object, sender) = ("0".repeat(64), sender.to_owned());
    Entry { at, event: Event::Quarantined { object, layer, reason, sender } }
}

fn refused(at: i64, source: &str, times: u64) -> Entry {
    let (layer, reason) = ("identity".to_owned(), "unknown-title".to_owned());
    Entry {
        at,
        event: Event::Refused { layer, reason, sender: None, source: Some(source.to_owned()), times },
    }
}

fn erased(at: i64) -> Entry {
    let (study_key, because) = ("1".repeat(64), "asked for".to_owned());
    Entry { at, event: Event::Erased { study_key, objects: 1, because, by: None } }
}

fn damaged(at: i64) -> Entry {
    Entry { at, event: Event::Damaged { object: "0".repeat(64), reason: "tag".to_owned() } }
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (0..6_u8, 0..3_usize, 0..4_000_i64);
    proptest::collection::vec(one, 1..200).prop_map(|steps| {
        let mut at = BEGIN;
        let of = |kind, who: usize, at| {
            let who = ["A", "B", "C"][who];
            match kind {
                0 => handed(at, who),
                1 => received(at, who),
                2 => rewritten(at, who),
                3 => refused(at, who, 3),
                4 => erased(at),
                _ => damaged(at),
            }
        };
        let make = |(kind, who, later)| {
            at += later;
            of(kind, who, at)
        };
        steps.into_iter().map(make).collect()
    })
}

fn terms() -> Terms {
    Terms {
        learning_days: 1,
        exported_objects: 3,
        rewritten_objects: 2,
        erasures: 2,
        refusals: 8,
        ..Terms::new("W-1")
    }
}

fn all(detectors: &mut Detectors, entries: &[Entry], terms: &Terms) -> Vec<(i64, Alarm)> {
    let look = |entry: &Entry| {
        let at = entry.at;
        detectors.look(entry, terms).into_iter().map(move |alarm| (at, alarm)).collect::<Vec<_>>()
    };
    entries.iter().flat_map(look).collect()
}

proptest! {
    #[test]
    fn one_alarm_of_a_pattern_about_a_thing_a_day(entries in entries()) {
        let mut said = BTreeSet::new();
        for (at, Alarm { pattern, about, .. }) in all(&mut Detectors::default(), &entries, &terms()) {
            prop_assert!(said.insert((pattern, about, at.div_euclid(DAY))));
        }
    }

    #[test]
    fn what_was_kept_goes_on_where_it_was(entries in entries(), cut in 0..200_usize) {
        let whole = all(&mut Detectors::default(), &entries, &terms());
        let (before, after) = entries.split_at(cut.min(entries.len()));
        let mut detectors = Detectors::default();
        let mut parts = all(&mut detectors, before, &terms());
        let mut again: Detectors = serde_json::from_str(&serde_json::to_string(&detectors).unwrap()).unwrap();
        parts.extend(all(&mut again, after, &terms()));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn what_the_ledger_has_is_not_raised_again(entries in entries()) {
        let raised = all(&mut Detectors::default(), &entries, &terms());
        let mut again = Detectors::default();
        for (at, Alarm { pattern, about, .. }) in raised {
            again.known(pattern.word(), &about, at);
        }
        // An alarm of a later day than the entry is dropped from what was said, as in life, where they come in turn.
        let later: Vec<_> = all(&mut again, &entries, &terms()).into_iter().filter(|(at, _)| {
            at.div_euclid(DAY) + 1 >= entries.last().unwrap().at.div_euclid(DAY)
        }).collect();
        prop_assert!(later.is_empty(), "{later:?}");
    }

    #[test]
    fn bulk_export_is_what_a_count_by_hand_says(times in proptest::collection::vec(0..400_i64, 1..60)) {
        let mut at = BEGIN;
        let entries: Vec<_> = times.iter().map(|later| { at += later; handed(at, "A") }).collect();
        let minute = |entry: &Entry| entry.at.div_euclid(60);
        let by_hand = entries.iter().enumerate().any(|(number, last)| {
            entries[..=number].iter().filter(|one| minute(one) + 60 > minute(last)).count() > 3
        });
        let alarms = all(&mut Detectors::default(), &entries, &terms());
        prop_assert_eq!(alarms.iter().any(|(_, alarm)| alarm.pattern == Pattern::BulkExport), by_hand);
    }

    #[test]
    fn whoever_keeps_to_its_hours_is_not_odd(first in 0..23_i64, days in 20..60_i64) {
        let entries: Vec<_> = (0..days).map(|day| received(BEGIN + day * DAY + first * HOUR, "A")).collect();
        prop_assert!(all(&mut Detectors::default(), &entries, &terms()).is_empty());
    }
}

fn patterns(entries: &[Entry], terms: &Terms) -> Vec<Pattern> {
    all(&mut Detectors::default(), entries, terms).into_iter().map(|(_, alarm)| alarm.pattern).collect()
}

#[test]
fn a_sender_at_night_after_weeks_of_days_is_odd_and_one_that_is_new_is_said() {
    let mut entries: Vec<_> = (0..30).map(|day| received(BEGIN + day * DAY, "CT")).collect();
    let night = BEGIN + 30 * DAY - 4 * HOUR;
    entries.push(received(night, "CT"));
    assert_eq!(patterns(&entries, &terms()), [Pattern::OddHours]);
    entries.push(received(night, "NEW"));
    assert_eq!(patterns(&entries, &terms()), [Pattern::OddHours, Pattern::FirstSeen]);
    // By the file it works at night, and by day it is odd.
    let mut declared = terms();
    declared.hours.insert("CT".to_owned(), "22:00-06:00".parse().unwrap());
    assert_eq!(patterns(&entries[..1], &declared), [Pattern::OddHours]);
    assert_eq!(patterns(&entries[30..31], &declared), []);
}

#[test]
fn hours_are_meant_in_the_zone_of_the_ward_across_daylight_saving() {
    let mut declared = terms();
    declared.zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    declared.hours.insert("CT".to_owned(), "07:00-19:00".parse().unwrap());
    let at = |text: &str| received(text.parse::<jiff::Timestamp>().unwrap().as_second(), "CT");
    assert_eq!(patterns(&[at("2026-01-15T06:30Z"), at("2026-07-15T05:30Z")], &declared), []);
    assert_eq!(patterns(&[at("2026-01-15T05:30Z")], &declared), [Pattern::OddHours]);
}

#[test]
fn guessing_is_counted_by_address_and_by_name_and_many_addresses_are_forgotten_in_turn() {
    let from_one = [refused(BEGIN, "abcd", 5), refused(BEGIN + 60, "abcd", 5)];
    assert_eq!(patterns(&from_one, &terms()), [Pattern::Guessing]);
    let slowly = [refused(BEGIN, "abcd", 5), refused(BEGIN + 700, "abcd", 5)];
    assert_eq!(patterns(&slowly, &terms()), []);
    let mut detectors = Detectors::default();
    for number in 0..5_000 {
        assert!(detectors.look(&refused(BEGIN, &number.to_string(), 1), &terms()).is_empty());
    }
    assert!(serde_json::to_string(&detectors).unwrap().len() < 100_000);
}

#[test]
fn a_canary_an_emergency_and_damage_are_alarms_at_once() {
    let queried =
        Event::Queried { sender: "A".to_owned(), level: "STUDY".to_owned(), answers: 0, canary: true };
    let (study_key, because) = ("1".repeat(64), "no report".to_owned());
    let emergency = Event::Emergency { study_key, objects: 3, because, by: None };
    let entries = [queried, emergency].map(|event| Entry { at: BEGIN, event });
    assert_eq!(patterns(&entries, &terms()), [Pattern::Canary, Pattern::Emergency]);
    assert_eq!(patterns(&[damaged(BEGIN)], &terms()), [Pattern::Damage]);
}

#[test]
fn who_is_told_of_everything_but_the_pixels_exports_as_well_and_who_looks_before_taking_does_not() {
    let told = |level: &str, answers| {
        let (sender, level) = ("A".to_owned(), level.to_owned());
        Entry { at: BEGIN, event: Event::Queried { sender, level, answers, canary: false } }
    };
    assert_eq!(patterns(&[told("METADATA", 4)], &terms()), [Pattern::BulkExport]);
    assert_eq!(patterns(&[told("IMAGE", 4_000)], &terms()), []);
    let each = [told("METADATA", 3), handed(BEGIN, "A"), handed(BEGIN, "A"), handed(BEGIN, "A")];
    assert_eq!(patterns(&each, &terms()), []);
}
