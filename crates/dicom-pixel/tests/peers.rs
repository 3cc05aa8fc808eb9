//! Every frame of the test data of pydicom, decoded here and by pydicom with the C libraries for each codec behind it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use medward_dicom_pixel::{Compression, Layout, Photometric, PixelError, Pixels};
use medward_dicom_scan::{Limits, Scanner, Source, Tag, scan_bytes};
use medward_test_peers::{dicom_files, has, python};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is not decoded here although pydicom can, and why; anything else that fails is a bug.
const NOT_DECODED: [(&str, &str); 3] = [
    ("this kind of JPEG", "arithmetic coding"),
    ("transfer syntax 1.2.840.10008.1.2.4.20", "HTJ2K"),
    ("pixels of 8 bits in big endian words", "retired, and none of the frames' borders need be one of words"),
];

/// Stored values of a native frame.
fn values(layout: &Layout, native: &[u8], is_big: bool) -> Vec<i64> {
    if layout.bits_allocated == 1 {
        let bits = native.iter().flat_map(|byte| (0..8).map(move |bit| i64::from(byte >> bit & 1)));
        return bits.take(usize::try_from(layout.pixels()).unwrap()).collect();
    }
    let width = layout.sample_bytes();
    let sample = |bytes: &[u8]| {
        let raw = if is_big {
            bytes.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte))
        } else {
            bytes.iter().rev().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte))
        };
        let stored = raw & ((1 << layout.bits_stored) - 1);
        let is_negative = layout.is_signed && stored >> (layout.bits_stored - 1) & 1 == 1;
        if is_negative { stored - (1 << layout.bits_stored) } else { stored }
    };
    let samples: Vec<i64> = native.chunks_exact(width).map(sample).collect();
    if layout.photometric == Photometric::YbrFull422 {
        let pairs = samples.chunks_exact(4);
        return pairs.flat_map(|pair| [pair[0], pair[2], pair[3], pair[1], pair[2], pair[3]]).collect();
    }
    if !layout.is_planar {
        return samples;
    }
    let pixels = usize::try_from(layout.pixels()).unwrap();
    (0..pixels).flat_map(|at| [samples[at], samples[pixels + at], samples[2 * pixels + at]]).collect()
}

#[test]
fn frames_are_those_that_pydicom_decodes() {
    let Some(python) = python() else { return };
    let agreed = agreed(&python, &dicom_files(&python));
    assert!(agreed.len() >= 6 && agreed.values().sum::<u32>() > 80, "{agreed:?}");
}

#[test]
fn jpeg_ls_of_each_depth_loss_and_interleaving_is_what_charls_decodes() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jpeg_ls_files.py");
    let output = Command::new(&python).arg(script).arg(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    let agreed = agreed(&python, &files.collect::<Vec<_>>());
    assert_eq!(agreed.values().sum::<u32>(), 38, "{agreed:?}");
}

/// All frames of a file.
fn frames(path: &Path) -> Vec<i64> {
    let bytes = std::fs::read(path).unwrap();
    let data_set = scan_bytes(&bytes, &Limits::default()).unwrap();
    let mut pixels = Pixels::of(&data_set, &data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap()).unwrap();
    let mut source = Source::whole(&data_set, &bytes).unwrap();
    let (mut all, mut frame) = (Vec::new(), Vec::new());
    for number in 0..pixels.layout().frames {
        pixels.frame(&mut source, number, &mut frame).unwrap();
        all.extend(values(&pixels.decoded(), &frame, pixels.is_big_endian()));
    }
    all
}

#[test]
fn twelve_bits_whose_scan_header_has_zeros_are_what_dcmtk_decodes() {
    let Some(python) = python().filter(|_| has("dcmdjpeg")) else { return };
    let place = tempfile::tempdir().unwrap();
    let file = dicom_files(&python).into_iter().find(|path| path.ends_with("JPEG-lossy.dcm")).unwrap();
    let native = place.path().join("native.dcm");
    assert!(Command::new("dcmdjpeg").args([&file, &native]).status().unwrap().success());
    let (ours, theirs) = (frames(&file), frames(&native));
    assert_eq!(ours.len(), theirs.len());
    let off = ours.iter().zip(&theirs).map(|(our, their)| our.abs_diff(*their)).max();
    assert!(off <= Some(1) && ours.iter().any(|value| *value > 255), "off by {off:?}");
}

/// Decodes files here and with pydicom; how many agree, by compression. Fails where one does not.
fn agreed(python: &Path, files: &[PathBuf]) -> BTreeMap<String, u32> {
    let place = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frames.py");
    let output = Command::new(python).arg(script).arg(place.path()).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut agreed: BTreeMap<String, u32> = BTreeMap::new();
    let (mut left, mut wrong) = (Vec::new(), Vec::new());
    let mut scanner = Scanner::new(&Limits::default());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let file: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = file["path"].as_str().unwrap();
        let theirs = std::fs::read(file["values"].as_str().unwrap()).unwrap();
        let theirs: Vec<i64> = theirs.as_chunks().0.iter().map(|&value| i64::from_le_bytes(value)).collect();
        let bytes = std::fs::read(path).unwrap();
        let Ok(data_set) = scanner.scan_bytes(&bytes) else { continue };
        let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap();
        let decoded = Pixels::of(data_set, &syntax).and_then(|mut pixels| {
            let mut source = Source::whole(data_set, &bytes)?;
            let (mut ours, mut frame) = (Vec::new(), Vec::new());
            for number in 0..pixels.layout().frames {
                pixels.frame(&mut source, number, &mut frame)?;
                ours.extend(values(&pixels.decoded(), &frame, pixels.is_big_endian()));
            }
            Ok((pixels.compression(), ours))
        });
        match decoded {
            Ok((compression, ours)) => {
                // Lossy decoders round differently, and colour transforms once more.
                let most = match compression {
                    Compression::Jpeg => 6,
                    Compression::Jpeg2000(true) => 1,
                    _ => 0,
                };
                let off =
                    ours.iter().zip(&theirs).map(|(our, their)| our.abs_diff(*their)).max().unwrap_or(0);
                if ours.len() == theirs.len() && off <= most {
                    *agreed.entry(format!("{compression:?}")).or_default() += 1;
                } else {
                    wrong.push(format!(
                        "{path}: {compression:?}, {} values for {}, off by {off}",
                        ours.len(),
                        theirs.len()
                    ));
                }
            }
            Err(error @ PixelError::Unsupported(_))
                if NOT_DECODED.iter().any(|(what, _)| error.to_string().starts_with(what)) =>
            {
                left.push(format!("{path}: {error}"));
            }
            Err(error) => wrong.push(format!("{path}: {error}")),
        }
    }
    eprintln!("agreed: {agreed:?}\nnot decoded here:\n{}", left.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    agreed
}
