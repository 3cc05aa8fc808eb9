//! The state of a control depends on nothing but what had been received, and errs on the side of no proof.

use jiff::Timestamp;
use medward_evidence::{Evidence, Outcome, Required, Schedule, State, States};
use proptest::prelude::*;

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn needed() -> Vec<Required> {
    let of = |control: &str, probes: &[&str]| Required {
        control: control.into(),
        probes: probes.iter().map(ToString::to_string).collect(),
        fingerprint: "now".into(),
    };
    vec![of("C-1", &["tls", "port"]), of("C-2", &["attestation"])]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let outcome = prop_oneof![Just(Outcome::Passed), Just(Outcome::Failed), Just(Outcome::Error)];
    let text = prop_oneof![4 => Just("now"), 1 => Just("before")];
    let probe = prop_oneof![Just("tls"), Just("port"), Just("attestation")];
    (prop_oneof![Just("C-1"), Just("C-2")], probe, outcome, 0_i64..40, 0_i64..10, 0_i64..30, text).prop_map(
        |(control, probe, outcome, observed, delay, life, text)| Evidence {
            control: control.into(),
            probe: probe.into(),
            outcome,
            observed_until: moment(observed),
            received: moment(observed + delay),
            valid_until: moment(observed + life),
            fingerprint: text.into(),
            voucher: medward_evidence::Voucher::Probe,
            index: 0,
        },
    )
}

/// The same, slowly: sorts everything for each probe and looks at the last.
fn oracle(evidence: &[Evidence], control: &str, probes: &[&str], at: i64) -> bool {
    probes.iter().all(|probe| {
        let mut known: Vec<_> = evidence
            .iter()
            .filter(|one| one.control == control && one.probe == *probe)
            .filter(|one| one.received <= moment(at) && one.outcome != Outcome::Error)
            .collect();
        known.sort_by_key(|one| (one.observed_until, one.received));
        let Some(last) = known.last() else { return false };
        let same = known
            .iter()
            .filter(|one| (one.observed_until, one.received) == (last.observed_until, last.received));
        same.clone().all(|one| one.outcome == Outcome::Passed)
            && same
                .min_by_key(|one| (one.valid_until, one.fingerprint.clone()))
                .is_some_and(|one| one.valid_until >= moment(at) && one.fingerprint == "now")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_agrees_with_the_slow_oracle(all in prop::collection::vec(evidence(), 0..14), at in 0_i64..60) {
        let states = States::at(&needed(), &all, moment(at));
        prop_assert_eq!(states.of("C-1").is_in_force(), oracle(&all, "C-1", &["tls", "port"], at));
        prop_assert_eq!(states.of("C-2").is_in_force(), oracle(&all, "C-2", &["attestation"], at));
    }

    #[test]
    fn order_plays_no_part(all in prop::collection::vec(evidence(), 0..10), at in 0_i64..60) {
        let forward = States::at(&needed(), &all, moment(at));
        prop_assert_eq!(forward, States::at(&needed(), all.iter().rev(), moment(at)));
    }

    #[test]
    fn the_past_does_not_change_with_what_comes_later(
        all in prop::collection::vec(evidence(), 0..10),
        later in evidence(),
        at in 0_i64..60,
    ) {
        let before = States::at(&needed(), &all, moment(at));
        let mut more = all;
        more.push(Evidence { received: moment(at + 1), ..later });
        prop_assert_eq!(before, States::at(&needed(), &more, moment(at)));
    }

    #[test]
    fn without_news_proof_only_runs_out(all in prop::collection::vec(evidence(), 0..10), at in 50_i64..60) {
        let (now, then) = (States::at(&needed(), &all, moment(at)), States::at(&needed(), &all, moment(at + 1_000)));
        for control in ["C-1", "C-2"] {
            prop_assert!(!then.of(control).is_in_force());
            prop_assert!(then.of(control) >= now.of(control) || matches!(now.of(control), State::Suspect));
        }
    }

    #[test]
    fn no_text_of_an_interval_panics(text in "\\PC{0,20}") {
        let _ = Schedule::parse(&text);
    }
}

fn pass() -> Evidence {
    Evidence {
        control: "C-2".into(),
        probe: "attestation".into(),
        outcome: Outcome::Passed,
        observed_until: moment(10),
        received: moment(12),
        valid_until: moment(100),
        fingerprint: "now".into(),
        voucher: medward_evidence::Voucher::Probe,
        index: 0,
    }
}

#[test]
fn an_error_is_no_proof_and_no_failure() {
    let error =
        Evidence { outcome: Outcome::Error, observed_until: moment(50), received: moment(50), ..pass() };
    assert_eq!(States::at(&needed(), [&error], moment(60)).of("C-2"), State::Unproven);
    let both = States::at(&needed(), [&pass(), &error], moment(60));
    assert_eq!(both.of("C-2"), State::Proven { until: moment(100) });
}

#[test]
fn a_changed_text_makes_proof_suspect_and_time_makes_it_stale() {
    let other = Evidence { fingerprint: "before".into(), ..pass() };
    assert_eq!(States::at(&needed(), [&other], moment(60)).of("C-2"), State::Suspect);
    assert_eq!(States::at(&needed(), [&pass()], moment(101)).of("C-2"), State::Stale { since: moment(100) });
    assert_eq!(States::at(&needed(), [&pass()], moment(11)).of("C-2"), State::Unproven);
}

#[test]
fn intervals_are_read_and_lifetimes_allow_one_late_run() {
    let seconds = |text: &str| Schedule::parse(text).map(|schedule| schedule.interval().as_secs());
    assert_eq!(seconds("15 min"), Ok(900));
    assert_eq!(seconds("24h"), Ok(86_400));
    assert_eq!(seconds("30d"), Ok(2_592_000));
    for wrong in ["", "h", "0h", "1 month", "-1h", "99999999999999999999h", "100000d"] {
        assert!(seconds(wrong).is_err(), "{wrong}");
    }
    let life = |text: &str| Schedule::parse(text).map(|schedule| schedule.lifetime().as_secs());
    assert_eq!(life("10min"), Ok(1_500));
    assert_eq!(life("24h"), Ok(129_600));
}
