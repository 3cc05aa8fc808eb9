//! Seals of a series against tampering and against conversions by dcmtk: everything found and named, no false alarm.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{SIDE, ct, edited, element, file, has, must, scan, slice, with};
use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use medward_ledger::note::KeyKind;
use medward_seal::{Comparison, Finding, Group, Manifest, SealKey, Sealed, Sealer};
use std::io::Cursor;

fn seal(manifest: &Manifest, bytes: &[u8]) -> Sealed {
    Sealer::new(manifest.key()).object(&mut Cursor::new(bytes)).unwrap()
}

fn sealed(images: &[Vec<u8>]) -> Manifest {
    let key = SealKey::generate().unwrap();
    let sealer = Sealer::new(&key);
    let seals = images.iter().map(|image| sealer.object(&mut Cursor::new(image)).unwrap().seal).collect();
    Manifest::new(key, sealer.series("1.2.826.0.1.3680043.9.77.2"), seals).unwrap()
}

fn findings(manifest: &Manifest, images: &[Vec<u8>]) -> Vec<Finding> {
    let mut comparison = Comparison::new(manifest);
    for image in images {
        comparison.add(&seal(manifest, image));
    }
    comparison.finish().err().unwrap_or_default()
}

fn series() -> Vec<Vec<u8>> {
    (1..=8).map(ct).collect()
}

/// Pixels of an image with a square filled, by a function of row and column.
fn painted(bytes: &[u8], row: usize, column: usize, paint: impl Fn(&[u8], usize) -> u16) -> Vec<u8> {
    let data_set = scan(bytes);
    let from = usize::try_from(data_set.find(None, Tag::PIXEL_DATA).unwrap().1.value).unwrap();
    let mut changed = bytes.to_vec();
    for at in (row..row + 8).flat_map(|row| (column..column + 8).map(move |column| row * SIDE + column)) {
        let value = paint(&bytes[from..], at).to_le_bytes();
        changed[from + at * 2..from + at * 2 + 2].copy_from_slice(&value);
    }
    changed
}

fn header(number: i32, group: Group) -> Vec<Finding> {
    vec![Finding::Header { image: format!("image number {number}"), groups: vec![group] }]
}

#[test]
fn every_kind_of_tampering_is_found_and_named() {
    let images = series();
    let manifest = sealed(&images);
    assert_eq!(findings(&manifest, &images), []);
    let tampered = |at: usize, image: Vec<u8>| {
        let mut all = images.clone();
        all[at] = image;
        findings(&manifest, &all)
    };
    let pixels = |number: i32| vec![Finding::Pixels { image: format!("image number {number}") }];
    // In the manner of CT-GAN: a nodule put where none was, and the one that was there painted over with its surroundings.
    assert_eq!(tampered(2, painted(&images[2], 40, 12, |_, _| 1200)), pixels(3));
    let erased = painted(&images[2], 16, 26, |old, at| u16::from(old[(at + 20) * 2]));
    assert_eq!(tampered(2, erased), pixels(3));
    assert_eq!(tampered(2, made::with_pixel(&images[2], 4_001)), pixels(3));
    // Two images change places: by their pixels, or by what says where they lie.
    let pixels_of = |bytes: &[u8]| slice_pixels(bytes);
    let mut all = images.clone();
    for (at, from) in [(3, 6), (6, 3)] {
        let other = pixels_of(&images[from]);
        all[at] = edited(&images[at], |data_set, edits| {
            edits.replace(data_set.find(None, Tag::PIXEL_DATA).unwrap().0, other.clone());
        });
    }
    let swapped = findings(&manifest, &all);
    let of = |image: &str, of: &str| Finding::PixelsOf { image: image.to_owned(), of: of.to_owned() };
    assert_eq!(swapped, [of("image number 4", "image number 7"), of("image number 7", "image number 4")]);
    assert_eq!(tampered(3, with(&images[3], 0x0020_0032, "-170\\-170\\7.25")), header(4, Group::Geometry));
    assert_eq!(tampered(3, with(&images[3], 0x0020_0013, "5")), header(4, Group::Geometry));
    // The header, by what a reader would be misled about.
    for (tag, value, group) in [
        (0x0028_1053, "2", Group::Values),
        (0x0028_1052, "0", Group::Values),
        (0x0028_0030, "0.9\\0.9", Group::Geometry),
        (0x0020_0060, "R", Group::Laterality),
        (0x0010_0010, "Other^Jane", Group::Patient),
        (0x0010_0020, "F-4712", Group::Patient),
        (0x0018_0050, "5", Group::Geometry),
        (0x0028_0004, "MONOCHROME1", Group::Layout),
        (0x0008_0070, "Someone else", Group::Other),
    ] {
        assert_eq!(tampered(5, with(&images[5], tag, value)), header(6, group), "{tag:08X}");
    }
    // Taken away, added, there twice, and from another series under the same UID.
    let mut fewer = images.clone();
    fewer.remove(4);
    assert_eq!(findings(&manifest, &fewer), [Finding::Removed { image: "image number 5".to_owned() }]);
    let mut more = images.clone();
    more.push(ct(9));
    let uid = |number: i32| format!("1.2.826.0.1.3680043.9.77.3.{number}");
    assert_eq!(findings(&manifest, &more), [Finding::Added { uid: uid(9) }]);
    more[8] = images[0].clone();
    assert_eq!(findings(&manifest, &more), [Finding::Twice { uid: uid(1) }]);
    // An element that was not there, at the top and inside of a sequence, and one that is gone.
    let appended = edited(&images[0], |_, edits| edits.set(None, element(0x0020_4000, Vr::LT, "benign")));
    assert_eq!(tampered(0, appended), header(1, Group::Other));
    let inside = edited(&images[0], |data_set, edits| {
        let item = data_set.find_path(&[(Tag(0x0008_1140), 0)], Tag(0x0008_1150)).unwrap().1.parent();
        edits.set(item, element(0x0010_0020, Vr::LO, "other"));
    });
    assert_eq!(tampered(0, inside), header(1, Group::Patient));
    let gone =
        edited(&images[0], |data_set, edits| edits.remove(data_set.find(None, Tag(0x0020_0060)).unwrap().0));
    assert_eq!(tampered(0, gone), header(1, Group::Laterality));
}

fn slice_pixels(bytes: &[u8]) -> Vec<u8> {
    let data_set = scan(bytes);
    data_set.value(data_set.find(None, Tag::PIXEL_DATA).unwrap().1).unwrap().to_vec()
}

/// An image with everything that conversions treat differently: private sequences and numbers, words of every width, bytes in
/// words, an icon, empty sequences, large pixels.
fn difficult() -> Vec<u8> {
    let mut elements = slice(1);
    elements.retain(|element| element.tag != Tag::PIXEL_DATA);
    let little = Encoding::ExplicitLittle;
    let inner = NewElement::sequence(
        Tag(0x0009_1005),
        &[
            vec![element(0x0008_0100, Vr::SH, "odd"), element(0x0009_1006, Vr::FD, 1.5_f64.to_le_bytes())],
            vec![],
        ],
        little,
    );
    let item = vec![
        element(0x0008_0104, Vr::LO, "meaning"),
        element(0x0009_0010, Vr::LO, "ACME"),
        element(0x0009_1004, Vr::US, [1, 2]),
        inner.unwrap(),
    ];
    elements.extend([
        element(0x0009_0010, Vr::LO, "ACME"),
        element(0x0009_1001, Vr::FL, 2.25_f32.to_le_bytes()),
        element(0x0009_1002, Vr::LO, "private text"),
        NewElement::sequence(Tag(0x0009_1003), &[item], little).unwrap(),
        element(0x0018_9345, Vr::FD, 3.5_f64.to_le_bytes()),
        element(0x0028_0009, Vr::AT, [0x18, 0, 0x63, 0x10]),
        element(0x0028_0106, Vr::US, [7, 0]),
        element(0x0028_2000, Vr::OB, vec![9; 300]),
        element(0x0028_3006, Vr::OW, vec![1, 2, 3, 4]),
        NewElement::sequence(Tag(0x0040_0555), &[], little).unwrap(),
        element(0x7FE0_0010, Vr::OW, (0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()),
    ]);
    file(elements)
}

#[test]
fn no_conversion_by_dcmtk_raises_a_false_alarm() {
    if !has(&["dcmconv", "dcmcrle", "dcmdrle"]) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let mut images = vec![difficult()];
    images.extend((2..=4).map(ct));
    let manifest = sealed(&images);
    for (at, image) in images.iter().enumerate() {
        std::fs::write(here.join("image.dcm"), image).unwrap();
        for (first, second) in [
            ("+te", "+ti"),
            ("+ti", "+te"),
            ("+tb", "+te"),
            ("+tb", "+ti"),
            ("+td", "+ti"),
            ("+ti", "+td"),
            ("-e", "+ti"),
            ("+e", "-e"),
            ("+g", "-g"),
        ] {
            must("dcmconv", &[first, "image.dcm", "first.dcm"], here);
            must("dcmconv", &[second, "first.dcm", "second.dcm"], here);
            // And with undefined lengths on the way, where the file allows it.
            must("dcmconv", &[first, "-e", "image.dcm", "third.dcm"], here);
            for name in ["first.dcm", "second.dcm", "third.dcm"] {
                let mut all = images.clone();
                all[at] = std::fs::read(here.join(name)).unwrap();
                assert_eq!(findings(&manifest, &all), [], "image {at}, {first} {second}: {name}");
            }
        }
    }
    // Compression is another digest, and is said as such; bits of the fragments count as well as those of pixels.
    std::fs::write(here.join("image.dcm"), ct(2)).unwrap();
    must("dcmcrle", &["image.dcm", "rle.dcm"], here);
    let compressed = std::fs::read(here.join("rle.dcm")).unwrap();
    let manifest = sealed(std::slice::from_ref(&compressed));
    assert_eq!(findings(&manifest, std::slice::from_ref(&compressed)), []);
    let fragment = scan(&compressed);
    let fragment =
        fragment.elements().iter().rfind(|one| one.kind == medward_dicom_scan::Kind::Fragment).unwrap();
    let mut changed = compressed.clone();
    changed[usize::try_from(fragment.end).unwrap() - 3] ^= 4;
    assert_eq!(findings(&manifest, &[changed]).len(), 1);
}

#[test]
fn a_manifest_holds_under_its_key_alone_and_chains_to_what_it_was_made_from() {
    let images = series();
    let manifest = sealed(&images);
    let signer = medward_ledger::Signer::new("ledger.example", KeyKind::Log, &[7; 32]).unwrap();
    let text = manifest.sign(&signer).unwrap();
    let read = Manifest::open(text.as_bytes(), signer.verifier()).unwrap();
    assert_eq!((read.lines(), read.digest()), (manifest.lines(), manifest.digest()));
    assert_eq!(findings(&read, &images), []);
    let other = medward_ledger::Signer::new("ledger.example", KeyKind::Log, &[8; 32]).unwrap();
    assert!(Manifest::open(text.as_bytes(), other.verifier()).is_err());
    // Every single byte counts, the list's too, and so does every line.
    for at in (0..text.len()).step_by(7) {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        assert!(Manifest::open(&changed, signer.verifier()).is_err(), "byte {at}");
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.pop();
    assert!(Manifest::open((lines.join("\n") + "\n").as_bytes(), signer.verifier()).is_err());
    // Nothing in it tells of a patient or a UID, and the same image is sealed differently under another key.
    for secret in ["Fiction", "F-4711", "1.2.826"] {
        assert!(!text.contains(secret));
    }
    let again = sealed(&images);
    assert_ne!(again.lines()[0].seal.groups[0], manifest.lines()[0].seal.groups[0]);

    // De-identified: other headers and UIDs; one image with its pixels changed, one left out, one put under.
    let mut clean: Vec<Vec<u8>> = images
        .iter()
        .enumerate()
        .map(|(at, image)| {
            with(&with(image, 0x0010_0010, "Nobody"), 0x0008_0018, &format!("2.25.{}", at + 1))
        })
        .collect();
    clean[1] = painted(&clean[1], 0, 0, |_, _| 0);
    clean.remove(7);
    let mut made = sealed(&clean);
    let alone = made.chain_to(&manifest);
    assert_eq!(alone.iter().map(|seal| seal.number).collect::<Vec<_>>(), [Some(2)]);
    let (unknown, pixels) = made.check_chain(&manifest).unwrap();
    assert_eq!((unknown.len(), pixels.len()), (1, 0));
    let (new, old) = (seal(&made, &clean[1]).seal.instance, seal(&manifest, &images[1]).seal.instance);
    assert!(made.chain(&new, &manifest, &old));
    let (unknown, pixels) = made.check_chain(&manifest).unwrap();
    assert_eq!((unknown.len(), pixels[0].seal.number), (0, Some(2)));
    let read = Manifest::open(made.sign(&signer).unwrap().as_bytes(), signer.verifier()).unwrap();
    assert_eq!(read.made_from(), Some(&manifest.digest()));
    assert!(
        read.check_chain(&again).is_err(),
        "another manifest of the same images is not what it was made from"
    );
}
