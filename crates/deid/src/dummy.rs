//! Dummy values: valid for the VR and as many as there were; never a value of the original.

use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use std::sync::OnceLock;

/// What stands where text stood.
pub(crate) const REMOVED: &str = "REMOVED";

/// One dummy of a text VR.
const fn text(vr: Vr) -> Option<&'static str> {
    Some(match vr {
        Vr::AS => "000D",
        Vr::DA => "19000101",
        Vr::DS | Vr::IS => "0",
        Vr::DT => "19000101000000",
        Vr::TM => "000000",
        Vr::UR => "urn:removed",
        Vr::UI => "2.25.0",
        Vr::AE | Vr::CS | Vr::LO | Vr::LT | Vr::PN | Vr::SH | Vr::ST | Vr::UC | Vr::UT => REMOVED,
        _ => return None,
    })
}

/// Bytes of one value of a binary VR; 1 for opaque bytes.
const fn width(vr: Vr) -> usize {
    match vr {
        Vr::US | Vr::SS | Vr::OW => 2,
        Vr::UL | Vr::SL | Vr::FL | Vr::AT | Vr::OL | Vr::OF => 4,
        Vr::FD | Vr::UV | Vr::SV | Vr::OD | Vr::OV => 8,
        _ => 1,
    }
}

/// Appends a dummy with as many values as the original; opaque bytes become two zeros.
pub(crate) fn append(vr: Vr, original: Option<&[u8]>, out: &mut Vec<u8>) {
    let original = original.unwrap_or_default();
    if let Some(one) = text(vr) {
        let values = if vr.is_single() { 1 } else { original.split(|&byte| byte == b'\\').count() };
        out.extend_from_slice(one.as_bytes());
        for _ in 1..values {
            out.push(b'\\');
            out.extend_from_slice(one.as_bytes());
        }
        return;
    }
    let bytes = match vr {
        Vr::US | Vr::SS | Vr::UL | Vr::SL | Vr::FL | Vr::FD | Vr::AT | Vr::UV | Vr::SV => {
            original.len().max(width(vr)) / width(vr) * width(vr)
        }
        _ => width(vr).max(2),
    };
    out.resize(out.len().saturating_add(bytes), 0);
}

fn string(tag: u32, vr: Vr, value: &str) -> NewElement {
    NewElement::new(Tag(tag), vr, value)
}

/// A code (PS3.3 section 8.8) that says that one was removed.
fn code() -> Vec<NewElement> {
    vec![
        string(0x0008_0100, Vr::SH, REMOVED),
        string(0x0008_0102, Vr::SH, "99MEDWARD"),
        string(0x0008_0104, Vr::LO, "Removed by de-identification"),
    ]
}

/// An item with that code, made once: what most sequences get.
fn code_item(encoding: Encoding) -> Option<&'static [u8]> {
    static EACH: [OnceLock<Option<Vec<u8>>>; 3] = [const { OnceLock::new() }; 3];
    let made = EACH.get(encoding as usize)?.get_or_init(|| {
        let sequence = NewElement::sequence(Tag::ITEM, &[code()], encoding);
        sequence.map(|sequence| sequence.value)
    });
    made.as_deref()
}

/// A sequence with one item that has what the macro asks for at least. `None` where the parts do not fit, which these
/// always do.
pub(crate) fn sequence(tag: Tag, encoding: Encoding) -> Option<NewElement> {
    let nested = |tag, item| NewElement::sequence(Tag(tag), &[item], encoding);
    let item = match tag.0 {
        // Operator Identification Sequence (PS3.3 table 10-1).
        0x0008_1072 => vec![string(0x0008_0080, Vr::LO, REMOVED), nested(0x0040_1101, code())?],
        // Referenced Performed Procedure Step Sequence: a reference to nothing.
        0x0008_1111 => vec![
            string(0x0008_1150, Vr::UI, "1.2.840.10008.3.1.2.3.3"),
            string(0x0008_1155, Vr::UI, "2.25.0"),
        ],
        // Flow Identifier Sequence (PS3.22).
        0x0034_0001 => vec![
            NewElement::new(Tag(0x0034_0002), Vr::OB, vec![0; 2]),
            NewElement::new(Tag(0x0034_0005), Vr::OB, vec![0; 2]),
        ],
        // Verifying Observer Sequence (PS3.3 section C.17.2).
        0x0040_A073 => vec![
            string(0x0040_A027, Vr::LO, REMOVED),
            string(0x0040_A030, Vr::DT, "19000101000000"),
            string(0x0040_A075, Vr::PN, REMOVED),
            NewElement::sequence(Tag(0x0040_A088), &[], encoding)?,
        ],
        // Content Sequence (PS3.3 section C.17.3): a comment.
        0x0040_A730 => vec![
            string(0x0040_A010, Vr::CS, "CONTAINS"),
            string(0x0040_A040, Vr::CS, "TEXT"),
            nested(
                0x0040_A043,
                vec![
                    string(0x0008_0100, Vr::SH, "121106"),
                    string(0x0008_0102, Vr::SH, "DCM"),
                    string(0x0008_0104, Vr::LO, "Comment"),
                ],
            )?,
            string(0x0040_A160, Vr::UT, REMOVED),
        ],
        // Waveform Annotation Sequence (PS3.3 section C.10.10).
        0x0040_B020 => vec![
            string(0x0070_0006, Vr::ST, REMOVED),
            NewElement::new(Tag(0x0040_A0B0), Vr::US, vec![0; 4]),
            NewElement::new(Tag(0x0040_A180), Vr::US, vec![0; 2]),
        ],
        // Graphic Annotation Sequence (PS3.3 section C.10.5): a layer without anything in it.
        0x0070_0001 => vec![string(0x0070_0002, Vr::CS, REMOVED)],
        _ => return Some(NewElement::new(tag, Vr::SQ, code_item(encoding)?)),
    };
    let mut item = item;
    item.sort_by_key(|element| element.tag);
    NewElement::sequence(tag, &[item], encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(vr: Vr, original: Option<&[u8]>) -> Vec<u8> {
        let mut value = Vec::new();
        append(vr, original, &mut value);
        value
    }

    #[test]
    fn a_dummy_has_as_many_values_as_there_were() {
        assert_eq!(value(Vr::DA, Some(b"20200101\\20210101")), b"19000101\\19000101");
        assert_eq!(value(Vr::LT, Some(b"a\\b")), b"REMOVED");
        assert_eq!(value(Vr::US, Some(&[1, 2, 3, 4])), [0; 4]);
        assert_eq!(value(Vr::FD, None), [0; 8]);
        assert_eq!(value(Vr::OB, Some(&[9; 99])), [0; 2]);
        assert_eq!(value(Vr::UN, Some(b"Doe^Jane")), [0; 2]);
    }
}
