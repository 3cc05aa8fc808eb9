//! Appends evidence to the ledger of a device, as many probes would report it, for measuring what has to live with long ledgers:
//! `cargo run --release -p medward-ledger --example fill LEDGER KEY PASSPHRASE_FILE ENTRIES CONTROLS`.
//! Controls are named C0, C1 ... as `bench/generate` does; what is observed of them says nothing.

use medward_ledger::{Digest, Entry, Log, Outcome, RecordId, key};
use std::path::Path;

const WRITERS: i64 = 256;
/// When the first entry is received, in seconds since 1970-01-01; one a second follows.
const START: i64 = 1_760_000_000;
const DAY: i64 = 86_400;

fn entry(number: i64, controls: i64) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let at = START.saturating_add(number);
    let entry = Entry::Evidence {
        control: format!("C{}", number.checked_rem(controls).unwrap_or_default()).try_into()?,
        probe: RecordId::try_from("attestation")?,
        outcome: if number % 97 == 0 { Outcome::Failed } else { Outcome::Passed },
        observed_from: at,
        observed_until: at,
        received: at,
        valid_until: at.saturating_add(DAY),
        fingerprint: "0123456789abcdef".try_into()?,
        observation: Digest::of([7; 32]),
        role: None,
        remark: None,
        signed: None,
    };
    Ok(entry.canonical()?)
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [ledger, sealed, passphrase, entries, controls] = given.as_slice() else {
        return Err("LEDGER KEY PASSPHRASE_FILE ENTRIES CONTROLS".into());
    };
    let passphrase = std::fs::read_to_string(passphrase)?;
    let signer = key::open(Path::new(sealed), passphrase.trim_end())?;
    let log = Log::open(Path::new(ledger), signer)?;
    let (entries, controls): (i64, i64) = (entries.parse()?, controls.parse()?);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let log = &log;
                scope.spawn(move || {
                    for number in (writer..entries).step_by(usize::try_from(WRITERS)?) {
                        log.append(&entry(number, controls)?)?;
                    }
                    Ok(())
                })
            })
            .collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().unwrap_or_else(|_| Err("a writer failed".into())))
    })
}
