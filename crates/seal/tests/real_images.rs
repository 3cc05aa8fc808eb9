//! Real images: the test data of pydicom, from scanners of many makers. Sealed, converted by dcmtk and held against the seal;
//! signed, and verified by dcmsign.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{Authority, has, run, verified};
use medward_dicom_scan::Disguise;
use medward_seal::{Demand, MacAlgorithm, NotSigned, SealKey, Sealer};
use medward_test_peers::{dicom_files, python};
use std::io::Cursor;
use std::path::Path;

/// Converted by dcmconv; `None` where it refuses the file itself.
fn converted(option: &str, from: &str, to: &str, here: &Path) -> Option<Vec<u8>> {
    let done = run("dcmconv", &[option, from, to], here).status.success();
    done.then(|| std::fs::read(here.join(to)).unwrap())
}

/// What dcmsign does not verify of ours, and why: the standard signs the bytes that are there.
const NOT_BY_DCMSIGN: [(&str, &str); 5] = [
    ("SC_rgb_gdcm_KY.dcm", "two spaces behind (0008,0008): dcmtk drops them when it reads"),
    ("SC_rgb_gdcm2k_uncompressed.dcm", "the same"),
    ("gdcm-US-ALOKA-16.dcm", "ten spaces behind (0008,0080), of which dcmtk keeps none"),
    ("examples_ybr_color.dcm", "two spaces as (0010,2160): dcmtk reads an empty value"),
    ("SC_rgb_jpeg.dcm", "its pixel data is not ended: dcmtk reads no such file"),
];

#[test]
fn seals_of_real_images_hold_over_conversions_and_dcmsign_verifies_what_we_signed() {
    let Some(python) = python().filter(|_| has(&["openssl", "dcmconv", "dcmsign"])) else { return };
    let authority = Authority::new();
    let here = authority.path();
    authority.issue("rsa", "rsa", "signer", &[]);
    let signer = authority.signer("rsa", MacAlgorithm::Sha256);
    let mut verifier = authority.verifier();
    let sealer = Sealer::new(&SealKey::new([3; 32]));
    let (mut images, mut conversions, mut signatures) = (0, 0, 0);
    let mut wrong = Vec::new();
    for path in dicom_files(&python) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let Ok(before) = sealer.object(&mut Cursor::new(&bytes)) else { continue };
        images += 1;
        std::fs::copy(&path, here.join("image.dcm")).unwrap();
        for (first, second) in [("+ti", "+te"), ("+te", "+td"), ("+td", "+ti"), ("+te", "-e")] {
            let Some(one) = converted(first, "image.dcm", "one.dcm", here) else { continue };
            let two = converted(second, "one.dcm", "two.dcm", here);
            for (step, bytes) in [(first, Some(one)), (second, two)] {
                let Some(bytes) = bytes else { continue };
                conversions += 1;
                let Ok(after) = sealer.object(&mut Cursor::new(&bytes)) else {
                    wrong.push(format!("{name}: {first} {step}: cannot be sealed any more"));
                    continue;
                };
                let groups = before.seal.changed_groups(&after.seal);
                if before.seal.pixels != after.seal.pixels || !groups.is_empty() {
                    let pixels = if before.seal.pixels == after.seal.pixels { "" } else { " pixels" };
                    wrong.push(format!("{name}: {first} {step}:{pixels} {groups:?}"));
                }
            }
        }
        let mut ours = Vec::new();
        match signer.object(&mut Cursor::new(&bytes), &[], jiff::Timestamp::now(), &mut ours) {
            Ok(_) => {}
            // The last of them: images of the committee's own test set are TIFF images as well.
            Err(NotSigned::Order | NotSigned::Nothing | NotSigned::Disguised(Disguise::Tiff)) => continue,
            Err(error) => panic!("{name}: {error}"),
        }
        signatures += 1;
        let report = verified(&mut verifier, &ours);
        if let Err(refusals) = report.judge(&Demand::default()) {
            // What cannot be signed stays open; nothing else may.
            let is_open = report.uncovered.iter().all(|one| one.is_unsignable);
            if !is_open || refusals.len() > 1 {
                wrong.push(format!("{name}: ours: {refusals:?} {:?}", report.uncovered));
            }
        }
        std::fs::write(here.join("ours.dcm"), &ours).unwrap();
        let output = run("dcmsign", &["-q", "--verify", "+rg", "+cf", "root.pem", "ours.dcm"], here);
        if output.status.success() == NOT_BY_DCMSIGN.iter().any(|(known, _)| name == *known) {
            wrong.push(format!("{name}: dcmsign says otherwise of what we signed than expected"));
        }
    }
    println!("{images} sealed, {conversions} conversions, {signatures} signed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(images > 30 && conversions > 100 && signatures > 30);
}
