//! The file around a data set that came by C-STORE (PS3.10 section 7.1): a preamble of zeros and file meta information; the data set
//! itself stays as it came, byte for byte.

use medward_upper_layer::{AeTitle, Uid};

/// UID of this implementation in files (PS3.10 table 7.1-1), the same as in associations.
const IMPLEMENTATION_CLASS: &str = "2.25.259236174215330148303946364027398243771";

fn element(out: &mut Vec<u8>, number: u16, vr: [u8; 2], value: &[u8], pad: u8) {
    out.extend([0x02, 0x00]);
    out.extend(number.to_le_bytes());
    out.extend(vr);
    let length = value.len().saturating_add(value.len() % 2);
    // Values here are UIDs and titles, far below 64 KiB.
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(value);
    if value.len() % 2 == 1 {
        out.push(pad);
    }
}

/// Everything before the data set.
pub(crate) fn head(sop_class: &Uid, sop_instance: &Uid, transfer_syntax: &Uid, source: &AeTitle) -> Vec<u8> {
    let mut meta = Vec::with_capacity(256);
    // (0002,0001) is OB, whose length field has four bytes.
    meta.extend([0x02, 0x00, 0x01, 0x00, b'O', b'B', 0, 0, 2, 0, 0, 0, 0, 1]);
    element(&mut meta, 0x0002, *b"UI", sop_class.as_str().as_bytes(), 0);
    element(&mut meta, 0x0003, *b"UI", sop_instance.as_str().as_bytes(), 0);
    element(&mut meta, 0x0010, *b"UI", transfer_syntax.as_str().as_bytes(), 0);
    element(&mut meta, 0x0012, *b"UI", IMPLEMENTATION_CLASS.as_bytes(), 0);
    element(&mut meta, 0x0016, *b"AE", source.as_str().as_bytes(), b' ');
    let mut head = vec![0; 128];
    head.extend(b"DICM");
    element(&mut head, 0x0000, *b"UL", &u32::try_from(meta.len()).unwrap_or(u32::MAX).to_le_bytes(), 0);
    head.extend(meta);
    head
}
