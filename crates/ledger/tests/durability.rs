//! What was acknowledged is there after a crash, and whatever is changed is found.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::{Checkpoint, Finding, Log, LogError, Note, Signer, VerifierKey, verify};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "ledger.example/lung-ct";

fn signer() -> Signer {
    Signer::new(NAME, KeyKind::Log, &[7; 32]).unwrap()
}

fn key() -> VerifierKey {
    signer().verifier().clone()
}

fn head(directory: &Path) -> Checkpoint {
    let note = Note::parse(&std::fs::read(directory.join("checkpoint")).unwrap()).unwrap();
    Checkpoint::parse(note.text()).unwrap()
}

fn log_of(directory: &Path, count: usize) {
    let log = Log::open(directory, signer()).unwrap();
    for number in 0..count {
        let receipt = log.append(format!("entry {number} {}", "x".repeat(number % 7)).as_bytes()).unwrap();
        assert_eq!(receipt.index, number as u64);
    }
}

#[test]
fn many_threads_append_and_each_gets_its_own_place() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path(), signer()).unwrap();
    let mut places: Vec<u64> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let log = &log;
                scope.spawn(move || {
                    (0..20)
                        .map(|number| log.append(format!("{writer}/{number}").as_bytes()).unwrap().index)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    places.sort_unstable();
    assert_eq!(places, (0..320).collect::<Vec<_>>());
    drop(log);
    assert_eq!(verify(directory.path(), &key(), &[]).unwrap().head.size, 320);
}

#[test]
fn entries_that_do_not_wait_for_the_head_are_counted_by_it_soon_and_lost_by_no_crash() {
    let (directory, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = Log::open(directory.path(), signer()).unwrap();
    for number in 0..10_u64 {
        assert_eq!(log.append_before_head(format!("entry {number}").as_bytes()).unwrap().index, number);
    }
    for name in ["checkpoint", "segment"] {
        std::fs::copy(directory.path().join(name), crashed.path().join(name)).unwrap();
    }
    drop(Log::open(crashed.path(), signer()).unwrap());
    assert_eq!(verify(crashed.path(), &key(), &[]).unwrap().head.size, 10, "after a crash");
    let begun = Instant::now();
    while head(directory.path()).size < 10 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never catches up");
        std::thread::sleep(Duration::from_millis(5));
    }
    log.append_before_head(b"one of many").unwrap();
    log.append(b"one that waits").unwrap();
    assert_eq!(head(directory.path()).size, 12, "and takes those before it along");
    log.append_before_head(b"the last").unwrap();
    drop(log);
    assert_eq!(verify(directory.path(), &key(), &[]).unwrap().head.size, 13, "after closing");
}

#[test]
fn a_second_process_is_told_to_wait_and_entries_have_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path(), signer()).unwrap();
    assert!(matches!(Log::open(directory.path(), signer()), Err(LogError::InUse(_))));
    assert!(matches!(log.append(b""), Err(LogError::Length)));
    assert!(matches!(log.append(&vec![1; 65_536]), Err(LogError::Length)));
    assert_eq!(log.append(&vec![1; 65_535]).unwrap().index, 0);
    drop(log);
    assert!(Log::open(directory.path(), signer()).is_ok());
}

#[test]
fn every_flipped_bit_of_a_small_log_is_found() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 5);
    let seen = head(directory.path());
    for name in ["segment", "checkpoint"] {
        let path = directory.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        // Behind the entries stand zeros for those to come; a bit there belongs to none that was acknowledged.
        let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        for bit in 0..end * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &changed).unwrap();
            assert!(
                verify(directory.path(), &key(), std::slice::from_ref(&seen)).is_err(),
                "{name}: bit {bit} unseen"
            );
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert!(verify(directory.path(), &key(), &[seen]).is_ok());
}

#[test]
fn damage_is_named_by_its_entry_and_appending_over_it_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 5);
    let path = directory.path().join("segment");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(7).position(|part| part == b"entry 3").unwrap();
    bytes[at] = b'E';
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(verify(directory.path(), &key(), &[]), Err(vec![Finding::Damaged { entry: 3, size: 5 }]));
    let refused = Log::open(directory.path(), signer()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("entry 3 of 5"), "{refused}");
}

#[test]
fn an_entry_that_was_replaced_and_one_that_changed_places_are_named() {
    let written = |entries: &[&str]| {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::open(directory.path(), signer()).unwrap();
        for entry in entries {
            log.append(entry.as_bytes()).unwrap();
        }
        drop(log);
        directory
    };
    let signed = written(&["one", "two", "three", "four"]);
    for (entries, first) in [
        (["one", "two", "THREE", "four"], 2),
        (["one", "three", "two", "four"], 1),
        (["four", "two", "three", "one"], 0),
    ] {
        // Whole and valid by itself, as someone leaves it who can write files and not sign.
        let other = written(&entries);
        std::fs::copy(other.path().join("segment"), signed.path().join("segment")).unwrap();
        let found = verify(signed.path(), &key(), &[]).unwrap_err();
        assert_eq!(found, [Finding::Changed { size: 4, entry: Some(first) }]);
        assert!(found[0].to_string().starts_with(&format!("entry {first} is not the one that was signed")));
        // Without tiles to prove what stood there the damage is found all the same.
        let tiles = signed.path().join("tile");
        std::fs::rename(&tiles, signed.path().join("away")).unwrap();
        let found = verify(signed.path(), &key(), &[]).unwrap_err();
        assert_eq!(found, [Finding::Changed { size: 4, entry: None }]);
        std::fs::rename(signed.path().join("away"), tiles).unwrap();
    }
}

#[test]
fn rollback_fork_and_reordering_are_found_by_a_checkpoint_kept_apart() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    log_of(one.path(), 3);
    log_of(other.path(), 5);
    let seen = head(other.path());
    assert_eq!(verify(one.path(), &key(), &[seen]), Err(vec![Finding::Rollback { size: 3, seen: 5 }]));

    let forked = tempfile::tempdir().unwrap();
    let log = Log::open(forked.path(), signer()).unwrap();
    for entry in ["entry 1 x", "entry 0 ", "entry 2 xx", "entry 3 xxx"] {
        log.append(entry.as_bytes()).unwrap();
    }
    drop(log);
    assert_eq!(verify(forked.path(), &key(), &[head(one.path())]), Err(vec![Finding::Fork { seen: 3 }]));
}

#[test]
fn a_torn_end_is_cut_and_what_was_acknowledged_stays() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 4);
    let path = directory.path().join("segment");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    // Half a record, as a crash in the middle of a write leaves it.
    bytes[end..end + 9].copy_from_slice(&[0, 0, 0, 40, 1, 2, 3, 4, 5]);
    std::fs::write(&path, bytes).unwrap();
    let log = Log::open(directory.path(), signer()).unwrap();
    assert_eq!(log.append(b"after the crash").unwrap().index, 4);
    drop(log);
    assert_eq!(verify(directory.path(), &key(), &[]).unwrap().head.size, 5);
}

#[test]
fn a_head_that_a_power_cut_emptied_gives_way_to_the_synced_one() {
    let directory = tempfile::tempdir().unwrap();
    log_of(directory.path(), 2);
    let log = Log::open(directory.path(), signer()).unwrap();
    log.append(b"entry 2").unwrap();
    let seen = head(directory.path());
    // The log is open: its synced head counts two entries, the segment holds three.
    let cut = tempfile::tempdir().unwrap();
    let copied =
        Command::new("cp").arg("-r").arg(directory.path().join(".")).arg(cut.path()).status().unwrap();
    assert!(copied.success());
    drop(log);
    let checkpoint = cut.path().join("checkpoint");
    for left in [Vec::new(), vec![0; 120]] {
        std::fs::write(&checkpoint, left).unwrap();
        let verified = verify(cut.path(), &key(), std::slice::from_ref(&seen)).unwrap();
        assert_eq!((verified.head.size, verified.behind_head), (2, 1));
    }
    // Entries that the cut took although they were seen are missed all the same.
    let whole = std::fs::read(cut.path().join("segment")).unwrap();
    let at = whole.windows(7).position(|part| part == b"entry 2").unwrap();
    let mut short = whole.clone();
    short[at - 12..].fill(0);
    std::fs::write(cut.path().join("segment"), short).unwrap();
    assert_eq!(verify(cut.path(), &key(), &[seen]), Err(vec![Finding::Rollback { size: 2, seen: 3 }]));
    std::fs::write(cut.path().join("segment"), whole).unwrap();
    assert_eq!(Log::open(cut.path(), signer()).unwrap().append(b"entry 3").unwrap().index, 3);
    assert_eq!(verify(cut.path(), &key(), &[]).unwrap().head.size, 4);
}

/// Set in the child that appends until it is killed.
const CHILD: &str = "MEDWARD_LEDGER_CHILD";
/// How many kills, where it is set: `bench/kills` asks for many more than the suite.
const CYCLES: &str = "MEDWARD_LEDGER_KILLS";
/// Kills after which a new log is begun, so that verifying it stays quick.
const CYCLES_OF_A_LOG: u64 = 500;

#[test]
fn child_that_appends_until_it_is_killed() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let log = Log::open(Path::new(&directory), signer()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for number in 0.. {
                    let Ok(receipt) = log.append(format!("{writer}/{number}").as_bytes()) else { return };
                    // One line at once, so that a kill cannot mix two.
                    let _ = std::io::stdout()
                        .lock()
                        .write_all(format!("\nacknowledged {}\n", receipt.index).as_bytes());
                }
            });
        }
    });
}

#[test]
fn kill_minus_nine_loses_nothing_that_was_acknowledged() {
    let cycles = std::env::var(CYCLES).map_or(200, |cycles| cycles.parse().unwrap());
    let mut directory = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut before) = (0, 0);
    for cycle in 0..cycles {
        if cycle > 0 && cycle % CYCLES_OF_A_LOG == 0 {
            println!("{cycle} kills");
            directory = tempfile::tempdir().unwrap();
            (before, acknowledged) = (before + acknowledged, 0);
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_that_appends_until_it_is_killed", "--exact", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let wanted = 1 + cycle % 23;
        let mut highest = None;
        for line in output.lines().map_while(Result::ok) {
            if let Some(index) =
                line.strip_prefix("acknowledged ").and_then(|index| index.parse::<u64>().ok())
            {
                highest = highest.max(Some(index));
                if highest >= Some(acknowledged + wanted) {
                    let _ = child.kill();
                }
            }
        }
        let _ = child.wait();
        let highest = highest.unwrap();
        let verified = verify(directory.path(), &key(), &[])
            .unwrap_or_else(|found| unreachable!("cycle {cycle}: {found:?}"));
        assert!(verified.head.size + verified.behind_head > highest, "cycle {cycle} lost entry {highest}");
        acknowledged = verified.head.size + verified.behind_head;
    }
    println!("{cycles} kills, {} entries, none lost", before + acknowledged);
}
