//! No bytes make a scan panic, hang or outgrow its limits, and what was scanned is written back byte for byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_dicom_scan::{Edits, Limits, scan_bytes, write_bytes};

fuzz_target!(|bytes: &[u8]| {
    let Ok(data_set) = scan_bytes(bytes, &Limits::default()) else { return };
    for element in data_set.elements() {
        let _ = data_set.text(element);
    }
    let mut same = Vec::new();
    write_bytes(&data_set, bytes, &Edits::new(), None, &mut same).expect("what was scanned can be written");
    let (start, end) = data_set.span();
    if !data_set.transfer_syntax().is_deflated {
        assert_eq!(&bytes[start as usize..end as usize], same);
    }
});
