//! Devices to report on.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a device that cannot be read is a failed test; not every test uses every helper"
)]

use jiff::Timestamp;
use medward_evidence::{Acted, Evidence, Outcome, Standings, States, Voucher, required};
use medward_file::{Limits, SecurityFile, load, load_texts};
use medward_report::{Document, Inputs, LedgerHead, Report, Subject};
use medward_response::Cases;
use medward_response::door::Report as News;
use medward_rules::Live;
use std::path::Path;

/// The moment of all reports here.
pub fn moment() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// The example.
pub fn example() -> SecurityFile {
    let (file, problems) =
        load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/lung-ct"), Limits::default());
    assert!(problems.is_empty());
    file
}

/// A file out of one text.
pub fn file(text: &str) -> SecurityFile {
    load_texts([("a.toml", text)]).0
}

/// A document as the file declares its controls.
pub fn declared(file: &SecurityFile, name: &str) -> Report {
    report(file, None, name)
}

/// A document with what a ledger says.
pub fn report(file: &SecurityFile, live: Option<&Live>, name: &str) -> Report {
    let head =
        live.map(|_| LedgerHead { origin: "ledger.example/device".into(), size: 7, root: "r".repeat(44) });
    let findings = medward_rules::check(file, "2026-11-23".parse().unwrap(), live);
    let at_because = "as asked for";
    let subject =
        Subject::new(Inputs { file, live, head, at: moment(), at_because, from: None, case: None, findings });
    Document::by_name(name).unwrap().report(&subject).unwrap()
}

/// A ledger in which every probe of every control passed an hour ago, but those of one control, which failed.
pub fn all_proven_but(file: &SecurityFile, failed: &str) -> Live {
    let at = moment();
    let hour_ago = Timestamp::from_second(at.as_second() - 3_600).unwrap();
    let later = Timestamp::from_second(at.as_second() + 86_400).unwrap();
    let needed = required(file);
    let mut evidence = Vec::new();
    for one in &needed {
        for probe in &one.probes {
            evidence.push(Evidence {
                control: one.control.clone(),
                probe: probe.clone(),
                outcome: if one.control == failed { Outcome::Failed } else { Outcome::Passed },
                observed_until: hour_ago,
                received: hour_ago,
                valid_until: later,
                fingerprint: one.fingerprint.clone(),
                voucher: Voucher::Probe,
                index: evidence.len() as u64,
            });
        }
    }
    Live {
        at,
        states: States::at(&needed, &evidence, at),
        standings: Standings::at(file, &[], at),
        history: medward_evidence::History {
            evidence,
            newest: Some(hour_ago),
            ..medward_evidence::History::default()
        },
        ..Live::default()
    }
}

/// The same ledger with an event on top that became known some days ago, opened by a role.
pub fn with_event(mut live: Live, title: &str, days_ago: i64) -> (Live, String) {
    let at = Timestamp::from_second(moment().as_second() - days_ago * 86_400).unwrap();
    let news = News {
        subject: medward_ledger::Subject::Event,
        source: medward_ledger::Source::User,
        id: None,
        reference: None,
        title: title.to_owned(),
        from: at,
        until: None,
        known: at,
        links: vec!["risk.R-12".to_owned()],
        details: None,
        exercise: false,
    };
    let (_, entry) = news.entry(Some("security"), moment()).unwrap();
    let medward_ledger::Entry::Response { case, act, .. } = entry else { unreachable!("news is an act") };
    let case = case.as_str().to_owned();
    live.history.acts.push(Acted {
        case: case.clone(),
        act,
        exercise: false,
        received: at,
        role: Some("security".to_owned()),
        voucher: Voucher::Role,
        index: 99,
    });
    live.cases = Cases::at(&live.history, live.at).unwrap();
    (live, case)
}
