//! Measures the states of 1,000 controls over 1,000,000 entries of evidence:
//! `cargo run --release -p medward-evidence --example measure`.

use jiff::Timestamp;
use medward_evidence::{Evidence, Outcome, Required, States, Voucher};
use std::time::Instant;

const CONTROLS: usize = 1_000;
const ENTRIES: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let control = |number: usize| format!("C-{number:04}");
    let required: Vec<Required> = (0..CONTROLS)
        .map(|number| Required {
            control: control(number),
            probes: vec!["tls".to_owned(), "port".to_owned()],
            fingerprint: "0123456789abcdef".to_owned(),
        })
        .collect();
    let start = Timestamp::from_second(1_700_000_000)?;
    let evidence: Vec<Evidence> = (0..ENTRIES)
        .map(|index| {
            let at =
                Timestamp::from_second(1_700_000_000_i64.saturating_add_unsigned(index)).unwrap_or(start);
            Evidence {
                // Scattered, as many probes report.
                control: control(usize::try_from(index.wrapping_mul(7_919) % 1_000).unwrap_or_default()),
                probe: if index % 2 == 0 { "tls" } else { "port" }.to_owned(),
                outcome: if index % 97 == 0 { Outcome::Failed } else { Outcome::Passed },
                observed_until: at,
                received: at,
                valid_until: Timestamp::MAX,
                fingerprint: "0123456789abcdef".to_owned(),
                voucher: Voucher::Probe,
                index,
            }
        })
        .collect();
    let at = Timestamp::from_second(1_700_900_000)?;
    let mut times = Vec::new();
    let mut proven = 0;
    for _ in 0..9 {
        let started = Instant::now();
        let states = States::at(&required, &evidence, at);
        times.push(started.elapsed());
        proven = states.iter().filter(|(_, state)| state.is_in_force()).count();
    }
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("{CONTROLS} controls over {ENTRIES} entries: {middle:?}, {proven} proven");
    Ok(())
}
