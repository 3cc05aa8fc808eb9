//! Measures the states of 1,000 controls over 1,000,000 entries of evidence, and reading as many out of a ledger:
//! `cargo run --release -p medward-evidence --example measure_states DIR`.
//! The directory is that of the ledger that is written for it; it must not exist yet.

use jiff::Timestamp;
use medward_evidence::{People, Required, States, read};
use medward_ledger::note::KeyKind;
use medward_ledger::{Digest, Entry, EntryError, Log, Outcome, RecordId, Signer};
use std::path::PathBuf;
use std::time::Instant;

const CONTROLS: i64 = 1_000;
const ENTRIES: i64 = 1_000_000;
const WRITERS: i64 = 256;
/// When the first entry is received, in seconds since 1970-01-01; one a second follows.
const START: i64 = 1_700_000_000;
const FINGERPRINT: &str = "0123456789abcdef";

fn control(number: i64) -> String {
    format!("C-{number:04}")
}

/// Evidence as many probes report it: every control in turn, its two probes in turn.
fn entry(number: i64) -> Result<Entry, EntryError> {
    let at = START.saturating_add(number);
    Ok(Entry::Evidence {
        control: control(number % CONTROLS).try_into()?,
        probe: RecordId::try_from(if number / CONTROLS % 2 == 0 { "tls" } else { "port" })?,
        outcome: if number % 97 == 0 { Outcome::Failed } else { Outcome::Passed },
        observed_from: at,
        observed_until: at,
        received: at,
        valid_until: i64::from(u32::MAX),
        fingerprint: FINGERPRINT.try_into()?,
        observation: Digest::of([7; 32]),
        role: None,
        remark: None,
        signed: None,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("name a directory to be made")?);
    std::fs::create_dir(&directory)?;
    let log = Log::open(&directory, Signer::new("ledger.example/measure", KeyKind::Log, &[7; 32])?)?;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let log = &log;
            scope.spawn(move || {
                for number in (writer..ENTRIES).step_by(usize::try_from(WRITERS).unwrap_or(1)) {
                    let bytes = entry(number).and_then(|entry| entry.canonical());
                    if bytes.map_or(true, |bytes| log.append(&bytes).is_err()) {
                        return;
                    }
                }
            });
        }
    });
    drop(log);
    let (file, _) = medward_file::load_texts([("device.toml", "")]);
    let started = Instant::now();
    let history = read(&directory, &People::of(&file))?;
    println!("{} entries read out of the ledger in {:?}", history.evidence.len(), started.elapsed());

    let required: Vec<Required> = (0..CONTROLS)
        .map(|number| Required {
            control: control(number),
            probes: vec!["tls".to_owned(), "port".to_owned()],
            fingerprint: FINGERPRINT.to_owned(),
        })
        .collect();
    let at = Timestamp::from_second(START.saturating_add(ENTRIES))?;
    let mut times = Vec::new();
    let mut proven = 0;
    for _ in 0..9 {
        let started = Instant::now();
        let states = States::at(&required, &history.evidence, at);
        times.push(started.elapsed());
        proven = states.iter().filter(|(_, state)| state.is_in_force()).count();
    }
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("states of {CONTROLS} controls over them: {middle:?}, {proven} proven");
    Ok(())
}
