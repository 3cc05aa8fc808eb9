//! No bytes make a decoder or the picture of a frame panic past its guard, hang or outgrow the frame that the object's attributes
//! announce.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_dicom_pixel::{Pixels, render};
use medward_dicom_scan::{Limits, Source, Tag, scan_bytes};

/// Frames of inputs so small are larger only where they lie; decoders take their time for those.
const PIXELS_MAX: u64 = 1 << 20;

fuzz_target!(
    // Decoders of others may panic; the guard around them counts, not the hook that aborts before it.
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| {
    let Ok(data_set) = scan_bytes(bytes, &Limits::default()) else { return };
    let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap_or_default();
    let Ok(mut pixels) = Pixels::of(&data_set, &syntax) else { return };
    if pixels.layout().pixels() > PIXELS_MAX {
        return;
    }
    let source = || Source::whole(&data_set, bytes).expect("it was scanned from these bytes");
    let mut frame = Vec::new();
    if pixels.frame(&mut source(), 0, &mut frame).is_ok() {
        assert_eq!(frame.len() as u64, pixels.decoded().frame_bytes());
    }
    let _ = render(&mut pixels, source(), 0, None);
}
);
