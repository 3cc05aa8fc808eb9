//! What somebody does to the files: every single bit is flipped, objects are swapped, doubled, cut off; a killed process.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a fixture that cannot be made is a failed test"
)]

mod vaults;

use medward_vault::{Finding, Options, Outcome, Vault, VaultError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vaults::{bytes, key, object, opened, put, read};

/// Set in the child that stores until it is killed.
const CHILD: &str = "MEDWARD_VAULT_CHILD";

fn content(number: usize) -> Vec<u8> {
    bytes(number, [700, 66_000, 1][number])
}

/// A small vault, closed: three objects in two studies, one held back.
fn small(directory: &Path) {
    let vault = opened(directory);
    for number in 0..3 {
        put(&vault, number / 2, number, &content(number)).unwrap();
    }
    let mut held = vault.quarantine("a reason", "a note").unwrap();
    held.push(b"held back").unwrap();
    held.finish().unwrap();
}

/// Bytes of a file up to the last that is not zero.
fn used(path: &Path) -> usize {
    let content = std::fs::read(path).unwrap();
    content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

fn flip(path: &Path, bit: usize) {
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let (mut byte, offset) = ([0], (bit / 8) as u64);
    file.read_exact_at(&mut byte, offset).unwrap();
    byte[0] ^= 1 << (bit % 8);
    file.write_all_at(&byte, offset).unwrap();
}

/// Whether anything is found, and that nothing wrong is handed out.
fn is_found(vault: &Vault) -> bool {
    for number in 0..3 {
        if let Ok(found) = read(vault, number) {
            assert!(found == content(number), "object {number} was handed out changed");
        }
    }
    !vault.verify(|_| {}).unwrap().findings.is_empty()
}

/// Bits of a file: all where every one counts, else so many of each byte that the test ends.
fn bits(bytes: usize, step: usize) -> impl Iterator<Item = usize> {
    (0..bytes * 8).step_by(step)
}

#[test]
fn every_flipped_bit_of_objects_and_journal_is_found_and_named() {
    let place = tempfile::tempdir().unwrap();
    small(place.path());
    let vault = opened(place.path());
    assert!(!is_found(&vault));
    let (segment, journal) = (place.path().join("segments/00000000"), place.path().join("journal"));
    // Every bit of the journal, and of the small objects; of the long one one bit in every third byte.
    let journal_bits: Vec<_> = bits(used(&journal), 1).map(|bit| (&journal, bit)).collect();
    let segment_used = used(&segment);
    let segment_bits = bits(segment_used, 1).filter(|bit| {
        let is_long = (716..716 + 66_032).contains(&(bit / 8));
        !is_long || bit % 25 == 0
    });
    let segment_bits: Vec<_> = segment_bits.map(|bit| (&segment, bit)).collect();
    let (mut objects, mut records) = (0, 0);
    for (path, bit) in segment_bits.into_iter().chain(journal_bits) {
        flip(path, bit);
        let findings = vault.verify(|_| {}).unwrap().findings;
        assert!(!findings.is_empty(), "bit {bit} of {} is not found", path.display());
        for finding in &findings {
            match finding {
                Finding::Object { .. } | Finding::Quarantined { .. } => objects += 1,
                Finding::Journal { .. } => records += 1,
                other => panic!("bit {bit} of {}: {other:?}", path.display()),
            }
        }
        flip(path, bit);
    }
    assert!(!is_found(&vault));
    println!("{objects} findings of objects, {records} of records");
}

#[test]
fn every_flipped_bit_of_keys_is_found() {
    let place = tempfile::tempdir().unwrap();
    small(place.path());
    let vault = opened(place.path());
    let keyring = place.path().join("keyring");
    for bit in bits(used(&keyring), 1) {
        flip(&keyring, bit);
        // Zeros behind a key are part of its slot.
        assert!(is_found(&vault), "bit {bit} of the keyring is not found");
        flip(&keyring, bit);
    }
    assert!(!is_found(&vault));
}

#[test]
fn a_flipped_bit_of_the_index_changes_nothing_that_is_read() {
    let place = tempfile::tempdir().unwrap();
    small(place.path());
    let index = place.path().join("index.sqlite");
    let whole = std::fs::read(&index).unwrap();
    let (mut found, mut anew) = (0, 0);
    for bit in bits(whole.len(), 1_999) {
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path().join(format!("index.sqlite{end}")));
        }
        std::fs::write(&index, &whole).unwrap();
        flip(&index, bit);
        let (vault, recovery) = Vault::open(place.path(), key(1), Options::default()).unwrap();
        anew += usize::from(recovery.index_made_anew.is_some());
        if is_found(&vault) {
            found += 1;
            vault.make_index_anew().unwrap();
        }
        assert!(!is_found(&vault), "bit {bit}");
        for number in 0..3 {
            assert_eq!(read(&vault, number).unwrap(), content(number), "bit {bit}");
        }
    }
    println!("{found} flipped bits found, {anew} by making the index anew when opened");
    assert!(found > 0, "no flipped bit of the index is ever found");
}

fn swap(path: &Path, one: u64, other: u64, length: usize) {
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let (mut first, mut second) = (vec![0; length], vec![0; length]);
    file.read_exact_at(&mut first, one).unwrap();
    file.read_exact_at(&mut second, other).unwrap();
    file.write_all_at(&second, one).unwrap();
    file.write_all_at(&first, other).unwrap();
}

#[test]
fn swapped_doubled_and_cut_objects_are_named() {
    let place = tempfile::tempdir().unwrap();
    let segment = place.path().join("segments/00000000");
    let vault = opened(place.path());
    // Of one study and one length, so that nothing but the binding tells them apart. Two chunks each.
    for number in 0..2 {
        put(&vault, 0, number, &bytes(number, 100_000)).unwrap();
    }
    let length = 100_032;
    let named = |expected: &[usize]| {
        let findings = vault.verify(|_| {}).unwrap().findings;
        let objects: Vec<_> = findings
            .iter()
            .map(|finding| match finding {
                Finding::Object { object, .. } => object.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(objects, expected.iter().map(|number| object(*number)).collect::<Vec<_>>());
        for number in expected {
            assert!(matches!(read(&vault, *number), Err(VaultError::Damaged { .. })));
        }
    };
    swap(&segment, 0, length, usize::try_from(length).unwrap());
    named(&[0, 1]);
    swap(&segment, 0, length, usize::try_from(length).unwrap());
    named(&[]);
    // The chunks of one object in the wrong order.
    swap(&segment, 0, 65_552, 34_480);
    named(&[0]);
    swap(&segment, 0, 65_552, 34_480);
    // The first one in the place of the second.
    let whole = std::fs::read(&segment).unwrap();
    let file = std::fs::File::options().write(true).open(&segment).unwrap();
    file.write_all_at(&whole[..100_032], length).unwrap();
    named(&[1]);
    file.set_len(150_000).unwrap();
    named(&[1]);
    file.set_len(0).unwrap();
    named(&[0, 1]);
    drop(vault);
    std::fs::remove_file(&segment).unwrap();
    let vault = opened(place.path());
    assert_eq!(vault.verify(|_| {}).unwrap().findings.len(), 2);
}

#[test]
fn a_journal_put_back_to_yesterday_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().join("journal");
    put(&opened(place.path()), 1, 1, b"pixels").unwrap();
    let yesterday = std::fs::read(&journal).unwrap();
    put(&opened(place.path()), 1, 2, b"pixels").unwrap();
    std::fs::write(&journal, yesterday).unwrap();
    assert!(matches!(Vault::open(place.path(), key(1), Options::default()), Err(VaultError::Form { .. })));
}

#[test]
fn child_that_stores() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let vault = opened(Path::new(&directory));
    let begin = vault.studies().unwrap().iter().map(|study| study.objects).sum::<u64>();
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let vault = &vault;
            scope.spawn(move || {
                for number in 0.. {
                    let name = usize::try_from(begin).unwrap() * 1_000 + number * 3 + writer;
                    let outcome = put(vault, writer, name, &bytes(name, 30_000)).unwrap();
                    assert!(matches!(outcome, Outcome::Stored(_) | Outcome::AlreadyStored(_)));
                    let line = format!("\nacknowledged {name}\n");
                    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

/// Runs the child until it has acknowledged so many objects, and some moments longer; gives them.
fn killed(directory: &Path, count: usize, moments: u64) -> Vec<usize> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["child_that_stores", "--exact", "--nocapture"]).env(CHILD, directory);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut names = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        names.extend(line.strip_prefix("acknowledged ").map(|name| name.parse::<usize>().unwrap()));
        if names.len() == count {
            std::thread::sleep(std::time::Duration::from_micros(moments));
            let _ = child.kill();
        }
    }
    let _ = child.wait();
    assert!(names.len() >= count, "the child stopped after {}", names.len());
    names
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let cycles = std::env::var("MEDWARD_KILL_CYCLES").map_or(200, |text| text.parse().unwrap());
    let place = tempfile::tempdir().unwrap();
    let directory: PathBuf = place.path().join("vault");
    let mut all = Vec::new();
    for cycle in 0..cycles {
        let names = killed(&directory, 1 + cycle % 4, (cycle as u64 * 37) % 900);
        let vault = opened(&directory);
        for name in &names {
            assert!(read(&vault, *name).unwrap() == bytes(*name, 30_000), "object {name} in cycle {cycle}");
        }
        all.extend(names);
    }
    let vault = opened(&directory);
    let verified = vault.verify(|_| {}).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    for name in &all {
        assert!(vault.find(&object(*name)).unwrap().is_some(), "object {name} is gone");
    }
    println!("{cycles} kills, {} acknowledged objects, {} there", all.len(), verified.objects);
}
