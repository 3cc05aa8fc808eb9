//! A result made on pseudonymised data comes back to its patient.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod made;

use made::{element, file, head, image, scan, sequence, value};
use medward_deid::mapping::{Mapping, MappingWriter};
use medward_deid::reidentify::{NotRestored, reidentify};
use medward_deid::role::{Role, RoleSecret};
use medward_deid::{Deidentifier, Detail, Options, Policy, ProfileOption, ProjectKey};
use medward_dicom_scan::{Tag, Vr};
use std::io::Cursor;

#[test]
fn a_report_of_a_pseudonymous_image_gets_patient_study_and_references_back() {
    let original = image(&[
        element(0x0008_0005, Vr::CS, "ISO_IR 192"),
        element(0x0008_0020, Vr::DA, "20240305"),
        element(0x0008_0050, Vr::SH, "ACC-123456"),
        element(0x0010_0010, Vr::PN, "Müller^Jörg"),
    ]);
    let options = Options::new([ProfileOption::RetainModifiedDates]).unwrap();
    let key = ProjectKey::new([4; 32]);
    let mut deidentifier = Deidentifier::new(Policy::with_options(options), &key, Detail::Counts);
    let mut out = Vec::new();
    let (report, links) =
        deidentifier.open(&mut Cursor::new(file(&original))).unwrap().write_with_links(&mut out).unwrap();
    let (privacy, clinical) =
        (RoleSecret::generate(Role::Privacy).unwrap(), RoleSecret::generate(Role::Clinical).unwrap());
    let mut sealed = Vec::new();
    let mut writer = MappingWriter::new(&mut sealed, &privacy.public(), &clinical.public()).unwrap();
    writer.append(&links).unwrap();
    let mapping = Mapping::open(std::str::from_utf8(&sealed).unwrap(), &privacy, &clinical).unwrap();

    // What a reader of lung CT makes of the pseudonymous image: it copies patient and study and refers to the image.
    let pseudonymous = scan(&out);
    assert_ne!(value(&pseudonymous, 0x0008_0020).as_deref(), Some("20240305"));
    let mut result = head("1.2.840.10008.5.1.4.1.1.88.33");
    result.retain(|one| {
        !matches!(one.tag.0, 0x0008_0018 | 0x0010_0010 | 0x0010_0020 | 0x0010_0030 | 0x0020_000D)
    });
    result.extend([
        element(0x0008_0018, Vr::UI, "2.25.777"),
        element(0x0008_0020, Vr::DA, value(&pseudonymous, 0x0008_0020).unwrap()),
        element(0x0010_0010, Vr::PN, report.pseudonym.as_bytes()),
        element(0x0010_0020, Vr::LO, report.pseudonym.as_bytes()),
        element(0x0012_0062, Vr::CS, "YES"),
        element(0x0020_000D, Vr::UI, report.study.as_bytes()),
        sequence(0x0008_1115, &[vec![element(0x0008_1155, Vr::UI, report.instance.as_bytes())]]),
        element(0x0040_A160, Vr::UT, "Nodule of 7 mm"),
    ]);
    let mut back = Vec::new();
    let restored = reidentify(&mapping, &mut Cursor::new(file(&result)), &mut back).unwrap();
    assert_eq!(restored.uids, 2);
    let back = scan(&back);
    let expected = [
        (0x0008_0005, "ISO_IR 192"),
        (0x0008_0018, "2.25.777"),
        (0x0008_0020, "20240305"),
        (0x0008_0050, "ACC-123456"),
        (0x0010_0010, "Müller^Jörg"),
        (0x0010_0020, "MRN-4711"),
        (0x0010_0030, "19800305"),
        (0x0020_000D, "1.2.3.4.5.6.7.8"),
        (0x0040_A160, "Nodule of 7 mm"),
    ];
    for (tag, expected) in expected {
        assert_eq!(value(&back, tag).as_deref(), Some(expected), "{}", Tag(tag));
    }
    assert_eq!(value(&back, 0x0012_0062), None);
    let (_, reference) = back.find_path(&[(Tag(0x0008_1115), 0)], Tag(0x0008_1155)).unwrap();
    assert_eq!(back.text(reference).unwrap(), "1.2.3.4.5.6.7.8.9");

    // Of another project: not touched.
    let stranger = file(&head("1.2.840.10008.5.1.4.1.1.88.33"));
    let mut nothing = Vec::new();
    let error = reidentify(&mapping, &mut Cursor::new(stranger), &mut nothing).unwrap_err();
    assert!(matches!(error, NotRestored::UnknownPatient) && nothing.is_empty());
}
