//! Objects that lie: whatever comes, verification ends soon, panics never, and accepts nothing.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{Authority, ct, edited, element, has, now, signed, verified};
use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use medward_seal::report::NotChecked;
use medward_seal::{Authorities, Demand, Integrity, MacAlgorithm, SIGNATURES_MAX, SealKey, Sealer, Verifier};
use std::io::Cursor;

/// An object with many signatures, each said to be over all of it, by a certificate that anyone can copy.
fn crowded(certificate: &[u8], signatures: u16, pixels: usize, mac: &str) -> Vec<u8> {
    let little = Encoding::ExplicitLittle;
    let list: Vec<u8> = [0xE0, 0x7F, 0x10, 0x00].to_vec();
    let parameters: Vec<_> = (0..signatures)
        .map(|id| {
            vec![
                element(0x0400_0005, Vr::US, id.to_le_bytes()),
                element(0x0400_0010, Vr::UI, "1.2.840.10008.1.2.1"),
                element(0x0400_0015, Vr::CS, mac),
                element(0x0400_0020, Vr::AT, list.clone()),
            ]
        })
        .collect();
    let items: Vec<_> = (0..signatures)
        .map(|id| {
            vec![
                element(0x0400_0005, Vr::US, id.to_le_bytes()),
                element(0x0400_0100, Vr::UI, format!("2.25.{id}")),
                element(0x0400_0115, Vr::OB, certificate),
                element(0x0400_0120, Vr::OB, vec![1; 256]),
            ]
        })
        .collect();
    made::file(vec![
        element(0x0008_0018, Vr::UI, "1.2.3"),
        NewElement::sequence(Tag(0x4FFE_0001), &parameters, little).unwrap(),
        element(0x7FE0_0010, Vr::OW, vec![7; pixels]),
        NewElement::sequence(Tag(0xFFFA_FFFA), &items, little).unwrap(),
    ])
}

#[test]
fn thousands_of_signatures_over_the_whole_file_cost_no_more_than_a_bound() {
    if !has(&["openssl"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let certificate = medward_seal::Certificate::from_pem(&authority.read("rsa.pem")).unwrap().remove(0);
    let mut verifier = authority.verifier();
    let many = crowded(certificate.der(), 5_000, 1 << 20, "MD5");
    let report = verified(&mut verifier, &many);
    assert_eq!(report.signatures.len(), SIGNATURES_MAX + 1);
    let last = &report.signatures[SIGNATURES_MAX];
    assert_eq!(last.integrity, Integrity::NotChecked(NotChecked::Work("too many signatures")));
    assert!(last.uid.contains("4968"), "those left out are counted: {}", last.uid);
    assert!(report.judge(&Demand::default()).is_err());
    // Few signatures, each over much: the digests together are bounded by the bytes there are.
    let large = crowded(certificate.der(), 30, 32 << 20, "RIPEMD160");
    let report = verified(&mut verifier, &large);
    let checked = report.signatures.iter().filter(|one| one.integrity == Integrity::Broken).count();
    assert_eq!(checked, 4, "at most four times the object, or 128 MiB");
    let unchecked = Integrity::NotChecked(NotChecked::Work("too many bytes under signatures"));
    assert!(report.signatures.iter().skip(4).all(|one| one.integrity == unchecked));
}

#[test]
fn parameters_that_lie_are_not_checked_and_never_accepted() {
    if !has(&["openssl"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let good = signed(&authority.signer("rsa", MacAlgorithm::Sha256), &ct(1));
    let mut verifier = authority.verifier();
    let (parameters, signature) = ([(Tag(0x4FFE_0001), 0)], [(Tag(0xFFFA_FFFA), 0)]);
    let lie = |path: &[(Tag, usize)], tag: u32, value: &[u8]| {
        edited(&good, |data_set, edits| edits.replace(data_set.find_path(path, Tag(tag)).unwrap().0, value))
    };
    for (what, bytes) in [
        ("another algorithm", lie(&parameters, 0x0400_0015, b"SHA512")),
        ("no algorithm", lie(&parameters, 0x0400_0015, b"NONE")),
        ("a MAC of nothing", lie(&parameters, 0x0400_0020, b"")),
        ("a shorter list", lie(&parameters, 0x0400_0020, &[0xE0, 0x7F, 0x10, 0x00])),
        ("another syntax", lie(&parameters, 0x0400_0010, b"1.2.840.10008.1.2.2")),
        ("another MAC ID", lie(&parameters, 0x0400_0005, &[9, 0])),
        ("no certificate", lie(&signature, 0x0400_0115, b"")),
        ("half a certificate", lie(&signature, 0x0400_0115, &[0x30, 0x82, 0x10, 0x00, 0x30])),
        ("no signature", lie(&signature, 0x0400_0120, b"")),
        ("a signature of zeros", lie(&signature, 0x0400_0120, &[0; 256])),
        ("another time", lie(&signature, 0x0400_0105, b"20010101000000.000000+0000")),
    ] {
        let report = verified(&mut verifier, &bytes);
        assert_ne!(report.signatures[0].integrity, Integrity::Intact, "{what}");
        assert!(report.judge(&Demand::default()).is_err(), "{what}");
    }
}

#[test]
fn mutated_objects_end_in_a_report_and_are_not_accepted_where_what_is_signed_differs() {
    if !has(&["openssl"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("p256", "p256", "signer", &[]);
    let good = signed(&authority.signer("p256", MacAlgorithm::Sha256), &ct(1));
    let mut trusting = authority.verifier();
    let mut believing_nobody = Verifier::new(Authorities::new(), Authorities::new(), now());
    let sealer = Sealer::new(&SealKey::new([7; 32]));
    let before = sealer.object(&mut Cursor::new(&good)).unwrap().seal;
    let start = usize::try_from(made::scan(&good).span().0).unwrap();
    let (mut seed, mut accepted, mut read) = (0x2545_F491_u32, 0, 0);
    for _ in 0..3_000 {
        let mut bytes = good.clone();
        for _ in 0..=seed % 3 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = start + usize::try_from(seed >> 8).unwrap() % (bytes.len() - start);
            bytes[at] = bytes[at].wrapping_add(u8::try_from(seed & 0x7F).unwrap()).wrapping_add(1);
        }
        let Ok(report) = trusting.object(&mut Cursor::new(&bytes)) else { continue };
        read += 1;
        if report.judge(&Demand::default()).is_ok() {
            accepted += 1;
            // What a signature does not see, the seal does not either, but for the signature itself.
            let after = sealer.object(&mut Cursor::new(&bytes)).unwrap().seal;
            assert_eq!(after.pixels, before.pixels);
            let changed = before.changed_groups(&after);
            assert!(changed.iter().all(|group| *group == medward_seal::Group::Signatures), "{changed:?}");
        }
        let report = believing_nobody.object(&mut Cursor::new(&bytes)).unwrap();
        assert!(report.judge(&Demand::default()).is_err());
    }
    assert!(read > 1_000, "{read} of the mutated objects were read: the test proves little");
    assert!(accepted < read / 20, "{accepted} of {read}");
}
