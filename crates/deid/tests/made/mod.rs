//! Objects made for tests: elements by tag, VR and value, written as Part 10 files; and what is read back of them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "shared by test files that each use a part"
)]

use medward_dicom_scan::{DataSet, Encoding, Limits, NewElement, Tag, Vr, scan_bytes};

pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// A private class: the types of its attributes are not known to the crate.
pub const PRIVATE_CLASS: &str = "1.2.826.0.1.3680043.8.498.77";

pub fn element(tag: u32, vr: Vr, value: impl Into<Vec<u8>>) -> NewElement {
    NewElement::new(Tag(tag), vr, value)
}

pub fn sequence(tag: u32, items: &[Vec<NewElement>]) -> NewElement {
    let items: Vec<Vec<NewElement>> = items.iter().map(|item| sorted(item)).collect();
    NewElement::sequence(Tag(tag), &items, Encoding::ExplicitLittle).unwrap()
}

fn sorted(elements: &[NewElement]) -> Vec<NewElement> {
    let mut elements = elements.to_vec();
    elements.sort_by_key(|element| element.tag);
    elements
}

/// Preamble, file meta information with a source AE title, and the elements, in explicit little endian.
pub fn file(elements: &[NewElement]) -> Vec<u8> {
    let body = |elements: &[NewElement]| {
        let item = NewElement::sequence(Tag::ITEM, &[sorted(elements)], Encoding::ExplicitLittle).unwrap();
        item.value[8..].to_vec()
    };
    let meta = body(&[
        element(0x0002_0001, Vr::OB, [0, 1]),
        element(0x0002_0002, Vr::UI, CT),
        element(0x0002_0003, Vr::UI, "1.2.3.4.5.6.7.8.9"),
        element(0x0002_0010, Vr::UI, "1.2.840.10008.1.2.1"),
        element(0x0002_0016, Vr::AE, "HOSPITAL_AE"),
    ]);
    let mut file = b"MZ was here".to_vec();
    file.resize(128, b'!');
    file.extend_from_slice(b"DICM");
    file.extend_from_slice(&body(&[element(
        0x0002_0000,
        Vr::UL,
        u32::try_from(meta.len()).unwrap().to_le_bytes(),
    )]));
    file.extend_from_slice(&meta);
    file.extend_from_slice(&body(elements));
    file
}

/// What every object here has.
pub fn head(class: &str) -> Vec<NewElement> {
    vec![
        element(0x0008_0016, Vr::UI, class),
        element(0x0008_0018, Vr::UI, "1.2.3.4.5.6.7.8.9"),
        element(0x0008_0060, Vr::CS, "CT"),
        element(0x0010_0010, Vr::PN, "Featherstone^Ann"),
        element(0x0010_0020, Vr::LO, "MRN-4711"),
        element(0x0010_0030, Vr::DA, "19800305"),
        element(0x0020_000D, Vr::UI, "1.2.3.4.5.6.7.8"),
        element(0x0020_000E, Vr::UI, "1.2.3.4.5.6.7.8.1"),
    ]
}

/// A small CT image.
pub fn image(more: &[NewElement]) -> Vec<NewElement> {
    let mut elements = head(CT);
    elements.extend([
        element(0x0028_0002, Vr::US, 1_u16.to_le_bytes()),
        element(0x0028_0004, Vr::CS, "MONOCHROME2"),
        element(0x0028_0010, Vr::US, 8_u16.to_le_bytes()),
        element(0x0028_0011, Vr::US, 8_u16.to_le_bytes()),
        element(0x0028_0100, Vr::US, 16_u16.to_le_bytes()),
        element(0x7FE0_0010, Vr::OW, vec![7; 128]),
    ]);
    elements.retain(|element| more.iter().all(|other| other.tag != element.tag));
    elements.extend(more.iter().cloned());
    elements
}

pub fn scan(bytes: &[u8]) -> DataSet {
    scan_bytes(bytes, &Limits::default()).unwrap()
}

/// Value at the top, without padding.
pub fn value(data_set: &DataSet, tag: u32) -> Option<String> {
    let (_, element) = data_set.find(None, Tag(tag))?;
    Some(String::from_utf8_lossy(data_set.value(element)?).trim_end_matches([' ', '\0']).to_owned())
}
