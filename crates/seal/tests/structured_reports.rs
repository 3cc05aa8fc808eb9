//! The profile of structured reports (PS3.15 section C.4), ours and dcmsign's, and who may sign a verified one.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{Authority, PASSPHRASE, element, file, has, must, verified, with};
use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use medward_seal::{
    Certificate, Coverage, Demand, MacAlgorithm, NotSigned, PrivateKey, Profile, Purpose, Refusal, Signer,
    SignerError,
};

const PROFILE: Profile = Profile::StructuredReportRsa;

/// A basic text report of one sentence.
fn report(flag: &str) -> Vec<u8> {
    let little = Encoding::ExplicitLittle;
    let code = |value: &str, meaning: &str| {
        vec![
            element(0x0008_0100, Vr::SH, value),
            element(0x0008_0102, Vr::SH, "DCM"),
            element(0x0008_0104, Vr::LO, meaning),
        ]
    };
    let sequence = |tag, item| NewElement::sequence(Tag(tag), &[item], little).unwrap();
    let finding = vec![
        element(0x0040_A010, Vr::CS, "CONTAINS"),
        element(0x0040_A040, Vr::CS, "TEXT"),
        sequence(0x0040_A043, code("121071", "Finding")),
        element(0x0040_A160, Vr::UT, "A nodule of 6 mm in the left upper lobe."),
    ];
    file(vec![
        element(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.88.11"),
        element(0x0008_0018, Vr::UI, "1.2.826.0.1.3680043.9.77.8.1"),
        element(0x0008_0060, Vr::CS, "SR"),
        element(0x0008_0070, Vr::LO, "ACME Reporting"),
        element(0x0010_0010, Vr::PN, "Fiction^Jane"),
        element(0x0020_000D, Vr::UI, "1.2.826.0.1.3680043.9.77.1"),
        element(0x0020_000E, Vr::UI, "1.2.826.0.1.3680043.9.77.8"),
        element(0x0040_A032, Vr::DT, "20261120101500"),
        element(0x0040_A040, Vr::CS, "CONTAINER"),
        sequence(0x0040_A043, code("18782-3", "Study report")),
        element(0x0040_A050, Vr::CS, "SEPARATE"),
        sequence(
            0x0040_A073,
            vec![
                element(0x0040_A027, Vr::LO, "Fictional Hospital"),
                element(0x0040_A030, Vr::DT, "20261120113000"),
                element(0x0040_A075, Vr::PN, "Reader^Rita"),
            ],
        ),
        element(0x0040_A491, Vr::CS, "COMPLETE"),
        element(0x0040_A493, Vr::CS, flag),
        sequence(0x0040_A730, finding),
    ])
}

fn signer(authority: &Authority, purpose: Option<&str>) -> Result<Signer, SignerError> {
    let key = String::from_utf8(authority.read("rsa.key")).unwrap();
    let key = PrivateKey::from_encrypted_pem(&key, PASSPHRASE).unwrap();
    let certificate = Certificate::from_pem(&authority.read("rsa.pem")).unwrap().remove(0);
    let purpose = purpose.and_then(Purpose::from_code);
    Signer::new(key, certificate, MacAlgorithm::Sha256, Some(PROFILE), purpose)
}

fn signed(authority: &Authority, purpose: &str, bytes: &[u8]) -> Result<Vec<u8>, NotSigned> {
    let mut out = Vec::new();
    let mut source = std::io::Cursor::new(bytes);
    signer(authority, Some(purpose)).unwrap().object(&mut source, &[], jiff::Timestamp::now(), &mut out)?;
    Ok(out)
}

const DEMAND: Demand = Demand { coverage: Coverage::Profile(PROFILE), is_stamped: false };

#[test]
fn a_report_is_signed_with_a_purpose_and_a_verified_one_by_who_verified_it() {
    if !has(&["openssl", "dcmsign"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let mut verifier = authority.verifier();
    assert_eq!(signer(&authority, None).unwrap_err(), SignerError::NoPurpose(PROFILE));
    let refused = |purpose, bytes: &[u8]| match signed(&authority, purpose, bytes) {
        Err(NotSigned::Profile(PROFILE, reason)) => reason,
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    };
    assert!(refused("1", &made::ct(1)).contains("no structured report"));
    assert!(refused("1", &report("VERIFIED")).contains("purpose 5"));
    for (flag, purpose) in [("UNVERIFIED", "1"), ("VERIFIED", "5")] {
        let bytes = signed(&authority, purpose, &report(flag)).unwrap();
        let found = verified(&mut verifier, &bytes);
        assert!(
            found.signatures[0].profiles.contains(&PROFILE),
            "{flag}: {:?}",
            found.signatures[0].profiles
        );
        found.judge(&DEMAND).unwrap();
        std::fs::write(authority.file("ours.dcm"), &bytes).unwrap();
        must("dcmsign", &["--verify", "+rg", "+cf", "root.pem", "ours.dcm"], authority.path());
        // Who says that it was verified, changes what was signed.
        let other = if flag == "VERIFIED" { "UNVERIFIED" } else { "VERIFIED" };
        assert!(verified(&mut verifier, &with(&bytes, 0x0040_A493, other)).judge(&DEMAND).is_err());
    }
}

#[test]
fn what_dcmsign_signs_by_the_profile_follows_it_and_a_signature_of_the_creator_alone_does_not() {
    if !has(&["openssl", "dcmsign"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let mut verifier = authority.verifier();
    let mut found = |flag: &str, arguments: &[&str]| {
        std::fs::write(authority.file("report.dcm"), report(flag)).unwrap();
        let all = [&["+s", "rsa.clear", "rsa.pem", "+m2"], arguments, &["report.dcm", "theirs.dcm"]].concat();
        must("dcmsign", &all, authority.path());
        verified(&mut verifier, &authority.read("theirs.dcm"))
    };
    found("UNVERIFIED", &["+pr", "+sp", "1"]).judge(&DEMAND).unwrap();
    found("VERIFIED", &["+pv", "+sp", "5"]).judge(&DEMAND).unwrap();
    let refused = Err(vec![Refusal::Profile(PROFILE)]);
    assert_eq!(found("VERIFIED", &["+sp", "1"]).judge(&DEMAND), refused, "an author does not verify");
    assert_eq!(found("UNVERIFIED", &["+pc"]).judge(&DEMAND), refused, "nobody says what for");
    let open = found("VERIFIED", &["-t", "ContentSequence", "-t", "SOPClassUID", "+sp", "5"]);
    assert!(matches!(open.judge(&DEMAND).unwrap_err()[..], [Refusal::Uncovered(_), Refusal::Profile(_)]));
}
