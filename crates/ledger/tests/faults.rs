//! Every system call by which an append touches files fails once, and the process is killed at it once: nothing is acknowledged
//! that is not there, and the log opens again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Log, Signer, verify};
use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Set in the child that appends.
const CHILD: &str = "MEDWARD_LEDGER_FAULTS";
/// Entries the child appends.
const ENTRIES: usize = 4;
/// Calls that change or open files. Reads are not among them: a wrong read is a changed bit, tested elsewhere.
const CALLS: [&str; 16] = [
    "openat",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fallocate",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "unlink",
    "linkat",
    "flock",
];

fn signer() -> Signer {
    Signer::new("ledger.example/faults", KeyKind::Log, &[7; 32]).unwrap()
}

#[test]
fn child_that_appends() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let Ok(log) = Log::open(Path::new(&directory), signer()) else { return };
    for number in 0..ENTRIES {
        let Ok(receipt) = log.append(format!("entry {number}").as_bytes()) else { return };
        let line = format!("\nacknowledged {} {number}\n", receipt.index);
        if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
            return;
        }
    }
}

fn child(directory: &Path, strace: &[&str]) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", &format!("trace={}", CALLS.join(","))]).args(strace);
    command.arg(std::env::current_exe().unwrap());
    command.args(["child_that_appends", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, directory).stderr(Stdio::null()).output().unwrap()
}

/// The calls that touch the log, each with which one it is of its kind in its thread.
fn sites(directory: &Path) -> BTreeSet<(String, usize)> {
    let trace = directory.with_extension("trace");
    let output = child(directory, &["-y", "-o", trace.to_str().unwrap()]);
    assert!(output.status.success());
    let (mut counts, mut sites) = (HashMap::<(String, String), usize>::new(), BTreeSet::new());
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if !CALLS.contains(&call) {
            continue;
        }
        let count = counts.entry((thread.to_owned(), call.to_owned())).or_default();
        *count += 1;
        if line.contains(directory.to_str().unwrap()) {
            sites.insert((call.to_owned(), *count));
        }
    }
    sites
}

fn acknowledged(output: &Output) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("acknowledged "));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(at, what)| (at.parse().unwrap(), what.parse().unwrap()))
        .collect()
}

fn entries(directory: &Path) -> Vec<String> {
    let mut reader = Reader::open(&directory.join("segment")).unwrap();
    let mut entries = Vec::new();
    while let Step::Entry(entry) = reader.step().unwrap() {
        entries.push(String::from_utf8(entry).unwrap());
    }
    entries
}

#[test]
fn no_failing_call_makes_a_false_acknowledgement() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let sites = sites(&place.path().join("plain"));
    // Opening, appending and signing at least: a matrix without them would prove nothing.
    for call in ["openat", "fdatasync", "fsync"] {
        assert!(sites.iter().any(|(site, _)| site == call), "no {call} among {sites:?}");
    }
    let mut refused = 0;
    for (number, (call, when)) in sites.iter().enumerate() {
        for fault in ["error=EIO", "error=ENOSPC", "signal=KILL"] {
            let directory = place.path().join(format!("{number}-{}", &fault[6..]));
            let inject = format!("inject={call}:{fault}:when={when}");
            let output = child(&directory, &["-o", "/dev/null", "-e", &inject]);
            let acknowledged = acknowledged(&output);
            refused += usize::from(acknowledged.len() < ENTRIES);
            let log =
                Log::open(&directory, signer()).unwrap_or_else(|error| unreachable!("{inject}: {error}"));
            log.append(b"after the fault").unwrap();
            drop(log);
            let verified = verify(&directory, signer().verifier(), &[]);
            assert!(verified.is_ok(), "{inject}: {verified:?}");
            let entries = entries(&directory);
            for (at, what) in acknowledged {
                assert_eq!(entries.get(at), Some(&format!("entry {what}")), "{inject}: {entries:?}");
            }
        }
    }
    println!("{} calls, each with 3 faults; {refused} runs ended early", sites.len());
    // With faults that nobody noticed the test would have no teeth.
    assert!(refused > sites.len(), "only {refused} of {} calls mattered", sites.len());
}
