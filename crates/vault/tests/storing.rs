//! Storing, reading, the same again, others under the same name, the quarantine, erasing, rotating.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made is a failed test")]

mod vaults;

use medward_vault::{Finding, Options, Outcome, VaultError};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use vaults::{bytes, key, object, opened, put, read, study};

#[test]
fn what_was_stored_is_read_and_survives_closing() {
    let place = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 65_535, 65_536, 65_537, 16 * 65_536, 16 * 65_536 + 1, 5_000_000];
    {
        let vault = opened(place.path());
        for (number, size) in sizes.into_iter().enumerate() {
            let outcome = put(&vault, 1, number, &bytes(number, size)).unwrap();
            let Outcome::Stored(receipt) = outcome else { panic!("{outcome:?}") };
            assert_eq!(receipt.bytes, size as u64);
            assert_eq!(vault.find(&object(number)).unwrap(), Some(receipt));
        }
    }
    let vault = opened(place.path());
    for (number, size) in sizes.into_iter().enumerate() {
        assert_eq!(read(&vault, number).unwrap(), bytes(number, size), "{size}");
    }
    let studies = vault.studies().unwrap();
    assert_eq!((studies.len(), studies[0].objects), (1, sizes.len() as u64));
    let objects = vault.objects(&study(1)).unwrap();
    assert_eq!(objects.iter().map(|it| it.bytes).sum::<u64>(), studies[0].bytes);
    let verified = vault.verify(|_| {}).unwrap();
    assert_eq!((verified.objects, verified.findings), (sizes.len() as u64, Vec::new()));
}

#[test]
fn bytes_may_come_in_pieces_of_any_size() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let content = bytes(3, 200_000);
    for (number, piece) in [1_000, 65_536, 65_552, 199_999, 1 << 20].into_iter().enumerate() {
        let mut writing = vault.put(&study(1), &object(number)).unwrap();
        for piece in content.chunks(piece) {
            writing.write_all(piece).unwrap();
        }
        assert_eq!(writing.bytes(), 200_000);
        writing.finish().unwrap();
        let (mut reader, mut out) = (vault.get(&object(number)).unwrap(), Vec::new());
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(out, content);
    }
}

#[test]
fn the_same_again_is_stored_once() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let Outcome::Stored(first) = put(&vault, 1, 1, b"pixels").unwrap() else { panic!() };
    let again = put(&vault, 1, 1, b"pixels").unwrap();
    assert!(matches!(again, Outcome::AlreadyStored(receipt) if receipt == first));
    assert_eq!(vault.objects(&study(1)).unwrap().len(), 1);
}

#[test]
fn other_pixels_under_the_same_name_never_take_its_place() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    put(&vault, 1, 1, b"pixels").unwrap();
    // In the same study, and the same bytes in another one: a UID belongs to one study.
    for (study_number, content) in [(1, &b"other pixels"[..]), (2, b"pixels")] {
        let Outcome::Conflict(conflict) = put(&vault, study_number, 1, content).unwrap() else { panic!() };
        assert_eq!(conflict.held().bytes, 6);
        let held = conflict.quarantine("same UID, other pixels", "from ct-2").unwrap();
        let (found, mut reader) = vault.get_quarantined(held.id).unwrap();
        assert_eq!(found, held);
        assert_eq!(reader.next_chunk().unwrap().unwrap(), content);
    }
    let Outcome::Conflict(refused) = put(&vault, 1, 1, b"third").unwrap() else { panic!() };
    drop(refused);
    assert_eq!(read(&vault, 1).unwrap(), b"pixels");
    assert_eq!(vault.quarantined().unwrap().len(), 2);
    assert!(vault.verify(|_| {}).unwrap().findings.is_empty());
}

#[test]
fn what_is_in_quarantine_is_released_or_discarded() {
    let place = tempfile::tempdir().unwrap();
    let content = bytes(9, 300_000);
    let (first, second) = {
        let vault = opened(place.path());
        let hold = || {
            let mut writing = vault.quarantine("preamble names a program", "AE CT1").unwrap();
            writing.push(&content).unwrap();
            writing.finish().unwrap()
        };
        (hold(), hold())
    };
    let vault = opened(place.path());
    assert_eq!(vault.quarantined().unwrap(), [first.clone(), second.clone()]);
    assert!(matches!(vault.release(first.id, &study(1), &object(1)).unwrap(), Outcome::Stored(_)));
    assert_eq!(read(&vault, 1).unwrap(), content);
    assert_eq!(vault.discard(second.id).unwrap(), second);
    assert!(vault.quarantined().unwrap().is_empty());
    for id in [first.id, second.id] {
        assert!(matches!(vault.get_quarantined(id), Err(VaultError::NoQuarantined(_))));
        assert!(matches!(vault.discard(id), Err(VaultError::NoQuarantined(_))));
    }
    assert!(matches!(vault.quarantine("two\nlines", ""), Err(VaultError::Text { .. })));
}

#[test]
fn a_dropped_put_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let mut writing = vault.put(&study(1), &object(1)).unwrap();
    writing.push(&bytes(1, 3_000_000)).unwrap();
    drop(writing);
    assert!(matches!(vault.get(&object(1)), Err(VaultError::NoObject(_))));
    put(&vault, 1, 1, b"pixels").unwrap();
    assert_eq!(read(&vault, 1).unwrap(), b"pixels");
}

#[test]
fn an_erased_study_is_gone_even_for_who_kept_the_files_and_has_the_key() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let Outcome::Stored(receipt) = put(&vault, 1, 1, &bytes(1, 100_000)).unwrap() else { panic!() };
    put(&vault, 2, 2, b"stays").unwrap();
    let mut read_before = vault.get(&object(1)).unwrap();
    read_before.next_chunk().unwrap();
    let late = {
        let mut late = vault.put(&study(1), &object(3)).unwrap();
        late.push(b"on its way while the study is erased").unwrap();
        late
    };
    let keyring = std::fs::read(place.path().join("keyring")).unwrap();
    let wrapped = |slot: usize| &keyring[(slot + 1) * 512..(slot + 2) * 512];
    assert!(wrapped(1).iter().any(|byte| *byte != 0));
    let erasure = vault.erase(&study(1)).unwrap();
    // What the ledger gets names the same key as every receipt of the study.
    assert_eq!((erasure.key, erasure.objects, erasure.bytes), (receipt.key, 1, 100_000));
    assert_eq!(vault.erase(&study(1)).unwrap(), erasure);
    // Its space may be somebody else's by now: that is no damage.
    let read_on = read_before.next_chunk();
    assert!(matches!(read_on, Ok(Some(_)) | Err(VaultError::Erased(_))), "{read_on:?}");
    drop(read_before);
    let after = std::fs::read(place.path().join("keyring")).unwrap();
    assert!(!after.windows(60).any(|part| part == &wrapped(1)[2..62]), "the wrapped key is still there");
    assert!(after.windows(60).any(|part| part == &wrapped(2)[2..62]));
    for _ in 0..2 {
        assert!(matches!(vault.get(&object(1)), Err(VaultError::NoObject(_))));
        assert!(matches!(vault.put(&study(1), &object(4)), Err(VaultError::Erased(_))));
    }
    assert!(matches!(late.finish(), Err(VaultError::Erased(_))));
    drop(vault);
    let vault = opened(place.path());
    assert!(matches!(vault.put(&study(1), &object(4)), Err(VaultError::Erased(_))));
    assert_eq!(read(&vault, 2).unwrap(), b"stays");
    assert!(vault.verify(|_| {}).unwrap().findings.is_empty());
    assert!(vault.studies().unwrap()[0].erased.is_some());
    assert!(matches!(vault.erase(&study(7)), Err(VaultError::NoStudy(_))));
}

#[test]
fn rotation_leaves_objects_as_they_are_and_the_old_key_useless() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    for number in 0..20 {
        put(&vault, number, number, &bytes(number, 10_000)).unwrap();
    }
    let held = vault.quarantine("later", "").unwrap().finish().unwrap();
    let segments =
        |vault_files: &std::path::Path| std::fs::read(vault_files.join("segments/00000000")).unwrap();
    let before = segments(place.path());
    assert_eq!(vault.rotate(key(2)).unwrap(), 22);
    assert!(before == segments(place.path()), "objects were written anew");
    put(&vault, 30, 30, b"after").unwrap();
    drop(vault);
    let refused = medward_vault::Vault::open(place.path(), key(1), Options::default());
    assert!(matches!(refused, Err(VaultError::OtherKey { .. })));
    let (vault, _) = medward_vault::Vault::open(place.path(), key(2), Options::default()).unwrap();
    for number in 0..20 {
        assert_eq!(read(&vault, number).unwrap(), bytes(number, 10_000));
    }
    assert_eq!(read(&vault, 30).unwrap(), b"after");
    vault.get_quarantined(held.id).unwrap();
    assert!(vault.verify(|_| {}).unwrap().findings.is_empty());
}

#[test]
fn one_vault_has_one_process() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let second = medward_vault::Vault::open(place.path(), key(1), Options::default());
    assert!(matches!(second, Err(VaultError::InUse(_))));
    drop(vault);
    opened(place.path());
}

#[test]
fn a_vault_without_its_keyring_is_not_begun_anew() {
    let place = tempfile::tempdir().unwrap();
    put(&opened(place.path()), 1, 1, b"pixels").unwrap();
    std::fs::rename(place.path().join("keyring"), place.path().join("elsewhere")).unwrap();
    let refused = medward_vault::Vault::open(place.path(), key(1), Options::default());
    assert!(matches!(refused, Err(VaultError::Form { .. })));
    std::fs::rename(place.path().join("elsewhere"), place.path().join("keyring")).unwrap();
    assert_eq!(read(&opened(place.path()), 1).unwrap(), b"pixels");
}

#[test]
fn the_index_is_made_anew_when_it_is_lost_or_spoilt() {
    let place = tempfile::tempdir().unwrap();
    let store = |from: usize, until: usize| {
        let vault = opened(place.path());
        for number in from..until {
            put(&vault, number % 3, number, &bytes(number, 1_000)).unwrap();
        }
    };
    store(0, 10);
    let old = std::fs::read(place.path().join("index.sqlite")).unwrap();
    store(10, 20);
    opened(place.path()).erase(&study(2)).unwrap();
    for spoilt in [None, Some(b"no database".repeat(1_000)), Some(old)] {
        let index = place.path().join("index.sqlite");
        match &spoilt {
            None => std::fs::remove_file(&index).unwrap(),
            Some(content) => std::fs::write(&index, content).unwrap(),
        }
        let (vault, recovery) = medward_vault::Vault::open(place.path(), key(1), Options::default()).unwrap();
        assert!(recovery.taken_over > 0, "{recovery:?}");
        for number in (0..20).filter(|number| number % 3 != 2) {
            assert_eq!(read(&vault, number).unwrap(), bytes(number, 1_000));
        }
        assert!(matches!(vault.get(&object(2)), Err(VaultError::NoObject(_))));
        assert_eq!(vault.verify(|_| {}).unwrap().findings, Vec::<Finding>::new());
        vault.make_index_anew().unwrap();
        assert_eq!(vault.verify(|_| {}).unwrap().findings, Vec::<Finding>::new());
        assert_eq!(read(&vault, 1).unwrap(), bytes(1, 1_000));
    }
}

#[test]
fn a_key_is_of_one_vault_alone() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&opened(one.path()), 1, 1, b"pixels").unwrap();
    put(&opened(two.path()), 1, 1, b"pixels").unwrap();
    let keyring = |place: &tempfile::TempDir| place.path().join("keyring");
    let mut mixed = std::fs::read(keyring(&one)).unwrap();
    // The slot of the study out of the other vault, under the same key-encryption key.
    mixed[1024..1536].copy_from_slice(&std::fs::read(keyring(&two)).unwrap()[1024..1536]);
    std::fs::write(keyring(&one), mixed).unwrap();
    let vault = opened(one.path());
    assert!(matches!(read(&vault, 1), Err(VaultError::KeyDamaged { .. })));
    let findings = vault.verify(|_| {}).unwrap().findings;
    assert!(
        matches!(&findings[..], [Finding::Key { study: named, .. }] if *named == study(1)),
        "{findings:?}"
    );
}

#[test]
fn many_write_at_once() {
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let vault = vault.clone();
            scope.spawn(move || {
                for number in 0..25 {
                    // All write to the same studies, and every object is sent by two writers.
                    let outcome =
                        put(&vault, number % 5, writer / 2 * 100 + number, &bytes(number, 70_000)).unwrap();
                    assert!(!matches!(outcome, Outcome::Conflict(_)));
                }
            });
        }
    });
    let verified = vault.verify(|_| {}).unwrap();
    assert_eq!((verified.objects, verified.findings), (100, Vec::new()));
    assert_eq!(Arc::strong_count(&key(1)), 1);
}

#[test]
fn a_stolen_disk_tells_neither_content_nor_names() {
    let place = tempfile::tempdir().unwrap();
    let told = [
        "1.2.840.99999.7",
        "1.2.840.99999.8",
        "Doe^Jane's pixels",
        "preamble of a program",
        "from station 17",
    ];
    {
        let vault = opened(place.path());
        let mut writing = vault.put(&told[0].parse().unwrap(), &told[1].parse().unwrap()).unwrap();
        writing.push(told[2].as_bytes()).unwrap();
        writing.finish().unwrap();
        let mut held = vault.quarantine(told[3], told[4]).unwrap();
        held.push(told[2].as_bytes()).unwrap();
        held.finish().unwrap();
    }
    let mut files = 0;
    for entry in walkdir::WalkDir::new(place.path()) {
        let entry = entry.unwrap();
        let name = entry.path().display().to_string();
        let content =
            if entry.file_type().is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
        files += usize::from(!content.is_empty());
        for text in told {
            let is_told = content.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!is_told && !name.contains(text), "{text} can be read in {name}");
        }
    }
    assert!(files >= 4, "only {files} files were looked at");
}

/// Most memory that this process has had so far, in KiB.
fn memory_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_long_object_takes_little_memory() {
    const PIECES: usize = 256;
    let place = tempfile::tempdir().unwrap();
    let vault = opened(place.path());
    let piece = bytes(1, 1 << 20);
    let before = memory_peak_kib();
    let mut writing = vault.put(&study(1), &object(1)).unwrap();
    for _ in 0..PIECES {
        writing.push(&piece).unwrap();
    }
    assert!(matches!(writing.finish().unwrap(), Outcome::Stored(receipt) if receipt.bytes == 256 << 20));
    let (mut reader, mut count) = (vault.get(&object(1)).unwrap(), 0);
    while let Some(chunk) = reader.next_chunk().unwrap() {
        let offset = count % piece.len();
        assert!(chunk == &piece[offset..offset + chunk.len()]);
        count += chunk.len();
    }
    assert_eq!(count, PIECES << 20);
    let grown = memory_peak_kib() - before;
    assert!(grown < 16 << 10, "{grown} KiB for an object of 256 MiB");
}
