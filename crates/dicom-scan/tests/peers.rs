//! Scan and edit against pydicom and dcmtk on pydicom's test data, element by element.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test states what it expects"
)]

use medward_dicom_scan::{
    DataSet, Edits, Encoding, Kind, Limits, NewElement, Oddity, Scanner, Tag, Vr, meta_of, scan_bytes, write,
    write_bytes,
};
use medward_test_peers::{dicom_files, has, python};
use serde_json::Value;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the scan and pydicom differ on purpose.
const DIFFERENCES: [(&str, &str); 10] = [
    ("MR_truncated.dcm", "cut short: pydicom gives the pixels there are"),
    ("rtplan_truncated.dcm", "cut short: pydicom stops quietly"),
    ("emri_small_jpeg_2k_lossless_too_short.dcm", "cut short: pydicom gives the fragments there are"),
    ("DICOMDIR-nooffset", "an item longer than its sequence: pydicom reads past the sequence"),
    ("no_meta.dcm", "its first byte is missing: dcmdump refuses it too"),
    ("winter.dcm", "tags twice: pydicom keeps the last in the place of the first"),
    ("crayons.icc", "no DICOM: pydicom is told to read anything"),
    ("rtplan.dump", "no DICOM"),
    ("rtstruct.dump", "no DICOM"),
    ("README", "no DICOM"),
];

/// Files, and all below directories, and what pydicom read in each.
fn dump(python: &Path, paths: &[PathBuf]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dump.py");
    let output = Command::new(python).arg(script).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let files: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(files.len() > 50, "only {} files", files.len());
    files
}

fn is_exempt(path: &str) -> bool {
    DIFFERENCES.iter().any(|(name, _)| path.ends_with(name))
}

/// Where scan and pydicom differ; else how many elements and texts were compared.
fn compare(data_set: &DataSet, theirs: &[Value]) -> Result<(usize, usize), String> {
    // pydicom leaves sequences in UN of known length (CP-246) and fragments unread.
    let mut unread_to = 0;
    let ours = data_set.elements().iter().filter(|element| {
        let is_read = element.start >= unread_to && element.kind != Kind::Fragment;
        let is_unread_inside = element.vr == Vr::UN && element.kind == Kind::Sequence;
        if is_read && is_unread_inside && !element.is_undefined_length() {
            unread_to = element.end;
        }
        is_read
    });
    let ours: Vec<_> = ours.collect();
    let mut texts = 0;
    for (index, their) in theirs.iter().enumerate() {
        let our = ours.get(index).ok_or_else(|| format!("pydicom has more: {their}"))?;
        let length = if our.is_undefined_length() { -1 } else { i64::try_from(our.value_bytes()).unwrap() };
        let same = u64::from(our.tag.0) == their[0].as_u64().unwrap()
            && their[1].as_str().is_none_or(|vr| vr.split(" or ").any(|vr| vr == our.vr.letters()))
            && (their[2] == -2 || their[2] == length)
            && their[3] == our.depth;
        if !same {
            return Err(format!("{their} there, {our:?} here"));
        }
        if let (Some(their), Some(text)) = (their[4].as_str(), data_set.text(our)) {
            let clean = |text: &str| text.replace([' ', '\0'], "").trim_end_matches(['=', '^']).to_owned();
            if clean(their) != clean(&text) {
                return Err(format!("{}: text {their:?} there, {text:?} here", our.tag));
            }
            texts += 1;
        }
    }
    match ours.get(theirs.len()) {
        Some(our) => Err(format!("more here: {our:?}")),
        None => Ok((theirs.len(), texts)),
    }
}

/// Holds every file against pydicom; gives the paths of those that both read.
fn agree(files: &[Value]) -> Vec<String> {
    let mut scanner = Scanner::new(&Limits::default());
    let (mut agreed, mut elements, mut texts) = (Vec::new(), 0, 0);
    let mut differences = Vec::new();
    for file in files {
        let path = file["path"].as_str().unwrap();
        if is_exempt(path) {
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        let outcome = match (scanner.scan_bytes(&bytes), file["elements"].as_array()) {
            (Err(_), None) => continue,
            (Err(refused), Some(_)) => Err(format!("refused, read by pydicom: {refused}")),
            (Ok(_), None) => Err(format!("read, refused by pydicom: {}", file["error"])),
            (Ok(data_set), Some(theirs)) => compare(data_set, theirs),
        };
        match outcome {
            Ok(compared) => {
                agreed.push(path.to_owned());
                elements += compared.0;
                texts += compared.1;
            }
            Err(difference) => differences.push(format!("{path}: {difference}")),
        }
    }
    eprintln!("{} files, {} agree, {elements} elements, {texts} texts", files.len(), agreed.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    agreed
}

#[test]
fn agrees_with_pydicom_on_every_tag_vr_length_and_text() {
    let Some(python) = python() else { return };
    agree(&dump(&python, &dicom_files(&python)));
}

#[test]
fn an_edit_of_nothing_gives_the_same_bytes() {
    let Some(python) = python() else { return };
    let mut scanner = Scanner::new(&Limits::default());
    let mut checked = 0;
    for file in dump(&python, &dicom_files(&python)) {
        let bytes = std::fs::read(file["path"].as_str().unwrap()).unwrap();
        let Ok(data_set) = scanner.scan_bytes(&bytes) else { continue };
        let (mut whole, mut streamed) = (Vec::new(), Vec::new());
        write_bytes(data_set, &bytes, &Edits::new(), None, &mut whole).unwrap();
        write(data_set, &mut Cursor::new(&bytes), &Edits::new(), None, &mut streamed).unwrap();
        assert!(whole == streamed, "{}", file["path"]);
        let (start, end) = data_set.span();
        let start = usize::try_from(start).unwrap();
        if data_set.transfer_syntax().is_deflated {
            let inflate = |bytes: &[u8]| {
                let mut inflated = Vec::new();
                flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut inflated).unwrap();
                inflated
            };
            assert!(inflate(&bytes[start..]) == inflate(&whole), "{}", file["path"]);
        } else {
            assert!(bytes[start..usize::try_from(end).unwrap()] == whole, "{}", file["path"]);
        }
        checked += 1;
    }
    assert!(checked > 50);
}

/// Edits at the top and in every item: what a de-identification does.
fn edits(data_set: &DataSet) -> Edits {
    let mut edits = Edits::new();
    for (index, element) in data_set.elements().iter().enumerate() {
        match element.tag {
            Tag(0x0010_0010) => edits.replace(index, "Odd"),
            Tag(0x0008_1140) => edits.replace(index, ""),
            tag if tag.is_private() || tag == Tag(0x0010_0020) => edits.remove(index),
            Tag::ITEM if element.kind == Kind::Item => {
                edits.set(Some(index), NewElement::new(Tag(0x0008_0104), Vr::LO, "meaning"));
            }
            _ => {}
        }
    }
    edits.set(None, NewElement::new(Tag(0x0012_0062), Vr::CS, "YES"));
    let encoding = data_set.encoding_in(None);
    let item = vec![NewElement::new(Tag(0x0008_0100), Vr::SH, "113100")];
    edits.set(None, NewElement::sequence(Tag(0x0012_0064), &[item], encoding).unwrap());
    edits
}

#[test]
fn edited_files_open_in_pydicom_and_dcmdump() {
    let Some(python) = python() else { return };
    let directory = tempfile::tempdir().unwrap();
    let agreed = agree(&dump(&python, &dicom_files(&python)));
    let mut scanner = Scanner::new(&Limits::default());
    let mut pairs = Vec::new();
    for (number, path) in agreed.iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        let data_set = scanner.scan_bytes(&bytes).unwrap();
        let mut meta = meta_of(data_set);
        if data_set.problems().iter().any(|problem| problem.oddity == Oddity::OtherEncoding) {
            // The file lies about its encoding; what is written must not.
            continue;
        }
        if meta.iter().all(|element| element.tag != Tag::TRANSFER_SYNTAX) {
            let uid = match data_set.transfer_syntax().encoding {
                Encoding::ImplicitLittle => "1.2.840.10008.1.2",
                Encoding::ExplicitLittle => "1.2.840.10008.1.2.1",
                Encoding::ExplicitBig => "1.2.840.10008.1.2.2",
            };
            meta.push(NewElement::new(Tag::TRANSFER_SYNTAX, Vr::UI, uid));
        }
        let edits = edits(data_set);
        let (mut whole, mut streamed) = (Vec::new(), Vec::new());
        write_bytes(data_set, &bytes, &edits, Some(&meta), &mut whole).unwrap();
        write(data_set, &mut Cursor::new(&bytes), &edits, Some(&meta), &mut streamed).unwrap();
        assert!(whole == streamed, "{path}");
        let result =
            scan_bytes(&whole, &Limits::default()).unwrap_or_else(|refused| panic!("{path}: {refused}"));
        assert!(result.elements().iter().all(|element| !element.tag.is_private()), "{path}");
        if data_set.find(None, Tag(0x0010_0010)).is_some() {
            let (_, name) = result.find(None, Tag(0x0010_0010)).unwrap();
            assert_eq!(result.value(name).unwrap(), b"Odd ", "{path}");
        }
        assert!(
            !result.problems().iter().any(|problem| problem.oddity == Oddity::GroupLengthWrong),
            "{path}"
        );
        let (_, yes) = result.find(None, Tag(0x0012_0062)).unwrap();
        assert_eq!(result.text(yes).unwrap(), "YES");
        let edited = directory.path().join(format!("{number}.dcm"));
        std::fs::write(&edited, whole).unwrap();
        pairs.push((path.clone(), edited));
    }
    let read = agree(&dump(&python, &[directory.path().to_owned()]));
    assert_eq!(read.len(), pairs.len(), "files that pydicom refuses after the edit");
    if !has("dcmdump") {
        return;
    }
    let opens = |path: &Path| Command::new("dcmdump").arg("-q").arg(path).output().unwrap().status.success();
    let opened = pairs.iter().filter(|(original, _)| opens(Path::new(original)));
    let broken: Vec<_> = opened.filter(|(_, edited)| !opens(edited)).collect();
    assert!(broken.is_empty(), "dcmdump opens the first and not the second: {broken:?}");
}
