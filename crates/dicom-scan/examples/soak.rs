//! Mutated inputs by the million: `cargo run --release -p medward-dicom-scan --example soak -- 10000000 [FIRST] [SEED_FILE...]`.
//!
//! Each input has a number; one that fails is run again by giving its number as FIRST. Peak memory is printed at the end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test program"
)]

#[path = "../tests/mutations/mutate.rs"]
mod mutate;

const SEED_BYTES_MAX: u64 = 64 << 10;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let first: u64 = arguments.next().map_or(0, |first| first.parse().unwrap());
    let mut seeds = mutate::seeds();
    for path in arguments {
        if std::fs::metadata(&path).unwrap().len() <= SEED_BYTES_MAX {
            seeds.push(std::fs::read(path).unwrap());
        }
    }
    println!("{} seeds", seeds.len());
    let begun = std::time::Instant::now();
    let tally = mutate::run(&seeds, first..first.saturating_add(count));
    println!(
        "{count} inputs in {:.0} s: {} read, {} refused, no panic",
        begun.elapsed().as_secs_f64(),
        tally.read,
        tally.refused
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        println!(
            "peak memory: {}",
            status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default()
        );
    }
}
