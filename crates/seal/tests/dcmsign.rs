//! Signatures both ways with dcmsign of dcmtk, an implementation that nobody here wrote.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{Authority, ct, has, must, run, signed, signed_in, verified};
use medward_dicom_scan::Tag;
use medward_seal::report::Weakness;
use medward_seal::{Demand, Integrity, MacAlgorithm, Trust};
use std::path::Path;

const TOOLS: [&str; 3] = ["openssl", "dcmsign", "dcmconv"];

fn dcmsign_verifies(authority: &Authority, bytes: &[u8], what: &str) {
    let path = authority.file("ours.dcm");
    std::fs::write(&path, bytes).unwrap();
    let output = run("dcmsign", &["-v", "--verify", "+rg", "+cf", "root.pem", "ours.dcm"], authority.path());
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{what}: {said}");
}

#[test]
fn what_we_sign_dcmsign_verifies_and_what_it_signs_we_verify() {
    if !has(&TOOLS) {
        return;
    }
    let authority = Authority::new();
    let macs = [
        (MacAlgorithm::Sha256, "+m2"),
        (MacAlgorithm::Sha384, "+m3"),
        (MacAlgorithm::Sha512, "+m5"),
        (MacAlgorithm::Ripemd160, "+mr"),
        (MacAlgorithm::Sha1, "+ms"),
        (MacAlgorithm::Md5, "+mm"),
    ];
    let mut verifier = authority.verifier();
    let image = ct(1);
    std::fs::write(authority.file("image.dcm"), &image).unwrap();
    for kind in ["rsa", "p256", "p384"] {
        authority.issue(kind, kind, "signer", &[]);
        for (mac, option) in macs {
            let what = format!("{kind} {mac}");
            if !mac.is_weak() {
                let signed = signed(&authority.signer(kind, mac), &image);
                dcmsign_verifies(&authority, &signed, &what);
                let report = verified(&mut verifier, &signed);
                report.judge(&Demand::default()).unwrap();
            }
            let (key, pem) = (format!("{kind}.clear"), format!("{kind}.pem"));
            must("dcmsign", &["+s", &key, &pem, option, "image.dcm", "theirs.dcm"], authority.path());
            let report = verified(&mut verifier, &authority.read("theirs.dcm"));
            let wanted =
                if mac.is_weak() { Integrity::IntactButWeak(Weakness::Mac(mac)) } else { Integrity::Intact };
            assert_eq!(report.signatures[0].integrity, wanted, "{what}");
            assert_eq!(report.signatures[0].trust, Trust::Trusted, "{what}");
            assert_eq!(report.judge(&Demand::default()).is_ok(), !mac.is_weak(), "{what}");
            // One bit of the pixels, whatever the algorithm.
            let report = verified(&mut verifier, &made::with_pixel(&authority.read("theirs.dcm"), 77));
            assert_eq!(report.signatures[0].integrity, Integrity::Broken, "{what}");
        }
    }
}

fn convert(directory: &Path, option: &str, from: &str, to: &str) {
    must("dcmconv", &[option, from, to], directory);
}

#[test]
fn signatures_hold_over_conversions_that_keep_the_content() {
    if !has(&TOOLS) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let signer = authority.signer("rsa", MacAlgorithm::Sha256);
    let mut verifier = authority.verifier();
    let here = authority.path();
    std::fs::write(authority.file("signed.dcm"), signed(&signer, &ct(1))).unwrap();
    for option in ["+te", "+ti", "+tb", "+td", "-e", "+e"] {
        convert(here, option, "signed.dcm", "converted.dcm");
        let report = verified(&mut verifier, &authority.read("converted.dcm"));
        report.judge(&Demand::default()).unwrap_or_else(|refusals| panic!("{option}: {refusals:?}"));
        // And signed in that form by both.
        std::fs::write(authority.file("image.dcm"), ct(2)).unwrap();
        convert(here, option, "image.dcm", "converted.dcm");
        let ours = signed(&signer, &authority.read("converted.dcm"));
        verified(&mut verifier, &ours).judge(&Demand::default()).unwrap();
        dcmsign_verifies(&authority, &ours, option);
        must("dcmsign", &["+s", "rsa.clear", "rsa.pem", "+m2", "converted.dcm", "theirs.dcm"], here);
        let report = verified(&mut verifier, &authority.read("theirs.dcm"));
        report.judge(&Demand::default()).unwrap_or_else(|refusals| panic!("theirs {option}: {refusals:?}"));
    }
    // Encapsulated pixel data: fragments as they are.
    must("dcmcrle", &["image.dcm", "rle.dcm"], here);
    let ours = signed(&signer, &authority.read("rle.dcm"));
    dcmsign_verifies(&authority, &ours, "RLE");
    must("dcmsign", &["+s", "rsa.clear", "rsa.pem", "+m2", "rle.dcm", "theirs.dcm"], here);
    for bytes in [ours, authority.read("theirs.dcm")] {
        verified(&mut verifier, &bytes).judge(&Demand::default()).unwrap();
    }
}

#[test]
fn nested_and_several_signatures_are_found_and_verified_by_both() {
    if !has(&TOOLS) {
        return;
    }
    let authority = Authority::new();
    for kind in ["rsa", "p256"] {
        authority.issue(kind, kind, "signer", &[]);
    }
    let (rsa, ecdsa) =
        (authority.signer("rsa", MacAlgorithm::Sha256), authority.signer("p256", MacAlgorithm::Sha384));
    let mut verifier = authority.verifier();
    let nested = signed_in(&ecdsa, &ct(1), &[(Tag(0x0008_1140), 0)]);
    let report = verified(&mut verifier, &nested);
    assert_eq!(report.signatures[0].place, "(0008,1140)[0]");
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    assert!(report.judge(&Demand::default()).is_err(), "the rest of the object is covered by nothing");
    let both = signed(&rsa, &nested);
    let three = signed(&ecdsa, &both);
    for (bytes, count) in [(&nested, 1), (&both, 2), (&three, 3)] {
        dcmsign_verifies(&authority, bytes, &format!("{count} signatures"));
        assert_eq!(verified(&mut verifier, bytes).signatures.len(), count);
    }
    let accepted = verified(&mut verifier, &three).judge(&Demand::default()).unwrap();
    assert_eq!(accepted.signers(), ["CN=Fictional p256", "CN=Fictional rsa", "CN=Fictional p256"]);

    std::fs::write(authority.file("image.dcm"), ct(1)).unwrap();
    let item = "ReferencedImageSequence[0]";
    let here = authority.path();
    must(
        "dcmsign",
        &["+si", "p256.clear", "p256.pem", item, "+m2", "+sp", "5", "image.dcm", "one.dcm"],
        here,
    );
    must("dcmsign", &["+s", "rsa.clear", "rsa.pem", "+m5", "+pc", "one.dcm", "two.dcm"], here);
    let report = verified(&mut verifier, &authority.read("two.dcm"));
    assert_eq!(report.signatures[0].purpose.as_deref(), Some("Verification Signature"));
    assert!(report.signatures.iter().all(|one| one.integrity == Integrity::Intact));
    let profiles: Vec<_> = report.signatures[1].profiles.iter().map(|profile| profile.name()).collect();
    assert!(profiles.contains(&"creator-rsa"), "{profiles:?}");
    // The Creator profile asks for no patient, and so this signature says nothing of one.
    assert!(report.uncovered.iter().any(|one| one.place == "(0010,0010)"), "{:?}", report.uncovered);
}
