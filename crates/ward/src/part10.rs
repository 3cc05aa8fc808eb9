//! The file around a data set that came by C-STORE or STOW-RS (PS3.10 section 7.1): a preamble of zeros and file meta information, the same
//! whichever way it came; the data set itself stays as it came, byte for byte.

use medward_dicom_scan::{Limits, Tag, scan_bytes};
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

/// Longest file meta information that is read, in bytes, with what is before it.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Bytes from which on it is known how long the head of a file is.
pub(crate) const LENGTH_BYTES: usize = 144;

/// What the head of a file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) sop_class: Uid,
    pub(crate) sop_instance: Uid,
    pub(crate) transfer_syntax: Uid,
}

/// Where a file that begins so has its data set; `None` until enough of it is there, or where it never will be.
pub(crate) fn data_set_at(beginning: &[u8]) -> Option<usize> {
    // Preamble, "DICM", and (0002,0000) with its length.
    let length = beginning.get(140..144)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))?;
    let at = usize::try_from(length).ok()?.checked_add(LENGTH_BYTES)?;
    (beginning.get(128..140)? == b"DICM\x02\x00\x00\x00UL\x04\x00" && at <= HEAD_BYTES_MAX).then_some(at)
}

/// Reads what is before the data set, and nothing else.
pub(crate) fn read(head: &[u8]) -> Option<Meta> {
    let data_set = scan_bytes(head, &Limits::default()).ok()?;
    let uid = |element| data_set.meta_text(Tag::new(0x0002, element)).and_then(|text| text.parse().ok());
    Some(Meta { sop_class: uid(0x0002)?, sop_instance: uid(0x0003)?, transfer_syntax: uid(0x0010)? })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_and_a_lie_about_its_length_is_none() {
        let uid = |text: &str| text.parse::<Uid>().unwrap();
        let title = "CT_1".parse().unwrap();
        let file = head(&uid("1.2.3"), &uid("1.2.4"), &uid("1.2.840.10008.1.2.1"), &title);
        assert_eq!(data_set_at(&file), Some(file.len()));
        let meta = read(&file).unwrap();
        assert_eq!((meta.sop_class, meta.sop_instance), (uid("1.2.3"), uid("1.2.4")));
        assert_eq!(data_set_at(&file[..143]), None);
        for length in [u32::MAX, 70_000] {
            let mut lie = file.clone();
            lie[140..144].copy_from_slice(&length.to_le_bytes());
            assert_eq!(data_set_at(&lie), None);
        }
        assert!(read(&file[..file.len() - 30]).is_none());
    }
}
