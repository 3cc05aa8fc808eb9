//! Stores 300 objects of a CT slice's size with 1 and 4 writers, in the vault and, for comparison, each in a file of its own with
//! fdatasync and a row in SQLite (WAL, FULL): `cargo run --release -p medward-vault --example measure DIRECTORY`.
//!
//! Prints objects per second and CPU seconds; the disk of the directory decides much of it, so compare within one run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement ends where it cannot go on"
)]

use medward_vault::{Options, SecretKey, SoftwareKey, Vault};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const OBJECTS: usize = 300;
const BYTES: usize = 526 * 1024;

/// CPU seconds of this process so far, of user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Runs all objects through a number of writers, and prints the rate.
fn measured(what: &str, writers: usize, store: impl Fn(usize, &[u8]) + Sync) {
    let mut content = vec![0; BYTES];
    let mut state = 1_u64;
    for byte in &mut content {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (state >> 56).to_le_bytes()[0];
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (store, content) = (&store, &content);
            scope.spawn(move || (writer..OBJECTS).step_by(writers).for_each(|number| store(number, content)));
        }
    });
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let objects = f64::from(u32::try_from(OBJECTS).unwrap());
    println!(
        "{what:24} {writers} writers: {:6.0} objects/s, {cpu:5.2} CPU s, {:6.0} objects per CPU s",
        objects / seconds,
        objects / cpu
    );
}

fn vault(directory: &Path, writers: usize) {
    let key = SecretKey::generate().unwrap();
    let provider = Arc::new(SoftwareKey::new("measure", &key).unwrap());
    let (vault, _) = Vault::open(directory, provider, Options::default()).unwrap();
    let study = "1.2.3".parse().unwrap();
    measured("vault", writers, |number, content| {
        let mut put = vault.put(&study, &format!("1.2.3.{number}").parse().unwrap()).unwrap();
        // As it comes from a network.
        content.chunks(16 * 1024).for_each(|piece| put.push(piece).unwrap());
        put.finish().unwrap();
    });
    let cpu = cpu_seconds();
    let began = Instant::now();
    let verified = vault.verify(|_| {}).unwrap();
    assert!(verified.findings.is_empty());
    let seconds = began.elapsed().as_secs_f64();
    println!("  all read and verified in {seconds:.2} s, {:.2} CPU s", cpu_seconds() - cpu);
}

fn files(directory: &Path, writers: usize) {
    std::fs::create_dir_all(directory).unwrap();
    let index = rusqlite::Connection::open(directory.join("index.sqlite")).unwrap();
    index.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE object (name TEXT PRIMARY KEY);").unwrap();
    let index = Mutex::new(index);
    measured("file, fdatasync, SQLite", writers, |number, content| {
        let mut file = std::fs::File::create_new(directory.join(number.to_string())).unwrap();
        file.write_all(content).unwrap();
        file.sync_data().unwrap();
        std::fs::File::open(directory).unwrap().sync_all().unwrap();
        index.lock().unwrap().execute("INSERT INTO object VALUES (?1)", [number.to_string()]).unwrap();
    });
}

fn main() {
    let directory = std::env::args_os().nth(1).expect("name a directory to measure in");
    let directory = Path::new(&directory).join(format!("measure-{}", std::process::id()));
    for round in 0..2 {
        for writers in [1, 4] {
            vault(&directory.join(format!("vault-{round}-{writers}")), writers);
            files(&directory.join(format!("files-{round}-{writers}")), writers);
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
