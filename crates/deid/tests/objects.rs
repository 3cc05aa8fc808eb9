//! Whole objects: what users would miss if it broke.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod made;

use made::{element, file, image, scan, sequence, value};
use medward_deid::{Deidentifier, Detail, NotPassed, Options, Policy, ProjectKey, Quarantine, Report};
use medward_dicom_scan::{NewElement, Vr};
use sha2::Digest as _;
use std::io::Cursor;

fn policy(options: &[&str]) -> Policy {
    Policy::with_options(Options::new(options.iter().map(|name| name.parse().unwrap())).unwrap())
}

fn run(policy: &Policy, source: &[u8]) -> Result<(Report, Vec<u8>), NotPassed> {
    let mut out = Vec::new();
    let key = ProjectKey::new([1; 32]);
    let report = Deidentifier::new(policy.clone(), &key, Detail::Elements)
        .object(&mut Cursor::new(source), &mut out)?;
    Ok((report, out))
}

fn held_back(policy: &Policy, elements: &[NewElement]) -> Quarantine {
    match run(policy, &file(elements)) {
        Err(NotPassed::Quarantined(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_result_says_how_it_was_made_and_nothing_of_where_it_came_from() {
    let source = file(&image(&[]));
    let (report, out) = run(&policy(&["retain-modified-dates"]), &source).unwrap();
    let after = scan(&out);
    assert_eq!(after.preamble().unwrap(), [0; 128]);
    assert!(after.meta().iter().all(|element| element.tag.0 != 0x0002_0016));
    assert_eq!(
        after.meta_text(medward_dicom_scan::Tag(0x0002_0003)).unwrap(),
        value(&after, 0x0008_0018).unwrap()
    );
    assert_eq!(value(&after, 0x0012_0062).as_deref(), Some("YES"));
    assert!(value(&after, 0x0012_0063).unwrap().contains("pseudonymised"));
    assert_eq!(value(&after, 0x0028_0303).as_deref(), Some("MODIFIED"));
    let codes: Vec<_> = after.elements().iter().filter(|one| one.tag.0 == 0x0008_0100).collect();
    let codes: Vec<_> = codes.iter().map(|one| after.value(one).unwrap()).collect();
    assert_eq!(codes, [b"113100", b"113107"]);
    assert_eq!(value(&after, 0x0010_0020).unwrap(), report.pseudonym);
    assert_eq!(value(&after, 0x0010_0010).unwrap(), report.pseudonym);
    assert_eq!(value(&after, 0x0008_0016).as_deref(), Some(made::CT));
    let (_, pixels) = after.find(None, medward_dicom_scan::Tag::PIXEL_DATA).unwrap();
    assert_eq!(after.value(pixels).unwrap(), [7; 128]);
    assert_eq!(report.digest, Some(sha2::Sha256::digest(&out).into()));
    assert_eq!(report.bytes, out.len() as u64);
}

#[test]
fn an_object_in_memory_gives_the_same_and_no_digest_where_nobody_wants_one() {
    let source = file(&image(&[]));
    let (report, out) = run(&policy(&[]), &source).unwrap();
    let mut again = Vec::new();
    let key = ProjectKey::new([1; 32]);
    let deidentifier = Deidentifier::new(policy(&[]), &key, Detail::Elements).without_digests();
    let other = deidentifier.clone().in_memory(&source, &mut again).unwrap();
    assert_eq!(again, out);
    assert_eq!(other, Report { digest: None, ..report });
}

#[test]
fn the_same_file_gives_the_same_bytes_and_two_studies_of_a_patient_stay_together() {
    let source = file(&image(&[]));
    let basic = policy(&[]);
    let (first, out) = run(&basic, &source).unwrap();
    assert_eq!(run(&basic, &source).unwrap().1, out);
    let other = file(&image(&[
        element(0x0008_0018, Vr::UI, "1.2.3.4.5.6.7.7.7"),
        element(0x0020_000D, Vr::UI, "1.2.3.4.5.6.7.7"),
        element(0x0010_0020, Vr::LO, " mrn-4711"),
        sequence(
            0x0008_1140,
            &[vec![
                element(0x0008_1150, Vr::UI, made::CT),
                element(0x0008_1155, Vr::UI, "1.2.3.4.5.6.7.8.9"),
            ]],
        ),
    ]));
    let (second, out) = run(&basic, &other).unwrap();
    assert_eq!(first.pseudonym, second.pseudonym);
    assert_ne!(first.study, second.study);
    let after = scan(&out);
    let path = [(medward_dicom_scan::Tag(0x0008_1140), 0)];
    let (_, reference) = after.find_path(&path, medward_dicom_scan::Tag(0x0008_1155)).unwrap();
    assert_eq!(after.text(reference).unwrap(), first.instance);
}

#[test]
fn a_name_planted_where_the_table_does_not_look_holds_the_object_back() {
    let basic = policy(&[]);
    for (planted, place) in [
        (element(0x0018_1160, Vr::SH, "for featherstone"), "(0018,1160)"),
        (element(0x0018_1160, Vr::SH, "seen ANN today"), "(0018,1160)"),
        (element(0x0018_1160, Vr::SH, "mrn-4711"), "(0018,1160)"),
        (element(0x0018_1160, Vr::SH, "born 05.03.1980"), "(0018,1160)"),
        (element(0x0018_1160, Vr::SH, "1.2.3.4.5.6.7.8"), "(0018,1160)"),
        (
            sequence(0x0018_9346, &[vec![element(0x0008_0104, Vr::LO, "Ann's phantom")]]),
            "(0018,9346) > (0008,0104)",
        ),
    ] {
        match held_back(&basic, &image(&[planted])) {
            Quarantine::StillThere { place: found, .. } => assert_eq!(found, place),
            other => panic!("{other:?}"),
        }
    }
    // A word that only contains the short name is none.
    assert!(run(&basic, &file(&image(&[element(0x0018_1160, Vr::SH, "scanner")]))).is_ok());
    // Nor is a term of the standard, in the attribute that it is a term of.
    let report = |planted| {
        let text = element(0x0040_A123, Vr::PN, "Sample^Text");
        run(&basic, &file(&image(&[sequence(0x0018_9346, &[vec![text, planted]])])))
    };
    assert!(report(element(0x0040_A040, Vr::CS, "TEXT")).is_ok());
    assert!(report(element(0x0008_0104, Vr::LO, "TEXT")).is_err());
    // What the policy removes is not there any more.
    let removing = Policy::from_toml("remove = [\"0018,1160\"]").unwrap();
    assert!(run(&removing, &file(&image(&[element(0x0018_1160, Vr::SH, "Featherstone")]))).is_ok());
}

#[test]
fn a_name_in_another_character_set_is_found_in_its_plain_spelling_too() {
    let elements = |planted: &[u8]| {
        image(&[
            element(0x0008_0005, Vr::CS, "ISO_IR 100"),
            element(0x0010_0010, Vr::PN, b"M\xFCller^J\xF6rg".to_vec()),
            element(0x0018_1160, Vr::SH, planted),
        ])
    };
    for planted in [&b"M\xDCLLER"[..], b"Mueller", b"MULLER x M\xFCller"] {
        assert!(
            matches!(held_back(&policy(&[]), &elements(planted)), Quarantine::StillThere { .. }),
            "{planted:?}"
        );
    }
}

#[test]
fn private_elements_go_but_for_safe_ones_with_their_creator() {
    let elements = image(&[
        element(0x0019_0010, Vr::LO, "SIEMENS MR HEADER"),
        element(0x0019_100C, Vr::IS, "1000"),
        element(0x0019_1010, Vr::LO, "anything"),
        element(0x0019_0011, Vr::LO, "ACME"),
        element(0x0019_110C, Vr::IS, "5"),
    ]);
    let after = scan(&run(&policy(&["retain-safe-private"]), &file(&elements)).unwrap().1);
    let private: Vec<u32> =
        after.elements().iter().filter(|one| one.tag.is_private()).map(|one| one.tag.0).collect();
    assert_eq!(private, [0x0019_0010, 0x0019_100C]);
    let after = scan(&run(&policy(&[]), &file(&elements)).unwrap().1);
    assert!(after.elements().iter().all(|one| !one.tag.is_private()));
}

#[test]
fn what_may_be_burned_in_is_held_back_and_a_rule_blanks_it() {
    let ultrasound =
        image(&[element(0x0008_0060, Vr::CS, "US"), element(0x0008_0070, Vr::LO, "ACME Medical")]);
    assert!(matches!(held_back(&policy(&[]), &ultrasound), Quarantine::BurnedIn(_)));
    let stated = image(&[element(0x0028_0301, Vr::CS, "YES")]);
    assert!(matches!(held_back(&policy(&[]), &stated), Quarantine::BurnedIn(_)));
    let capture = image(&[element(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.7")]);
    assert!(matches!(held_back(&policy(&[]), &capture), Quarantine::BurnedIn(_)));
    let document = image(&[element(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.104.1")]);
    assert_eq!(held_back(&policy(&[]), &document), Quarantine::Document);
    let plain = image(&[]);
    assert_eq!(held_back(&policy(&["clean-pixel-data"]), &plain), Quarantine::NoPixelRule);

    let ruled = Policy::from_toml(
        "options = [\"clean-pixel-data\"]\n[[pixels]]\nmodality = \"US\"\nmanufacturer = \"acme\"\nregions = [[0, 0, 8, 2]]\n",
    )
    .unwrap();
    let (report, out) = run(&ruled, &file(&ultrasound)).unwrap();
    let after = scan(&out);
    let (_, pixels) = after.find(None, medward_dicom_scan::Tag::PIXEL_DATA).unwrap();
    let expected: Vec<u8> = [vec![0; 32], vec![7; 96]].concat();
    assert_eq!(after.value(pixels).unwrap(), expected);
    assert_eq!((report.regions_blanked, value(&after, 0x0028_0301).as_deref()), (1, Some("NO")));
}

#[test]
fn large_pixels_are_blanked_on_their_way_through_too() {
    let ruled = Policy::from_toml("[[pixels]]\nmodality = \"US\"\nregions = [[0, 0, 100, 1]]\n").unwrap();
    // Below and above the size up to which a file is read at once.
    for rows in [200_u16, 6000] {
        let bytes = usize::from(rows) * 1000;
        let elements = image(&[
            element(0x0008_0060, Vr::CS, "US"),
            element(0x0028_0010, Vr::US, rows.to_le_bytes()),
            element(0x0028_0011, Vr::US, 1000_u16.to_le_bytes()),
            element(0x0028_0100, Vr::US, 8_u16.to_le_bytes()),
            element(0x7FE0_0010, Vr::OW, vec![9; bytes]),
        ]);
        let (_, out) = run(&ruled, &file(&elements)).unwrap();
        let pixels = &out[out.len() - bytes..];
        assert!(pixels[..100].iter().all(|&byte| byte == 0), "{rows}");
        assert!(pixels[100..].iter().all(|&byte| byte == 9), "{rows}");
    }
}

#[test]
fn descriptors_keep_what_describes() {
    let elements = image(&[
        element(0x0008_1030, Vr::LO, "CT chest, Featherstone Ann"),
        element(0x0008_103E, Vr::LO, "Thorax 5mm B70f"),
        element(
            0x0010_4000,
            Vr::LT,
            "a long comment that goes on and on, line after line, about all and sundry",
        ),
    ]);
    let after = scan(&run(&policy(&["clean-descriptors"]), &file(&elements)).unwrap().1);
    assert_eq!(value(&after, 0x0008_103E).as_deref(), Some("Thorax 5mm B70f"));
    assert_eq!(value(&after, 0x0008_1030).as_deref(), Some("CT chest,"));
    assert_eq!(value(&after, 0x0010_4000).as_deref(), Some(""));
}

#[test]
fn anonymisation_gives_another_pseudonym_each_run_and_says_so() {
    let source = file(&image(&[]));
    let run = || {
        let mut out = Vec::new();
        let key = ProjectKey::throwaway().unwrap();
        let report =
            Deidentifier::new(policy(&[]), &key, Detail::Counts).object(&mut Cursor::new(&source), &mut out);
        (report.unwrap().pseudonym, out)
    };
    let (first, out) = run();
    assert_ne!(first, run().0);
    assert!(value(&scan(&out), 0x0012_0063).unwrap().contains("no way back"));
}

#[test]
fn nothing_is_written_of_an_object_that_does_not_pass() {
    let source = file(&image(&[element(0x0018_1160, Vr::SH, "Featherstone")]));
    let mut out = Vec::new();
    let key = ProjectKey::new([1; 32]);
    let mut deidentifier = Deidentifier::new(policy(&[]), &key, Detail::Counts);
    assert!(deidentifier.object(&mut Cursor::new(&source), &mut out).is_err());
    assert!(deidentifier.object(&mut Cursor::new(b"no image"), &mut out).is_err());
    assert!(out.is_empty());
    // And the next one passes.
    assert!(deidentifier.object(&mut Cursor::new(file(&image(&[]))), &mut out).is_ok());
}
