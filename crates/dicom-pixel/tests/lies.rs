//! Objects whose attributes say of their pixels what cannot be: refused before anything is set aside, or drawn within their own bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_dicom_pixel::{FRAME_BYTES_MAX, PixelError, Pixels, render};
use medward_dicom_scan::{Limits, Scanner, Source};

const EXPLICIT: &str = "1.2.840.10008.1.2.1";

fn element(out: &mut Vec<u8>, group: u16, number: u16, vr: [u8; 2], value: &[u8]) {
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr);
    let length = u32::try_from(value.len()).unwrap();
    if matches!(&vr, b"OW" | b"OB") {
        out.extend([0, 0]);
        out.extend(length.to_le_bytes());
    } else {
        out.extend(u16::try_from(length).unwrap().to_le_bytes());
    }
    out.extend(value);
}

/// What may be said otherwise of an image of four pixels.
#[derive(Clone, Copy)]
struct Said<'s> {
    dimension: (&'s [u8; 2], &'s [u8]),
    samples: u16,
    frames: &'s [u8; 10],
    photometric: &'s [u8],
    entries: u16,
    table: &'s [u8],
    pixels: &'s [u8],
}

const HONEST: Said<'static> = Said {
    dimension: (b"US", &[2, 0]),
    samples: 1,
    frames: b"1         ",
    photometric: b"PALETTE COLOR ",
    entries: 2,
    table: &[0x00, 0x10, 0x00, 0x20],
    pixels: &[0, 1, 1, 0],
};

fn file(said: Said<'_>) -> Vec<u8> {
    let mut meta = Vec::new();
    element(&mut meta, 2, 0x10, *b"UI", b"1.2.840.10008.1.2.1\0");
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, 2, 0, *b"UL", &u32::try_from(meta.len()).unwrap().to_le_bytes());
    out.extend(meta);
    let mut number =
        |element_number, value: u16| element(&mut out, 0x28, element_number, *b"US", &value.to_le_bytes());
    number(2, said.samples);
    element(&mut out, 0x28, 4, *b"CS", said.photometric);
    element(&mut out, 0x28, 8, *b"IS", said.frames);
    for at in [0x10, 0x11] {
        element(&mut out, 0x28, at, *said.dimension.0, said.dimension.1);
    }
    for (at, value) in [(0x100, 8_u16), (0x101, 8), (0x102, 7), (0x103, 0)] {
        element(&mut out, 0x28, at, *b"US", &value.to_le_bytes());
    }
    let [low, high] = said.entries.to_le_bytes();
    for at in 0x1101..=0x1103 {
        element(&mut out, 0x28, at, *b"US", &[low, high, 0, 0, 16, 0]);
    }
    for at in 0x1201..=0x1203 {
        element(&mut out, 0x28, at, *b"OW", said.table);
    }
    element(&mut out, 0x7FE0, 0x10, *b"OB", said.pixels);
    out
}

fn drawn(said: Said<'_>) -> Result<Vec<u8>, PixelError> {
    let bytes = file(said);
    let mut scanner = Scanner::new(&Limits::default());
    let data_set = scanner.scan_bytes(&bytes).unwrap();
    let mut pixels = Pixels::of(data_set, EXPLICIT)?;
    let source = Source::whole(data_set, &bytes).unwrap();
    render(&mut pixels, source, 0, None).map(|picture| picture.bytes)
}

#[test]
fn dimensions_whose_product_overflows_are_refused() {
    assert!(drawn(HONEST).is_ok());
    let large: (&[u8; 2], &[u8]) = (b"US", &[0xFF, 0xFF]);
    const { assert!(65_535_u64 * 65_535 > FRAME_BYTES_MAX) };
    for said in [
        Said { dimension: large, ..HONEST },
        Said { dimension: large, samples: 3, photometric: b"RGB ", ..HONEST },
        Said { dimension: large, frames: b"4294967295", ..HONEST },
        Said { frames: b"4294967295", ..HONEST },
        Said { dimension: (b"US", &[0, 0]), ..HONEST },
        // Rows and columns as longs: other readers would see 65,538 of them where this one sees two.
        Said { dimension: (b"UL", &[2, 0, 1, 0]), ..HONEST },
        Said { pixels: &[], ..HONEST },
    ] {
        assert!(drawn(said).is_err());
    }
}

#[test]
fn palettes_that_lie_are_refused() {
    assert_eq!(
        drawn(HONEST).unwrap(),
        [0x10, 0x10, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x10, 0x10, 0x10]
    );
    // An index beyond the table is its last entry (PS3.3 section C.7.6.3.1.5), and never what lies behind it.
    let beyond = drawn(Said { pixels: &[0, 1, 255, 200], ..HONEST }).unwrap();
    assert!(beyond.ends_with(&[0x20; 6]), "{beyond:?}");
    for said in [
        Said { entries: 200, ..HONEST },
        Said { entries: 0, ..HONEST },
        Said { table: &[], ..HONEST },
        Said { entries: 4, table: &[1, 2], ..HONEST },
    ] {
        let drawn = drawn(said);
        assert!(drawn.is_err(), "{drawn:?}");
    }
}
