//! The JSON model of a data set, value by value.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_dicom_scan::{Encoding, Limits, NewElement, Tag, Vr, scan_bytes};
use medward_dicomweb::data_set;
use serde_json::{Value, json};

fn model(elements: &[NewElement]) -> Value {
    let mut bytes = Vec::new();
    for element in elements {
        element.encode(Encoding::ExplicitLittle, &mut bytes).unwrap();
    }
    Value::Object(data_set(&scan_bytes(&bytes, &Limits::default()).unwrap()))
}

#[test]
fn values_are_what_the_standard_says() {
    let element = |group, number, vr, value: &[u8]| NewElement::new(Tag::new(group, number), vr, value);
    let item = vec![element(0x0008, 0x0100, Vr::SH, b"CODE")];
    let found = model(&[
        element(0x0008, 0x0005, Vr::CS, b"ISO_IR 100"),
        element(0x0008, 0x0060, Vr::CS, b"CT"),
        NewElement::sequence(Tag::new(0x0008, 0x1032), &[item, Vec::new()], Encoding::ExplicitLittle)
            .unwrap(),
        element(0x0010, 0x0010, Vr::PN, b"M\xFCller^Anna=ideo"),
        element(0x0018, 0x0050, Vr::DS, b"1.50\\x\\"),
        element(0x0018, 0x1622, Vr::US, &[1, 0, 0xFF, 0xFF]),
        element(0x0020, 0x0013, Vr::IS, b"-7"),
        element(0x0020, 0x4000, Vr::LT, b"a\\b"),
        element(0x0028, 0x0009, Vr::AT, &[0x18, 0, 0x63, 0x10]),
        element(0x0028, 0x9001, Vr::UL, &[]),
        element(0x0042, 0x0011, Vr::OB, &[0; 2_000]),
        element(0x0054, 0x1322, Vr::FD, &f64::NAN.to_le_bytes()),
        element(0x0088, 0x0200, Vr::OB, &[1, 2]),
        element(0x7FE0, 0x0010, Vr::OW, &vec![0; 100_000]),
    ]);
    let expected = json!({
        "00080005": { "vr": "CS", "Value": ["ISO_IR 192"] },
        "00080060": { "vr": "CS", "Value": ["CT"] },
        "00081032": { "vr": "SQ", "Value": [{ "00080100": { "vr": "SH", "Value": ["CODE"] } }, {}] },
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": "Müller^Anna", "Ideographic": "ideo" }] },
        "00180050": { "vr": "DS", "Value": [1.5, "x", null] },
        "00181622": { "vr": "US", "Value": [1, 65535] },
        "00200013": { "vr": "IS", "Value": [-7] },
        "00204000": { "vr": "LT", "Value": ["a\\b"] },
        "00280009": { "vr": "AT", "Value": ["00181063"] },
        "00289001": { "vr": "UL" },
        "00541322": { "vr": "FD", "Value": ["NaN"] },
        "00880200": { "vr": "OB", "InlineBinary": "AQI=" },
    });
    assert_eq!(found, expected, "bulk is left out");
}
