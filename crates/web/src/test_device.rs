//! A device with an empty ledger, for tests.

use crate::accounts::Accounts;
use crate::desk::{Desk, Press};
use crate::device::Device;
use crate::guard::Gate;
use medward_acting::LedgerKey;
use medward_ledger::{Log, VerifierKey, key};
use medward_probe::Secrets;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What opens its ledger key.
pub(crate) const PASSPHRASE: &str = "viola tundra";

/// A device of this file, served by nobody yet.
pub(crate) struct TestDevice {
    pub(crate) gate: Gate,
    pub(crate) key: VerifierKey,
    pub(crate) directory: tempfile::TempDir,
}

impl TestDevice {
    pub(crate) fn new(file: &str) -> Self {
        Self::with(|_| file.to_owned(), |_| {})
    }

    /// A device whose file is made in its directory, with changes to what people act with.
    pub(crate) fn with(file: impl FnOnce(&Path) -> String, change: impl FnOnce(&mut Desk)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("device.toml"), file(directory.path())).unwrap();
        let path = directory.path().join("key");
        let signer = key::create(&path, "ledger.example/test", PASSPHRASE).unwrap();
        let ledger = directory.path().join("ledger");
        let key = signer.verifier().clone();
        drop(Log::open(&ledger, signer).unwrap());
        std::fs::write(ledger.join("key.pub"), format!("{key}\n")).unwrap();
        let accounts = Accounts::new(&ledger, Zeroizing::new([7; 32]));
        let mut desk = Desk {
            ledger_key: Arc::new(LedgerKey::new(path, Zeroizing::new(PASSPHRASE.to_owned()))),
            keys: Some(directory.path().join("keys")),
            ward: None,
            study_key: Zeroizing::new([9; 32]),
            secrets: Secrets::default(),
            press: Press { program: "/nonexistent".into(), documents: Vec::new() },
        };
        change(&mut desk);
        let gate = Gate::new(Device::open(directory.path()).unwrap(), accounts, desk);
        Self { gate, key, directory }
    }
}
