//! Inputs made to hurt: each once took down or fooled a reader; here each ends in a typed refusal or a named problem.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test states what it expects"
)]

use flate2::Compression;
use flate2::write::DeflateEncoder;
use medward_dicom_scan::{
    DataSet, Disguise, Edits, Kind, Limits, NewElement, Oddity, Reason, Scanner, Tag, Vr, meta_of, scan,
    scan_bytes, write_bytes,
};
use std::io::{Cursor, Write};
use std::path::PathBuf;

/// Part 10 file of a data set in a transfer syntax.
fn part10(uid: &str, data_set: &[u8]) -> Vec<u8> {
    let mut uid = uid.as_bytes().to_vec();
    if uid.len() % 2 == 1 {
        uid.push(0);
    }
    let mut file = vec![0; 128];
    file.extend_from_slice(b"DICM\x02\x00\x00\x00UL\x04\x00");
    file.extend_from_slice(&u32::try_from(uid.len() + 8).unwrap().to_le_bytes());
    file.extend_from_slice(b"\x02\x00\x10\x00UI");
    file.extend_from_slice(&u16::try_from(uid.len()).unwrap().to_le_bytes());
    file.extend_from_slice(&uid);
    file.extend_from_slice(data_set);
    file
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const IMPLICIT: &str = "1.2.840.10008.1.2";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// Explicit little endian, long form where the VR has it.
fn element(group: u16, number: u16, vr: &str, declared: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend_from_slice(vr.as_bytes());
    if Vr::from_letters(vr.as_bytes().try_into().unwrap()).is_some_and(Vr::has_long_length) {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&declared.to_le_bytes());
    } else {
        bytes.extend_from_slice(&u16::try_from(declared).unwrap().to_le_bytes());
    }
    bytes.extend_from_slice(value);
    bytes
}

fn reason(bytes: &[u8]) -> Reason {
    scan_bytes(bytes, &Limits::default()).unwrap_err().reason
}

fn oddities(data_set: &DataSet) -> Vec<Oddity> {
    data_set.problems().iter().map(|problem| problem.oddity).collect()
}

#[test]
fn two_thousand_levels_in_72_kilobytes_are_refused() {
    let mut nested = Vec::new();
    for _ in 0..2000 {
        nested.extend(element(0x0040, 0xA730, "SQ", u32::MAX, b""));
        nested.extend_from_slice(b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF");
    }
    for _ in 0..2000 {
        nested.extend_from_slice(b"\xFE\xFF\x0D\xE0\0\0\0\0\xFE\xFF\xDD\xE0\0\0\0\0");
    }
    let file = part10(EXPLICIT, &nested);
    assert_eq!(file.len() / 1024, 70);
    assert!(matches!(reason(&file), Reason::Depth(64)));
    // Up to the limit it is read.
    let limits = Limits { depth: 255, ..Limits::default() };
    assert!(matches!(scan_bytes(&file, &limits).unwrap_err().reason, Reason::Depth(255)));
}

#[test]
fn two_gigabytes_declared_in_326_bytes_cost_nothing() {
    let mut bytes = element(0x7FE0, 0x0010, "OB", 0x7FFF_FFFE, b"");
    bytes.resize(326, 0);
    assert!(matches!(reason(&part10(EXPLICIT, &bytes)), Reason::Truncated { declared: 0x7FFF_FFFE, .. }));
    let text = element(0x0040, 0xA160, "UT", 0x7FFF_FFFE, b"");
    assert!(matches!(reason(&part10(EXPLICIT, &text)), Reason::Truncated { left: 0, .. }));
}

#[test]
fn a_deflate_bomb_is_refused_and_a_blank_image_is_not() {
    let deflated = |megabytes: usize| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let bytes = u32::try_from(megabytes << 20).unwrap();
        encoder.write_all(&element(0x7FE0, 0x0010, "OB", bytes, b"")).unwrap();
        for _ in 0..megabytes {
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
        }
        part10(DEFLATED, &encoder.finish().unwrap())
    };
    let bomb = deflated(64);
    assert!(bomb.len() < 100_000);
    assert!(matches!(reason(&bomb), Reason::Bomb(_)));
    let image = deflated(8);
    let data_set = scan_bytes(&image, &Limits::default()).unwrap();
    assert!(data_set.elements()[0].is_left_in_source());
    assert!(data_set.held_bytes() < 1 << 20, "{}", data_set.held_bytes());
    // The bulk that was never held is written all the same.
    let mut out = Vec::new();
    write_bytes(&data_set, &image, &Edits::new(), Some(&meta_of(&data_set)), &mut out).unwrap();
    assert_eq!(scan_bytes(&out, &Limits::default()).unwrap().elements()[0].value_bytes(), 8 << 20);
}

#[test]
fn a_broken_deflate_stream_is_refused() {
    assert!(matches!(reason(&part10(DEFLATED, &[0xFF; 64])), Reason::Read(_)));
}

#[test]
fn a_deflate_stream_is_never_taken_for_elements() {
    // A stored block (RFC 1951 section 3.2.4).
    let stored = |first: u8, bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap();
        [&[first][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes].concat()
    };
    // An empty block with fixed codes and an empty stored one are 02 00 00 00 FF FF: as group 0002 begins.
    let name = element(0x0010, 0x0010, "PN", 4, b"Doe ");
    let as_meta = [&[0x02, 0x00, 0x00, 0x00, 0xFF, 0xFF][..], &stored(1, &name)].concat();
    // The length's complement ends in "P" and the data begin with "E": a VR that nobody knows.
    let creator = element(0x0045, 0x0010, "LO", 4, b"TEST");
    let text = element(0x0045, 0x1001, "UT", 0xAF00 - 24, &vec![b'x'; 0xAF00 - 24]);
    let as_vr = stored(1, &[creator, text].concat());
    assert_eq!(&as_vr[4..6], b"PE");
    for (stream, elements) in [(as_meta, 1), (as_vr, 2)] {
        let data_set = scan_bytes(&part10(DEFLATED, &stream), &Limits::default()).unwrap();
        assert_eq!(data_set.elements().len(), elements);
        assert!(data_set.problems().is_empty(), "{:?}", data_set.problems());
    }
}

#[test]
fn undefined_length_where_it_is_illegal_is_refused() {
    let text = element(0x0040, 0xA160, "UT", u32::MAX, b"text");
    assert!(matches!(reason(&part10(EXPLICIT, &text)), Reason::UndefinedLength));
    let fragment =
        [element(0x7FE0, 0x0010, "OB", u32::MAX, b""), b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF".to_vec()];
    assert!(matches!(reason(&part10(EXPLICIT, &fragment.concat())), Reason::UndefinedLength));
    let name = b"\x10\x00\x10\x00\xFF\xFF\xFF\xFFDoe";
    assert!(matches!(reason(&part10(IMPLICIT, name)), Reason::UndefinedLength));
}

#[test]
fn what_readers_would_disagree_on_is_refused() {
    let item = |declared: u32| [&b"\xFE\xFF\x00\xE0"[..], &declared.to_le_bytes()].concat();
    // An item longer than its sequence.
    let inner = element(0x0008, 0x0100, "SH", 4, b"code");
    let bytes = [element(0x0040, 0xA730, "SQ", 12, b""), item(100), inner.clone(), vec![0; 200]].concat();
    assert!(matches!(reason(&part10(EXPLICIT, &bytes)), Reason::Overrun { .. }));
    // An element longer than its item.
    let bytes =
        [element(0x0040, 0xA730, "SQ", 20, b""), item(12), element(0x0008, 0x0100, "SH", 40, &[b' '; 60])];
    assert!(matches!(reason(&part10(EXPLICIT, &bytes.concat())), Reason::Overrun { .. }));
    // A delimiter outside of everything; a sequence without items; a VR nobody knows.
    assert!(matches!(reason(&part10(EXPLICIT, b"\xFE\xFF\xDD\xE0\0\0\0\0")), Reason::StrayDelimiter));
    let bytes = [element(0x0040, 0xA730, "SQ", 12, b""), inner].concat();
    assert!(matches!(reason(&part10(EXPLICIT, &bytes)), Reason::NotAnItem));
    assert!(matches!(reason(&part10(EXPLICIT, b"\x10\x00\x10\x00ZZ\x04\x00Doe ")), Reason::UnknownVr(_)));
    // A sequence that never ends.
    let bytes = element(0x0040, 0xA730, "SQ", u32::MAX, b"");
    assert!(matches!(reason(&part10(EXPLICIT, &bytes)), Reason::Unclosed));
    assert!(matches!(reason(b"Hello, this is a letter."), Reason::NotDicom));
    assert!(matches!(reason(b""), Reason::NotDicom));
}

#[test]
fn oddities_are_named_with_their_place() {
    let bytes = [
        element(0x0008, 0x0060, "CS", 3, b"CT "),
        element(0x0002, 0x0010, "UI", 4, b"1.2\0"),
        element(0x0010, 0x0010, "LO", 4, b"Doe "),
        element(0x0010, 0x0010, "PN", 4, b"Roe "),
        element(0x0008, 0x0070, "LO", 2, b"M "),
    ];
    let file = part10(EXPLICIT, &bytes.concat());
    let data_set = scan_bytes(&file, &Limits::default()).unwrap();
    let expected = [
        Oddity::OddLength,
        Oddity::OutOfOrder,
        Oddity::MetaInDataSet,
        Oddity::VrNotOfDictionary { dictionary: Vr::PN },
        Oddity::DuplicateTag,
        Oddity::OutOfOrder,
    ];
    assert_eq!(oddities(&data_set), expected);
    let duplicate = data_set.problems()[4];
    assert_eq!(&file[usize::try_from(duplicate.offset).unwrap()..][..8], b"\x10\x00\x10\x00PN\x04\x00");
    // All that share the tag go when a new one is set, so that no reader finds the old one.
    let mut edits = Edits::new();
    edits.set(None, NewElement::new(Tag::new(0x0010, 0x0010), Vr::PN, "Anon"));
    let mut out = Vec::new();
    write_bytes(&data_set, &file, &edits, None, &mut out).unwrap();
    assert!(!out.windows(3).any(|part| part == b"Doe" || part == b"Roe"));
}

#[test]
fn items_of_an_un_are_implicit_as_the_standard_says_and_explicit_where_they_can_be_nothing_else() {
    let un = |inside: &[u8]| {
        let length = u32::try_from(inside.len()).unwrap().to_le_bytes();
        let item = [&b"\xFE\xFF\x00\xE0"[..], &length, inside].concat();
        let value = [&item[..], b"\xFE\xFF\xDD\xE0\0\0\0\0"].concat();
        part10(EXPLICIT, &element(0x0008, 0x1140, "UN", u32::MAX, &value))
    };
    let name = |bytes: &[u8]| {
        let data_set = scan_bytes(bytes, &Limits::default()).unwrap();
        let (_, name) =
            data_set.find_path(&[(Tag::new(0x0008, 0x1140), 0)], Tag::new(0x0010, 0x0010)).unwrap();
        assert_eq!(data_set.text(name).unwrap(), "Doe^Jane");
        oddities(&data_set)
    };
    assert!(!name(&un(b"\x10\x00\x10\x00\x08\0\0\0Doe^Jane")).contains(&Oddity::ExplicitInUnknown));
    let explicit = un(&element(0x0010, 0x0010, "PN", 8, b"Doe^Jane"));
    assert!(name(&explicit).contains(&Oddity::ExplicitInUnknown));
}

#[test]
fn a_lying_group_length_and_trailing_bytes_are_problems() {
    let mut file = part10(EXPLICIT, &element(0x0008, 0x0060, "CS", 2, b"CT"));
    file[140] = 99;
    file.extend_from_slice(b"hidden");
    let data_set = scan_bytes(&file, &Limits::default()).unwrap();
    assert_eq!(oddities(&data_set), [Oddity::GroupLengthWrong, Oddity::TrailingBytes]);
    let mut out = Vec::new();
    write_bytes(&data_set, &file, &Edits::new(), Some(&meta_of(&data_set)), &mut out).unwrap();
    assert!(scan_bytes(&out, &Limits::default()).unwrap().problems().is_empty());
    assert!(!out.ends_with(b"hidden"));
}

#[test]
fn counts_and_held_bytes_are_bounded() {
    let many = element(0x0009, 0x1001, "LO", 0, b"").repeat(1001);
    let limits = Limits { elements: 1000, ..Limits::default() };
    let file = part10(EXPLICIT, &many);
    assert!(matches!(scan_bytes(&file, &limits).unwrap_err().reason, Reason::Elements(1000)));
    let data_set = scan_bytes(&part10(EXPLICIT, &many.repeat(3)), &Limits::default()).unwrap();
    assert_eq!(data_set.problems().len() as u64 + data_set.problems_left_out(), 3002);
    let text = element(0x0040, 0xA160, "UT", 4000, &[b'x'; 4000]).repeat(10);
    let limits = Limits { header_bytes: 20_000, ..Limits::default() };
    assert!(matches!(
        scan_bytes(&part10(EXPLICIT, &text), &limits).unwrap_err().reason,
        Reason::HeaderBytes(20_000)
    ));
    let fragments = b"\xFE\xFF\x00\xE0\0\0\0\0".repeat(11);
    let bytes = [element(0x7FE0, 0x0010, "OB", u32::MAX, b""), fragments].concat();
    let limits = Limits { fragments: 10, ..Limits::default() };
    assert!(matches!(
        scan_bytes(&part10(EXPLICIT, &bytes), &limits).unwrap_err().reason,
        Reason::Fragments(10)
    ));
}

#[test]
fn pixels_are_passed_over_not_read() {
    /// Counts what is read of a source.
    struct Counting(Cursor<Vec<u8>>, usize);
    impl std::io::Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let got = self.0.read(buffer)?;
            self.1 += got;
            Ok(got)
        }
    }
    impl std::io::Seek for Counting {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let name = element(0x0010, 0x0010, "PN", 4, b"Doe ");
    let pixels = element(0x7FE0, 0x0010, "OW", 64 << 20, &vec![7; 64 << 20]);
    let after = element(0xFFFC, 0xFFFC, "OB", 2, b"\0\0");
    let mut source = Counting(Cursor::new(part10(EXPLICIT, &[name, pixels, after].concat())), 0);
    let data_set = scan(&mut source, &Limits::default()).unwrap();
    assert_eq!(data_set.elements().len(), 3);
    assert!(source.1 < 200_000, "{} bytes read", source.1);
    assert!(data_set.held_bytes() < 200_000);
}

#[test]
fn polyglot_preambles_are_named_and_written_as_zeros() {
    let shared = std::env::var_os("MEDWARD_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let directory = shared.join("data/dicom_malformed/polyglot_inert");
    if !directory.is_dir() {
        return eprintln!("SKIPPED: no polyglot files; set MEDWARD_SHARED");
    }
    let cases = [
        ("pe", Some(Disguise::Pe)),
        ("elf", Some(Disguise::Elf)),
        ("macho", Some(Disguise::MachO)),
        ("sh", Some(Disguise::Script)),
        ("pdf", Some(Disguise::Pdf)),
        ("zip", Some(Disguise::Zip)),
        ("tiff", Some(Disguise::Tiff)),
        ("html", Some(Disguise::Html)),
        ("zeros", None),
        ("rand", None),
    ];
    let mut scanner = Scanner::new(&Limits::default());
    for (name, disguise) in cases {
        let bytes = std::fs::read(directory.join(format!("{name}.dcm"))).unwrap();
        let data_set = scanner.scan_bytes(&bytes).unwrap();
        assert_eq!(data_set.disguise(), disguise, "{name}");
        let mut out = Vec::new();
        write_bytes(data_set, &bytes, &Edits::new(), Some(&meta_of(data_set)), &mut out).unwrap();
        assert_eq!(out[..132], part10(EXPLICIT, b"")[..132], "{name}");
    }
}

#[test]
fn a_set_inside_a_replaced_sequence_goes_with_it_and_lengths_hold() {
    let code = element(0x0008, 0x0100, "SH", 4, b"code");
    let item = |content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&b"\xFE\xFF\x00\xE0"[..], &length, content].concat()
    };
    let sequence =
        |content: &[u8]| element(0x0040, 0xA730, "SQ", u32::try_from(content.len()).unwrap(), content);
    let nested = sequence(&item(&sequence(&item(&code))));
    let file = part10(EXPLICIT, &nested);
    let data_set = scan_bytes(&file, &Limits::default()).unwrap();
    let inner = data_set.find_path(&[(Tag::new(0x0040, 0xA730), 0)], Tag::new(0x0040, 0xA730)).unwrap().0;
    let innermost = data_set.children(Some(inner)).next().unwrap().0;
    assert_eq!(data_set.elements()[innermost].kind, Kind::Item);
    let mut edits = Edits::new();
    edits.set(Some(innermost), NewElement::new(Tag::new(0x0008, 0x0104), Vr::LO, "lost"));
    edits.replace(inner, "");
    let mut out = Vec::new();
    write_bytes(&data_set, &file, &edits, None, &mut out).unwrap();
    assert_eq!(out, sequence(&item(&sequence(b""))));
    // Both kept: every length around grows.
    let mut edits = Edits::new();
    edits.set(Some(innermost), NewElement::new(Tag::new(0x0008, 0x0104), Vr::LO, "kept"));
    out.clear();
    write_bytes(&data_set, &file, &edits, None, &mut out).unwrap();
    let both = [code, element(0x0008, 0x0104, "LO", 4, b"kept")].concat();
    assert_eq!(out, sequence(&item(&sequence(&item(&both)))));
}
