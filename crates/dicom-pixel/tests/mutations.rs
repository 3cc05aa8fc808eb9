//! Compressed frames with random changes: every decoder ends with a frame of the right size or an error, and the process
//! lives. Seeded; more of them: `MEDWARD_MUTATIONS=1000000 cargo test --release -p medward-dicom-pixel --test mutations`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "tests")]

#[path = "../../dicom-scan/tests/mutations/random.rs"]
mod random;

use medward_dicom_pixel::{Compression, Pixels};
use medward_dicom_scan::{Limits, Scanner, Source, Tag};
use medward_test_peers::{dicom_files, python};
use random::{Random, mutate};
use std::collections::BTreeSet;

/// Files up to this size: more inputs a second.
const SEED_BYTES_MAX: usize = 24 << 10;

#[test]
fn mutated_frames_are_decoded_or_refused() {
    let Some(python) = python() else { return };
    let mut scanner = Scanner::new(&Limits::default());
    let mut seeds = Vec::new();
    let mut kinds = BTreeSet::new();
    for path in dicom_files(&python) {
        let bytes = std::fs::read(path).unwrap();
        let Ok(data_set) = scanner.scan_bytes(&bytes) else { continue };
        let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap_or_default().into_owned();
        let Ok(pixels) = Pixels::of(data_set, &syntax) else { continue };
        if pixels.compression() != Compression::Native && bytes.len() <= SEED_BYTES_MAX {
            kinds.insert(format!("{:?}", pixels.compression()));
            seeds.push(bytes);
        }
    }
    assert!(kinds.len() >= 5, "{kinds:?}");
    // What a caught panic prints is of no use here.
    std::panic::set_hook(Box::new(|_| {}));
    let count = std::env::var("MEDWARD_MUTATIONS").map_or(1_500, |count| count.parse().unwrap());
    let (mut decoded, mut failed, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut frame = Vec::new();
    for number in 0..count {
        let mut random = Random::new(number);
        let mut bytes = seeds[random.below(seeds.len())].clone();
        // Behind the header most of the time.
        let at = random.below(bytes.len() / 2) + if random.below(4) > 0 { bytes.len() / 3 } else { 0 };
        let mut tail = bytes.split_off(at);
        mutate(&mut tail, &mut random);
        bytes.append(&mut tail);
        let Ok(data_set) = scanner.scan_bytes(&bytes) else {
            refused += 1;
            continue;
        };
        let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap_or_default().into_owned();
        let Ok(mut pixels) = Pixels::of(data_set, &syntax) else {
            refused += 1;
            continue;
        };
        let mut source = Source::whole(data_set, &bytes).unwrap();
        match pixels.frame(&mut source, 0, &mut frame) {
            Ok(()) => {
                decoded += 1;
                assert_eq!(frame.len() as u64, pixels.decoded().frame_bytes(), "input {number}");
            }
            Err(_) => failed += 1,
        }
    }
    eprintln!("{decoded} decoded, {failed} not, {refused} refused before");
    let least = count / 30;
    assert!(decoded > least && failed > least, "{decoded} decoded, {failed} not");
}
