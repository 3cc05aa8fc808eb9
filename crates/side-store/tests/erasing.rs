//! What is erased does not open again, what was changed is named, and nothing lies in the open.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_ledger::{Digest, Entry, Log, Reason, RecordId, key};
use medward_side_store::{SideStore, StoreError, StoreKey};
use std::path::Path;

const PAYLOAD: &[u8] = b"Reported by Nurse Example, ward 7, about patient 4711";

struct Place {
    directory: tempfile::TempDir,
    store: SideStore,
    key: StoreKey,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    drop(key::create(&file, "ledger.example/device", "correct horse").unwrap());
    let ledger = directory.path().join("ledger");
    std::fs::create_dir(&ledger).unwrap();
    let key = StoreKey::open(&file, "correct horse").unwrap();
    Place { store: SideStore::beside(&ledger), key, directory }
}

fn erasure(digest: &Digest) -> Entry {
    Entry::Erasure {
        payload: digest.clone(),
        role: RecordId::try_from("privacy").unwrap(),
        reason: Reason::try_from("asked for by the person").unwrap(),
        received: 1_763_900_000,
        signed: None,
    }
}

fn anywhere(directory: &Path, wanted: &[u8]) -> bool {
    let files = walkdir::WalkDir::new(directory).into_iter().filter_map(Result::ok);
    files.filter(|one| one.file_type().is_file()).any(|one| {
        let bytes = std::fs::read(one.path()).unwrap();
        bytes.windows(wanted.len()).any(|part| part == wanted)
    })
}

#[test]
fn a_payload_comes_back_and_nothing_of_it_lies_in_the_open() {
    let place = place();
    let digest = place.store.put(&place.key, PAYLOAD).unwrap();
    assert_eq!(place.store.open(&place.key, &digest).unwrap().as_slice(), PAYLOAD);
    assert!(!anywhere(place.directory.path(), b"Nurse"));
    assert_ne!(
        digest,
        place.store.put(&place.key, PAYLOAD).unwrap(),
        "equal payloads must not show as equal"
    );
}

#[test]
fn the_ledger_says_that_it_is_erased_and_a_copy_of_the_files_does_not_bring_it_back() {
    let place = place();
    let digest = place.store.put(&place.key, PAYLOAD).unwrap();
    let ledger = place.directory.path().join("ledger");
    let kept: Vec<_> = [format!("payload-keys/{digest}.key"), format!("payloads/{digest}.sealed")]
        .iter()
        .map(|name| (ledger.join(name), std::fs::read(ledger.join(name)).unwrap()))
        .collect();
    let signer = key::open(&place.directory.path().join("key"), "correct horse").unwrap();
    let log = Log::open(&ledger, signer).unwrap();
    log.append(&erasure(&digest).canonical().unwrap()).unwrap();
    drop(log);
    // As a crash between the entry and the erasing leaves it.
    assert!(matches!(place.store.open(&place.key, &digest), Err(StoreError::Erased(_))));
    place.store.destroy(&digest).unwrap();
    place.store.destroy(&digest).unwrap();
    assert!(!anywhere(&ledger, &kept[0].1[24..]), "the sealed key is still on the disk");
    for (path, bytes) in kept {
        std::fs::write(path, bytes).unwrap();
    }
    assert!(matches!(place.store.open(&place.key, &digest), Err(StoreError::Erased(_))));
}

#[test]
fn without_its_key_a_payload_is_lost_and_every_change_is_named() {
    let place = place();
    let digest = place.store.put(&place.key, PAYLOAD).unwrap();
    let ledger = place.directory.path().join("ledger");
    let (payload, own) =
        (ledger.join(format!("payloads/{digest}.sealed")), ledger.join(format!("payload-keys/{digest}.key")));
    for (path, is_key) in [(&payload, false), (&own, true)] {
        let whole = std::fs::read(path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(path, changed).unwrap();
            match place.store.open(&place.key, &digest) {
                Err(StoreError::Changed(_)) if !is_key => {}
                Err(StoreError::Sealed(_)) if is_key => {}
                other => unreachable!("bit {bit} of {}: {other:?}", path.display()),
            }
        }
        std::fs::write(path, whole).unwrap();
    }
    std::fs::remove_file(&own).unwrap();
    assert!(matches!(place.store.open(&place.key, &digest), Err(StoreError::Sealed(_))));
    std::fs::remove_file(&payload).unwrap();
    assert!(matches!(place.store.open(&place.key, &digest), Err(StoreError::Absent(_))));
}

#[test]
fn keys_of_two_payloads_or_two_stores_do_not_change_places() {
    let (place, other) = (place(), self::place());
    let one = place.store.put(&place.key, PAYLOAD).unwrap();
    let two = place.store.put(&place.key, b"something else").unwrap();
    assert!(matches!(place.store.open(&other.key, &one), Err(StoreError::Sealed(_))));
    let keys = place.directory.path().join("ledger/payload-keys");
    std::fs::copy(keys.join(format!("{two}.key")), keys.join(format!("{one}.key"))).unwrap();
    assert!(matches!(place.store.open(&place.key, &one), Err(StoreError::Sealed(_))));
    assert!(matches!(place.store.put(&place.key, b""), Err(StoreError::Length)));
}
