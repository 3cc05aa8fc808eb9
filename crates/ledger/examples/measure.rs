//! Measures appends from 256 waiting writers, verification and a proof: `cargo run --release -p medward-ledger --example measure DIR`.
//! The directory decides which disk is measured; it must not exist yet.

use medward_ledger::note::KeyKind;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Log, Signer, leaf_hash, proof, verify};
use std::path::PathBuf;
use std::time::Instant;

/// Entries appended by the writers.
const ENTRIES: usize = 1_000_000;
const WRITERS: usize = 256;

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
    let seconds = started.elapsed().as_secs_f64();
    drop(log);
    let started = Instant::now();
    let verified = verify(&directory, &key, &[]).map_err(|findings| format!("{findings:?}"))?;
    let verifying = started.elapsed();
    let size = verified.head.size;
    println!(
        "{size} entries of 256 bytes from {WRITERS} waiting writers in {seconds:.2} s; verified in {verifying:?}"
    );
    let mut reader = Reader::open(&directory.join("segment"))?;
    let mut leaves = Vec::new();
    while let Step::Entry(entry) = reader.step()? {
        leaves.push(leaf_hash(&entry));
    }
    let started = Instant::now();
    let made = proof::inclusion(&leaves, leaves.len() / 3).ok_or("no proof")?;
    println!("an inclusion proof of {} hashes from leaf hashes in {:?}", made.len(), started.elapsed());
    Ok(())
}
