//! No bytes make verification or sealing panic, hang or spend without bound, and nothing that was not signed is accepted.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_seal::{Authorities, Certificate, Demand, Manifest, SealKey, Sealer, Verifier};
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let mut verifier = Verifier::new(Authorities::new(), Authorities::new(), 1_790_000_000);
    if let Ok(report) = verifier.object(&mut Cursor::new(bytes)) {
        assert!(report.judge(&Demand::default()).is_err(), "accepted without a trust root");
    }
    let _ = Sealer::new(&SealKey::new([7; 32])).object(&mut Cursor::new(bytes));
    let _ = Certificate::from_der(bytes);
    let key = medward_ledger::Signer::new("fuzz.example", medward_ledger::note::KeyKind::Log, &[7; 32]);
    if let Ok(key) = key {
        assert!(Manifest::open(bytes, key.verifier()).is_err(), "opened without a signature");
    }
});
