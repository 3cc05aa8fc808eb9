//! Mutated objects: whatever comes, nothing panics, nothing is written of what does not pass, and no result has the name.
//! Seeded; more of them: `MEDWARD_MUTATIONS=10000000 cargo test --release -p medward-deid --test mutations`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod made;

#[path = "../../dicom-scan/tests/mutations/random.rs"]
mod random;

use made::{element, file, image, scan, sequence};
use medward_deid::{Deidentifier, Detail, NotPassed, Policy, ProjectKey};
use medward_dicom_scan::{Tag, Vr};
use random::{Random, mutate};
use std::io::Cursor;

const NAME: &[u8] = b"Featherstone";

fn seeds() -> Vec<Vec<u8>> {
    let plain = image(&[
        element(0x0008_0005, Vr::CS, "ISO_IR 192"),
        element(0x0008_1030, Vr::LO, "CT of Featherstone"),
        element(0x0018_1160, Vr::SH, "WEDGE"),
    ]);
    let nested = image(&[
        sequence(0x0018_9346, &[vec![element(0x0010_0010, Vr::PN, "Featherstone^Ann")], vec![]]),
        element(0x0009_0010, Vr::LO, "ACME"),
        element(0x0009_1001, Vr::LO, "Featherstone"),
    ]);
    let ultrasound = image(&[element(0x0008_0060, Vr::CS, "US")]);
    [plain, nested, ultrasound].iter().map(|elements| file(elements)).collect()
}

#[test]
fn mutated_objects_pass_without_the_name_or_do_not_pass() {
    let count = std::env::var("MEDWARD_MUTATIONS").map_or(20_000, |count| count.parse().unwrap());
    let policy = "[[pixels]]\nmodality = \"US\"\nregions = [[0, 0, 8, 2]]\n";
    let policy = Policy::from_toml(policy).unwrap();
    let mut deidentifier = Deidentifier::new(policy, &ProjectKey::new([1; 32]), Detail::Elements);
    let seeds = seeds();
    let (mut passed, mut held, mut refused, mut known) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut out = Vec::new();
    for number in 0..count {
        let mut random = Random::new(number);
        let mut bytes = seeds[random.below(seeds.len())].clone();
        mutate(&mut bytes, &mut random);
        out.clear();
        match deidentifier.object(&mut Cursor::new(&bytes), &mut out) {
            Ok(_) => {
                passed += 1;
                // Where the mutation left the name in its own attribute, it is known: nothing else may have it.
                let name = scan(&bytes).find(None, Tag(0x0010_0010)).map(|(_, element)| *element);
                let is_known =
                    name.is_some_and(|name| scan(&bytes).value(&name) == Some(b"Featherstone^Ann"));
                known += u64::from(is_known);
                let is_left = out.windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME));
                assert!(!is_known || !is_left, "input {number}: the name is in the result");
            }
            Err(NotPassed::Refused(_)) => {
                assert!(out.is_empty());
                refused += 1;
            }
            Err(NotPassed::Quarantined(_)) => {
                assert!(out.is_empty());
                held += 1;
            }
            Err(NotPassed::Write(error)) => panic!("input {number}: {error}"),
        }
    }
    // A mutator that only breaks, or only keeps, tests nothing.
    let least = count / 50;
    assert!(
        known > least && passed > least && refused > least && held > least,
        "{passed} passed, {held} held, {refused} refused"
    );
}
