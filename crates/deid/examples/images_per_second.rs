//! Images per CPU second: `cargo run --release -p medward-deid --example images_per_second STUDY OUT`.
//!
//! One thread, files to files, everything on; and beside it the floor: read, SHA-256 and write of the same bytes.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program that prints figures"
)]

use medward_deid::{Deidentifier, Detail, Policy, ProjectKey};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::path::PathBuf;

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    const ROUNDS: u32 = 5;
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (study, out) = (arguments.next().unwrap(), arguments.next().unwrap());
    std::fs::create_dir_all(&out).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&study).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // The attribute outside of the table in which the study has the patient's name.
    let policy = Policy::from_toml("remove = [\"0018,1160\"]").unwrap();
    let mut deidentifier = Deidentifier::new(policy, &ProjectKey::new([1; 32]), Detail::Counts);
    let images = f64::from(ROUNDS) * files.len() as f64;
    for _ in 0..2 {
        let begun = cpu();
        for _ in 0..ROUNDS {
            for file in &files {
                let bytes = std::fs::read(file).unwrap();
                std::hint::black_box(Sha256::digest(&bytes));
                std::fs::write(out.join(file.file_name().unwrap()), &bytes).unwrap();
            }
        }
        println!("floor: {:.0} images a CPU second", images / (cpu() - begun));
        let begun = cpu();
        for _ in 0..ROUNDS {
            for file in &files {
                let mut source = File::open(file).unwrap();
                let mut result = File::create(out.join(file.file_name().unwrap())).unwrap();
                let report = deidentifier.object(&mut source, &mut result);
                std::hint::black_box(report.unwrap());
            }
        }
        println!("deid:  {:.0} images a CPU second", images / (cpu() - begun));
        let begun = cpu();
        for _ in 0..ROUNDS {
            for file in &files {
                let mut source = File::open(file).unwrap();
                std::hint::black_box(deidentifier.object(&mut source, &mut std::io::sink()).unwrap());
            }
        }
        println!("deid without writing: {:.0} images a CPU second", images / (cpu() - begun));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}
