//! Writes a study for measuring: `cargo run --release -p medward-deid --example study DIRECTORY [IMAGES]`.
//!
//! CT slices of 512 x 512 with 16 bits and about 200 header elements, half of them of Table E.1-1, filled with what
//! identifies; nested and private elements too. All values are made up.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a program for measuring")]

use medward_deid::table::{Pattern, rows};
use medward_dicom_scan::{Edits, Limits, NewElement, Tag, Vr, scan_bytes, write_bytes};

fn element(tag: u32, vr: Vr, value: impl Into<Vec<u8>>) -> NewElement {
    NewElement::new(Tag(tag), vr, value)
}

fn slice(number: u32) -> Vec<u8> {
    let mut elements = vec![
        element(0x0008_0005, Vr::CS, "ISO_IR 192"),
        element(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        element(0x0008_0018, Vr::UI, format!("1.2.826.0.1.3680043.9.77.3.{number}")),
        element(0x0008_0020, Vr::DA, "20240305"),
        element(0x0008_0060, Vr::CS, "CT"),
        element(0x0008_0070, Vr::LO, "ACME Imaging"),
        element(0x0010_0010, Vr::PN, "Featherstone^Josephine^Ann"),
        element(0x0010_0020, Vr::LO, "MRN-0047110"),
        element(0x0010_0030, Vr::DA, "19620917"),
        element(0x0020_000D, Vr::UI, "1.2.826.0.1.3680043.9.77.1"),
        element(0x0020_000E, Vr::UI, "1.2.826.0.1.3680043.9.77.2"),
        element(0x0020_0013, Vr::IS, number.to_string()),
        element(0x0028_0002, Vr::US, 1_u16.to_le_bytes()),
        element(0x0028_0004, Vr::CS, "MONOCHROME2"),
        element(0x0028_0010, Vr::US, 512_u16.to_le_bytes()),
        element(0x0028_0011, Vr::US, 512_u16.to_le_bytes()),
        element(0x0028_0100, Vr::US, 16_u16.to_le_bytes()),
        element(0x0009_0010, Vr::LO, "ACME"),
        element(0x0009_1001, Vr::LO, "Featherstone"),
    ];
    let reference = |uid: String| {
        vec![element(0x0008_1150, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"), element(0x0008_1155, Vr::UI, uid)]
    };
    let referenced = vec![reference(format!("1.2.826.0.1.3680043.9.77.3.{}", (number + 1) % 300))];
    let encoding = medward_dicom_scan::Encoding::ExplicitLittle;
    elements.extend(NewElement::sequence(Tag(0x0008_1140), &referenced, encoding));
    // Of the table: every third row. Besides it: geometry and technique.
    for (at, row) in rows().iter().enumerate().filter(|(at, _)| at % 3 == 0) {
        let (Pattern::Tag(tag), Some(vr)) = (row.pattern, row.vr) else { continue };
        let value = match vr {
            Vr::PN => format!("Physician{at}^Robert"),
            Vr::DA => "20240305".to_owned(),
            Vr::TM => format!("1011{:02}", number % 60),
            Vr::DT => "20240305101112".to_owned(),
            Vr::UI => format!("1.2.826.0.1.3680043.9.77.4.{at}"),
            Vr::LO | Vr::ST | Vr::LT | Vr::UT => format!("Some value {at} of the hospital"),
            Vr::SH => format!("value {at}"),
            _ => continue,
        };
        if tag.group() > 0x0008 && tag.group() < 0x0400 {
            elements.push(element(tag.0, vr, value));
        }
    }
    for (at, tag) in (0x0018_9301..0x0018_9350_u32).enumerate() {
        if medward_dicom_scan::standard_vr(Tag(tag)) == Vr::FD {
            elements.push(element(tag, Vr::FD, (f64::from(u32::try_from(at).unwrap())).to_le_bytes()));
        }
    }
    let mut seed = number.wrapping_mul(747_796_405).wrapping_add(1);
    let pixels: Vec<u8> = (0..512 * 512)
        .flat_map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (((seed >> 20) % 2000) as u16).to_le_bytes()
        })
        .collect();
    elements.push(element(0x7FE0_0010, Vr::OW, pixels));
    // A first element to begin from; the editor puts all others at their places.
    let mut seedling = b"\x08\x00\x16\x00UI\x02\x00".to_vec();
    seedling.extend_from_slice(b"1\0");
    let data_set = scan_bytes(&seedling, &Limits::default()).unwrap();
    let mut edits = Edits::new();
    elements.sort_by_key(|element| element.tag);
    elements.dedup_by_key(|element| element.tag);
    for element in elements {
        edits.set(None, element);
    }
    let meta = [
        element(0x0002_0001, Vr::OB, [0, 1]),
        element(0x0002_0002, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        element(0x0002_0003, Vr::UI, format!("1.2.826.0.1.3680043.9.77.3.{number}")),
        element(0x0002_0010, Vr::UI, "1.2.840.10008.1.2.1"),
        element(0x0002_0016, Vr::AE, "HOSPITAL"),
    ];
    let mut out = Vec::new();
    write_bytes(&data_set, &seedling, &edits, Some(&meta), &mut out).unwrap();
    out
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = std::path::PathBuf::from(arguments.next().unwrap());
    let images: u32 = arguments.next().map_or(300, |images| images.parse().unwrap());
    std::fs::create_dir_all(&directory).unwrap();
    for number in 0..images {
        std::fs::write(directory.join(format!("slice{number:04}.dcm")), slice(number)).unwrap();
    }
}
