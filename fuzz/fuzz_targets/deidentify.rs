//! No bytes make a de-identification panic, and nothing is written of what does not pass.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_deid::{Deidentifier, Detail, Policy, ProjectKey};
use std::cell::RefCell;
use std::io::Cursor;

thread_local! {
    static DEIDENTIFIER: RefCell<Deidentifier> = RefCell::new({
        let policy = Policy::from_toml("[[pixels]]\nregions = [[0, 0, 8, 2]]\n").expect("a policy");
        Deidentifier::new(policy, &ProjectKey::new([1; 32]), Detail::Elements)
    });
}

fuzz_target!(
    // Decoders of others may panic; the guard around them counts, not the hook that aborts before it.
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| {
    DEIDENTIFIER.with_borrow_mut(|deidentifier| {
        let mut out = Vec::new();
        let report = deidentifier.object(&mut Cursor::new(bytes), &mut out);
        assert!(report.is_ok() || out.is_empty());
    });
}
);
