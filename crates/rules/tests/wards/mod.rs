//! What the ledgers of wards say, as lines of a fixture.

use super::{acts, moment};
use medward_response::door::alarm_case;
use medward_rules::Live;
use medward_ward_ledger::{Alarm, Emergency};

/// What a ward saw, each line of one of the forms
///
/// - `emergency WARD NUMBER DAY WHY-NOT-REVIEWED`, without the last where somebody looked,
/// - `alarm WARD DETECTOR ABOUT DAY`,
/// - `heard WARD DETECTOR ABOUT DAY`: that alarm is an event,
/// - `off WARD LAYER`.
pub(crate) fn seen(words: &[&str], live: &mut Live) -> bool {
    let alarm = |detector: &str, about: &str, day| Alarm {
        at: moment(day),
        detector: detector.to_owned(),
        about: about.to_owned(),
        title: String::new(),
    };
    match *words {
        ["emergency", ward, number, day, ref why @ ..] => {
            let emergency = Emergency {
                number: number.parse().unwrap(),
                at: moment(day),
                study_key: "0".repeat(64),
                objects: 3,
                because: "the reading could not wait".to_owned(),
                by: None,
                reviews: Vec::new(),
            };
            let why: Option<&'static str> = (!why.is_empty()).then(|| &*why.join(" ").leak());
            live.wards.entry(ward.to_owned()).or_default().emergencies.push((emergency, why));
        }
        ["alarm", ward, detector, about, day] => {
            live.wards.entry(ward.to_owned()).or_default().alarms.push(alarm(detector, about, day));
        }
        ["heard", ward, detector, about, day] => {
            let case = alarm_case(detector, &alarm(detector, about, day).subject(ward), moment(day));
            live.history.acts.extend(acts::act(&["case", &case, "event", "ward-alarm", day, "-"], 0));
        }
        ["off", ward, layer] => {
            live.wards.entry(ward.to_owned()).or_default().layers_off.push(layer.to_owned());
        }
        _ => return false,
    }
    true
}
