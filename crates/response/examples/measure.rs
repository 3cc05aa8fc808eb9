//! CPU time of reading 100,000 events, of the clocks of all of them, of one triage, and of the trends. Run with --release.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot run says so")]

use jiff::{SignedDuration, Timestamp};
use medward_evidence::{History, People, read};
use medward_file::load_texts;
use medward_ledger::{Act, Log, RecordId, Source, Subject};
use medward_response::door::{Report, entry};
use medward_response::{Cases, Plan, Scope, trends};
use std::time::Duration;

const EVENTS: usize = 100_000;

const FILE: &str = r#"
[device]
name = "Reader"
manufacturer = "maker"
[party.maker]
name = "Maker"
role = "manufacturer"
other_roles = ["processor"]
under = ["nis2"]
time_zone = "Europe/Berlin"
[party.hospital]
name = "Hospital"
role = "controller"
time_zone = "Europe/Vienna"
[policy.surveillance]
observation_days = 90
"#;

/// CPU time of this process, all threads.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let before = cpu();
    let value = run();
    println!("{what:<44} {:.3} CPU s", cpu().saturating_sub(before).as_secs_f64());
    value
}

fn main() {
    let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let (file, problems) = load_texts([("device.toml", FILE)]);
    assert!(problems.is_empty());
    let directory = tempfile::tempdir().unwrap();
    let ledger = directory.path().join("ledger");
    let signer =
        medward_ledger::key::create(&directory.path().join("key"), "ledger.example/measure", "measure")
            .unwrap();
    let key = signer.verifier().clone();
    let log = Log::open(&ledger, signer).unwrap();
    let entries: Vec<Vec<u8>> = (0..EVENTS)
        .map(|number| {
            let at = now - SignedDuration::from_mins(i64::try_from(number).unwrap() * 5);
            let report = Report {
                subject: Subject::Event,
                source: if number.is_multiple_of(3) { Source::WardAlarm } else { Source::User },
                id: Some(format!("E-{number}")),
                reference: None,
                title: "Something happened to a scan".to_owned(),
                from: at,
                until: None,
                known: at,
                links: vec!["risk.R-01".to_owned()],
                details: None,
                exercise: false,
            };
            report.entry(None, now).unwrap().1.canonical().unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for part in entries.chunks(EVENTS / 64) {
            let log = &log;
            scope.spawn(move || {
                for one in part {
                    log.append(one).unwrap();
                }
            });
        }
    });
    drop(log);
    println!("{EVENTS} events in a ledger");
    timed("verify the ledger", || medward_ledger::verify(&ledger, &key, &[]).unwrap());
    let mut history: History = timed("read the ledger", || read(&ledger, &People::of(&file)).unwrap());
    let cases = timed("cases out of it", || Cases::at(&history, now).unwrap());
    let scope = Scope::of(&file).unwrap();
    let open = timed("list: clocks of all events", || {
        let open = cases.of(Subject::Event).map(|case| scope.clocks(case, now).unwrap().len());
        open.sum::<usize>()
    });
    println!("{open} clocks");
    timed("triage: one answer, everything anew", || {
        let act = Act::Answered {
            question: RecordId::try_from("device").unwrap(),
            answers: vec![RecordId::try_from("no").unwrap()],
        };
        let case = RecordId::try_from("E-77").unwrap();
        let answered = entry(case, act, false, Some("safety"), now).unwrap();
        let _ = answered.canonical().unwrap();
        history.acts.truncate(EVENTS);
        Cases::at(&history, now).unwrap()
    });
    let plan = Plan::of(&file.policy.as_ref().unwrap().1.surveillance.clone().unwrap());
    timed("trend: all groups", || trends(&cases, &scope, &plan, now));
}
