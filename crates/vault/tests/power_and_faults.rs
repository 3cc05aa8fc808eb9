//! A disk that loses its power, fails at any call, or is full: nothing acknowledged is lost, nothing lost is acknowledged, and what was
//! erased stays erased.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

mod vaults;

use medward_vault::{Options, Outcome, QuarantineId, Recovery, Vault, VaultError};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use vaults::simulated::Simulated;
use vaults::{bytes, key, object, put, read, study};

#[derive(Debug, Clone)]
enum Step {
    Put {
        study: usize,
        object: usize,
        content: usize,
    },
    Erase {
        study: usize,
    },
    Hold {
        content: usize,
    },
    Discard,
    Rotate,
    /// The next calls but so many fail.
    Fail {
        after: u64,
        is_full: bool,
    },
    PowerCut {
        seed: usize,
        loses_index: bool,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let put = (0..3_usize, 0..8_usize, 0..3_usize).prop_map(|(study, object, content)| Step::Put {
        study,
        object,
        content,
    });
    prop_oneof![
        8 => put,
        1 => (0..3_usize).prop_map(|study| Step::Erase { study }),
        1 => (0..3_usize).prop_map(|content| Step::Hold { content }),
        1 => Just(Step::Discard),
        1 => Just(Step::Rotate),
        2 => (0..12_u64, any::<bool>()).prop_map(|(after, is_full)| Step::Fail { after, is_full }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(seed, loses_index)| Step::PowerCut { seed, loses_index }),
        1 => Just(Step::Reopen),
    ]
}

/// What a client knows.
#[derive(Debug, Default)]
struct Model {
    /// Acknowledged objects: study and content.
    objects: BTreeMap<usize, (usize, usize)>,
    erased: BTreeSet<usize>,
    /// Erasing was asked for and answered with an error: it may have happened.
    perhaps_erased: BTreeSet<usize>,
    held: BTreeMap<QuarantineId, usize>,
    perhaps_gone: BTreeSet<QuarantineId>,
}

fn content(number: usize) -> Vec<u8> {
    bytes(number, [0, 900, 70_000][number])
}

struct Bench {
    disk: Simulated,
    directory: tempfile::TempDir,
    vault: Option<Vault>,
    key: u8,
    model: Model,
}

fn opened(disk: &Simulated, directory: &Path, with: u8) -> Result<(Vault, Recovery), VaultError> {
    let options = Options { storage: Arc::new(disk.clone()), segment_bytes: 2 << 20, ..Options::default() };
    Vault::open(directory, key(with), options)
}

impl Bench {
    fn new() -> Self {
        let (disk, directory) = (Simulated::default(), tempfile::tempdir().unwrap());
        let vault = Some(opened(&disk, directory.path(), 1).unwrap().0);
        Self { disk, directory, vault, key: 1, model: Model::default() }
    }

    fn reopen(&mut self) {
        self.vault = None;
        let opened = |with| opened(&self.disk, self.directory.path(), with);
        let mut vault = opened(self.key);
        for _ in 0..2 {
            match vault {
                // A rotation that failed may have been done all the same.
                Err(VaultError::OtherKey { .. }) => self.key = self.key % 2 + 1,
                // A call that was to fail did so while the vault was opened; the next opening finds all.
                Err(VaultError::Io { .. } | VaultError::Full) if self.disk.has_failed() => {}
                _ => break,
            }
            vault = opened(self.key);
        }
        self.vault = Some(vault.unwrap_or_else(|error| panic!("{error}")).0);
    }

    fn run(&mut self, step: &Step) {
        let vault = self.vault.clone().unwrap();
        let model = &mut self.model;
        match *step {
            Step::Put { study, object, content: number } => {
                match put(&vault, study, object, &content(number)) {
                    Ok(Outcome::Stored(_) | Outcome::AlreadyStored(_)) => {
                        assert!(!model.erased.contains(&study), "stored into an erased study");
                        let before = model.objects.insert(object, (study, number));
                        // An erasure that failed may have been done all the same, which frees the name.
                        let is_free = |it: (usize, usize)| model.perhaps_erased.contains(&it.0);
                        assert!(
                            before.is_none_or(|it| it == (study, number) || is_free(it)),
                            "stored over {before:?}"
                        );
                    }
                    Ok(Outcome::Conflict(conflict)) => {
                        let held = conflict.held().digest;
                        drop(conflict);
                        assert_eq!(vault.find(&vaults::object(object)).unwrap().unwrap().digest, held);
                    }
                    Err(_) => {}
                }
            }
            Step::Erase { study: number } => match vault.erase(&study(number)) {
                Ok(_) => {
                    model.erased.insert(number);
                    model.objects.retain(|_, (of, _)| *of != number);
                }
                Err(VaultError::NoStudy(_)) => {}
                Err(_) => drop(model.perhaps_erased.insert(number)),
            },
            Step::Hold { content: number } => {
                let mut writing = vault.quarantine("a reason", "a note").unwrap();
                if writing.push(&content(number)).is_ok()
                    && let Ok(held) = writing.finish()
                {
                    model.held.insert(held.id, number);
                }
            }
            Step::Discard => {
                if let Some((id, _)) = model.held.first_key_value().map(|(id, it)| (*id, *it)) {
                    match vault.discard(id) {
                        Ok(_) => drop(model.held.remove(&id)),
                        Err(_) => drop(model.perhaps_gone.insert(id)),
                    }
                }
            }
            Step::Rotate => {
                if vault.rotate(key(self.key % 2 + 1)).is_ok() {
                    self.key = self.key % 2 + 1;
                }
            }
            Step::Fail { after, is_full } => {
                let kind = if is_full { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
                self.disk.fail_after(after, kind);
            }
            Step::PowerCut { seed, loses_index } => {
                drop(vault);
                self.vault = None;
                self.disk = self.disk.after_power_cut(seed);
                if loses_index {
                    let _ = std::fs::remove_file(self.directory.path().join("index.sqlite"));
                }
                self.reopen();
                self.check();
            }
            Step::Reopen => {
                drop(vault);
                self.reopen();
                self.check();
            }
        }
    }

    fn check(&self) {
        let vault = self.vault.as_ref().unwrap();
        let model = &self.model;
        for (number, (in_study, of)) in &model.objects {
            match read(vault, *number) {
                Ok(found) => assert!(found == content(*of), "object {number} changed"),
                Err(error) => assert!(model.perhaps_erased.contains(in_study), "object {number}: {error}"),
            }
        }
        for in_study in &model.erased {
            let refused = vault.put(&study(*in_study), &object(99));
            assert!(matches!(refused, Err(VaultError::Erased(_))), "{refused:?}");
        }
        for (id, of) in &model.held {
            match vault.get_quarantined(*id) {
                Ok((_, mut reader)) => {
                    let found = reader.next_chunk().unwrap().unwrap().to_vec();
                    assert_eq!(found, content(*of)[..found.len()]);
                }
                Err(error) => assert!(model.perhaps_gone.contains(id), "{id}: {error}"),
            }
        }
        let verified = vault.verify(|_| {}).unwrap();
        assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_stands(steps in prop::collection::vec(step(), 1..40), seed in any::<usize>()) {
        let mut bench = Bench::new();
        for step in &steps {
            bench.run(step);
        }
        bench.run(&Step::PowerCut { seed, loses_index: false });
    }
}

/// A rotation fails once the new keyring may be in place: what is stored after it must not go into the old one.
#[test]
fn nothing_is_stored_under_a_keyring_that_may_have_been_replaced() {
    for after in 0..16 {
        for seed in 0..16 {
            let mut bench = Bench::new();
            for step in [
                Step::Put { study: 0, object: 0, content: 0 },
                Step::Fail { after, is_full: false },
                Step::Rotate,
                Step::Put { study: 1, object: 1, content: 1 },
                Step::Reopen,
                Step::Put { study: 2, object: 2, content: 2 },
                Step::PowerCut { seed, loses_index: false },
            ] {
                bench.run(&step);
            }
        }
    }
}

/// Every call that changes the disk fails once, while an object is stored, held, erased and the keys are rotated.
#[test]
fn every_failing_call_is_an_error_or_of_no_consequence() {
    let (mut calls, mut noticed) = (0, 0);
    for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
        for after in 0.. {
            let mut bench = Bench::new();
            bench.run(&Step::Put { study: 0, object: 0, content: 2 });
            bench.disk.fail_after(after, kind);
            for step in [
                Step::Put { study: 0, object: 1, content: 2 },
                Step::Put { study: 1, object: 2, content: 1 },
                Step::Hold { content: 1 },
                Step::Discard,
                Step::Rotate,
                Step::Erase { study: 0 },
            ] {
                bench.run(&step);
            }
            if !bench.disk.has_failed() {
                break;
            }
            calls += 1;
            noticed += usize::from(bench.model.objects.len() != 1 || bench.model.erased.is_empty());
            bench.run(&Step::PowerCut { seed: usize::try_from(after).unwrap(), loses_index: after % 2 == 0 });
            bench.run(&Step::Put { study: 2, object: 7, content: 1 });
            bench.check();
            assert!(bench.model.objects.contains_key(&7), "nothing can be stored after call {after} failed");
        }
    }
    println!("{calls} calls failed, {noticed} of them noticed by a client");
    assert!(calls > 20 && noticed > 5, "{calls} calls, {noticed} noticed: the test has no teeth");
}

#[test]
fn a_hundred_power_cuts_lose_nothing() {
    for seed in 0..100 {
        let mut bench = Bench::new();
        for number in 0..6 {
            bench.run(&Step::Put { study: number % 2, object: number, content: number % 3 });
        }
        // In the middle of a put.
        let mut late = bench.vault.as_ref().unwrap().put(&study(0), &object(50)).unwrap();
        late.push(&bytes(5, 200_000)).unwrap();
        std::mem::forget(late);
        let cut = bench.disk.after_power_cut(seed);
        let mut bench = Bench { disk: cut, vault: None, ..bench };
        if seed % 2 == 0 {
            std::fs::remove_file(bench.directory.path().join("index.sqlite")).unwrap();
        }
        bench.reopen();
        assert_eq!(bench.model.objects.len(), 6);
        bench.check();
    }
}

#[test]
fn a_full_disk_refuses_and_recovers_by_itself() {
    let mut bench = Bench::new();
    bench.run(&Step::Put { study: 0, object: 0, content: 2 });
    bench.run(&Step::Put { study: 1, object: 1, content: 2 });
    bench.disk.limit(Some(0));
    let vault = bench.vault.clone().unwrap();
    for number in 10..14 {
        let refused = put(&vault, number % 4, number, &content(2));
        assert!(matches!(refused, Err(VaultError::Full)), "{refused:?}");
    }
    assert_eq!(read(&vault, 0).unwrap(), content(2));
    bench.disk.limit(None);
    for number in 10..14 {
        assert!(matches!(put(&vault, number % 4, number, &content(2)).unwrap(), Outcome::Stored(_)));
    }
    bench.check();
}
