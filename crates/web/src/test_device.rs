//! A device with an empty ledger, for tests.

use crate::accounts::Accounts;
use crate::device::Device;
use crate::guard::Gate;
use medward_ledger::{Log, VerifierKey, key};
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
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("device.toml"), file).unwrap();
        let signer = key::create(&directory.path().join("key"), "ledger.example/test", PASSPHRASE).unwrap();
        let ledger = directory.path().join("ledger");
        let key = signer.verifier().clone();
        drop(Log::open(&ledger, signer).unwrap());
        std::fs::write(ledger.join("key.pub"), format!("{key}\n")).unwrap();
        let accounts = Accounts::new(&ledger, Zeroizing::new([7; 32]));
        let gate = Gate::new(Device::open(directory.path()).unwrap(), accounts);
        Self { gate, key, directory }
    }
}
