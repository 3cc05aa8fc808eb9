//! Measures appends from 256 waiting writers beside one SQLite transaction an entry, verification and proofs:
//! `cargo run --release -p medward-ledger --example measure_log DIR`.
//! The directory decides which disk is measured; it must not exist yet.

use medward_ledger::note::KeyKind;
use medward_ledger::{Log, Signer, Tree, verify};
use rustix::time::{ClockId, clock_gettime};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Entries appended by the writers.
const ENTRIES: usize = 1_000_000;
const WRITERS: usize = 256;
/// Entries that SQLite gets, one transaction each.
const TRANSACTIONS: usize = 2_000;
/// Proofs made out of tiles.
const PROOFS: u64 = 10_000;

/// The rate of one SQLite transaction an entry, with what makes it durable.
fn sqlite(path: &std::path::Path) -> Result<f64, Box<dyn std::error::Error>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entry (position INTEGER PRIMARY KEY, bytes BLOB);",
    )?;
    let mut insert = connection.prepare("INSERT INTO entry (bytes) VALUES (?1)")?;
    let started = Instant::now();
    for number in 0..TRANSACTIONS {
        insert.execute([format!("{:<256}", number.to_string()).as_bytes()])?;
    }
    Ok(per_second(TRANSACTIONS, started))
}

fn per_second(count: usize, started: Instant) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from) / started.elapsed().as_secs_f64()
}

/// CPU time of this process so far; elapsed time says more of the neighbours than of the program.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("name a directory to be made")?);
    std::fs::create_dir(&directory)?;
    let signer = || Signer::new("ledger.example/measure", KeyKind::Log, &[7; 32]);
    let key = signer()?.verifier().clone();
    let log = Log::open(&directory, signer()?)?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let log = &log;
            scope.spawn(move || {
                for number in 0..ENTRIES / WRITERS {
                    let entry = format!("{:<256}", format!("{writer}/{number}"));
                    if log.append(entry.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let (seconds, rate) = (started.elapsed().as_secs_f64(), per_second(ENTRIES, started));
    drop(log);
    let other = sqlite(&directory.join("comparison.sqlite"))?;
    println!(
        "{rate:.0} appends a second; SQLite (WAL, FULL), one transaction an entry: {other:.0}; ratio {:.1}",
        rate / other
    );
    let before = cpu();
    let verified = verify(&directory, &key, &[]).map_err(|findings| format!("{findings:?}"))?;
    let verifying = cpu().saturating_sub(before);
    let size = verified.head.size;
    println!("{size} entries of 256 bytes from {WRITERS} waiting writers in {seconds:.2} s");
    println!("verified in {verifying:?} of CPU");
    let mut tree = Tree::new(&directory, size);
    let before = cpu();
    for number in 0..PROOFS {
        tree.inclusion(number.wrapping_mul(7_919) % size)?;
    }
    let proving = cpu().saturating_sub(before) / u32::try_from(PROOFS)?;
    println!("an inclusion proof out of tiles in {proving:?} of CPU");
    Ok(())
}
