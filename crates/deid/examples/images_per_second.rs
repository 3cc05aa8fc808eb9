//! De-identifies a study, files to files, for measuring: `images_per_second deidentify|floor STUDY OUT [THREADS]`.
//!
//! `deidentify` has everything on: full profile, nested elements, second look, digest. `floor` reads, digests and writes the
//! same bytes and does nothing else. Prints images per CPU second; `bench/deidentify` runs both beside other tools.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program that prints figures"
)]

use medward_deid::{Deidentifier, Detail, Policy, ProjectKey};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn floor(files: &[PathBuf], out: &Path) {
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        std::hint::black_box(Sha256::digest(&bytes));
        std::fs::write(out.join(file.file_name().unwrap()), &bytes).unwrap();
    }
}

fn deidentify(deidentifier: &mut Deidentifier, files: &[PathBuf], out: &Path) {
    for file in files {
        let mut source = File::open(file).unwrap();
        let mut result = File::create(out.join(file.file_name().unwrap())).unwrap();
        deidentifier.object(&mut source, &mut result).unwrap();
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (what, study, out) =
        (arguments.next().unwrap(), arguments.next().unwrap(), arguments.next().unwrap());
    let threads = arguments.next().map_or(1, |threads| threads.parse().unwrap());
    std::fs::create_dir_all(&out).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&study).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // The attribute outside of the table in which bench/study has the patient's name.
    let policy = Policy::from_toml("remove = [\"0018,1160\"]").unwrap();
    let deidentifier = Deidentifier::new(policy, &ProjectKey::new([1; 32]), Detail::Counts);
    let (begun, clock) = (cpu(), std::time::Instant::now());
    std::thread::scope(|scope| {
        for part in files.chunks(files.len().div_ceil(threads).max(1)) {
            let (out, what, mut deidentifier) = (Path::new(&out), what.as_str(), deidentifier.clone());
            scope.spawn(move || match what {
                "floor" => floor(part, out),
                _ => deidentify(&mut deidentifier, part, out),
            });
        }
    });
    let (images, seconds) = (files.len() as f64, clock.elapsed().as_secs_f64());
    println!("{:.0} images a CPU second, {:.0} a second", images / (cpu() - begun), images / seconds);
}
