//! Microseconds a file for scan and edit: `cargo run --release -p medward-dicom-scan --example measure FILE_OR_DIRECTORY...`.
//!
//! Files are read into memory first; the times are of the code alone, one thread.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use medward_dicom_scan::{Edits, Limits, NewElement, Scanner, Tag, Vr, meta_of, write_bytes};
use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

fn files(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let walks = paths.flat_map(|path| walkdir::WalkDir::new(path).sort_by_file_name());
    walks
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Removes private elements, replaces names and identifiers, adds two elements: about what a de-identification does.
fn edit(data_set: &medward_dicom_scan::DataSet, edits: &mut Edits) {
    edits.clear();
    for (index, element) in data_set.elements().iter().enumerate() {
        if element.tag.is_private() {
            edits.remove(index);
        } else if matches!(element.vr, Vr::PN | Vr::DA | Vr::SH) {
            edits.replace(index, "");
        }
    }
    edits.set(None, NewElement::new(Tag::new(0x0012, 0x0062), Vr::CS, "YES"));
    edits.set(None, NewElement::new(Tag::new(0x0012, 0x0063), Vr::LO, "measure"));
}

fn main() -> io::Result<()> {
    const ROUNDS: u32 = 200;
    let mut scanner = Scanner::new(&Limits::default());
    let (mut files_read, mut elements, mut bytes_read) = (0_u32, 0_usize, 0_usize);
    let (mut scan, mut whole) = (0.0, 0.0);
    let (mut edits, mut out) = (Edits::new(), Vec::new());
    for path in files(std::env::args_os().skip(1).map(PathBuf::from)) {
        let bytes = std::fs::read(&path)?;
        if scanner.scan_bytes(&bytes).is_err() {
            continue;
        }
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            let _ = black_box(scanner.scan_bytes(black_box(&bytes)));
        }
        scan += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            let Ok(data_set) = scanner.scan_bytes(black_box(&bytes)) else { continue };
            edit(data_set, &mut edits);
            out.clear();
            let meta = meta_of(data_set);
            let _ = black_box(write_bytes(data_set, &bytes, &edits, Some(&meta), &mut out));
        }
        whole += begun.elapsed().as_secs_f64();
        let Ok(data_set) = scanner.scan_bytes(&bytes) else { continue };
        elements += data_set.elements().len();
        bytes_read += bytes.len();
        files_read += 1;
    }
    if files_read == 0 {
        println!("no DICOM file found");
        return Ok(());
    }
    let count = f64::from(files_read);
    let micros = |seconds: f64| seconds * 1e6 / f64::from(ROUNDS) / count;
    println!(
        "{files_read} files, {} elements and {} bytes each",
        elements / files_read as usize,
        bytes_read / files_read as usize
    );
    println!("scan                    {:8.2} us a file", micros(scan));
    println!("scan, edit, write       {:8.2} us a file (the copy of the pixels included)", micros(whole));
    Ok(())
}
