//! `medward reidentify` on what an AI makes of a pseudonymised image, by a library that nobody here wrote.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a command that cannot be run is a failed test")]

use medward_dicom_scan::{DataSet, Limits, Tag, scan_bytes};
use medward_test_peers::{dicom_files, python};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn medward(arguments: &[&str], directory: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    let output = command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said + &String::from_utf8_lossy(&output.stderr))
}

fn scan(path: &Path) -> DataSet {
    scan_bytes(&fs::read(path).unwrap(), &Limits::default()).unwrap()
}

fn text(data_set: &DataSet, tag: u32) -> Option<String> {
    Some(data_set.text(data_set.find(None, Tag(tag))?.1)?.into_owned())
}

/// How often a value stands in an object, at any depth.
fn times(data_set: &DataSet, value: &str) -> usize {
    let values = data_set.elements().iter().filter_map(|element| data_set.text(element));
    values.filter(|text| text.as_ref() == value).count()
}

const PATIENT_NAME: u32 = 0x0010_0010;
const PATIENT_ID: u32 = 0x0010_0020;
const STUDY: u32 = 0x0020_000D;
const INSTANCE: u32 = 0x0008_0018;
const FRAME_OF_REFERENCE: u32 = 0x0020_0052;

#[test]
fn results_of_each_kind_come_back_to_their_patient_by_two_persons_and_not_by_one() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let image =
        dicom_files(&python).into_iter().find(|path| path.ends_with("test_files/CT_small.dcm")).unwrap();
    fs::copy(&image, here.join("image.dcm")).unwrap();
    // The plain form of a key, which opens in no time.
    fs::write(here.join("project.key"), format!("medward-deid-key-1 {}\n", "a7".repeat(32))).unwrap();
    fs::set_permissions(here.join("project.key"), fs::Permissions::from_mode(0o600)).unwrap();
    for role in ["privacy", "clinical"] {
        fs::write(here.join(format!("{role}.words")), format!("words of {role}\n")).unwrap();
        let (file, words) = (format!("{role}.key"), format!("{role}.words"));
        let (code, said) = medward(&["reidentify", "key", role, &file, "--passphrase-file", &words], here);
        assert_eq!(code, Some(0), "{said}");
    }
    let arguments = [
        "deidentify",
        "image.dcm",
        "out",
        "--key",
        "project.key",
        "--mapping",
        "map",
        "--role",
        "privacy.key.pub",
        "--role",
        "clinical.key.pub",
    ];
    assert_eq!(medward(&arguments, here).0, Some(0));
    let result = walkdir::WalkDir::new(here.join("out")).into_iter().map(|entry| entry.unwrap().into_path());
    let result: PathBuf =
        result.into_iter().find(|path| path.is_file() && path.extension().is_some()).unwrap();
    fs::create_dir(here.join("results")).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/results_by_highdicom.py");
    let made = Command::new(&python).arg(script).arg(&result).arg(here.join("results")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let open = |roles: [&str; 2]| {
        let [first, second] = roles.map(|role| (format!("{role}.key"), format!("{role}.words")));
        let arguments = [
            "reidentify",
            "open",
            "results",
            "back",
            "--mapping",
            "map",
            "--role",
            &first.0,
            "--role",
            &second.0,
            "--passphrase-file",
            &first.1,
            "--passphrase-file",
            &second.1,
        ];
        medward(&arguments, here)
    };
    let (code, said) = open(["privacy", "privacy"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("two people of different roles are needed"), "{said}");
    assert!(!here.join("back").exists());
    let (code, said) = open(["privacy", "clinical"]);
    assert_eq!((code, said.as_str()), (Some(0), "4 files brought back, 0 already there, 0 not\n"));
    let (code, said) = open(["clinical", "privacy"]);
    assert_eq!((code, said.as_str()), (Some(0), "0 files brought back, 4 already there, 0 not\n"));

    let (original, pseudonymous) = (scan(&image), scan(&result));
    for name in ["seg", "sc", "pr", "sr"] {
        let (before, after) =
            (scan(&here.join(format!("results/{name}.dcm"))), scan(&here.join(format!("back/{name}.dcm"))));
        for tag in [PATIENT_NAME, PATIENT_ID, STUDY] {
            assert_eq!(text(&after, tag), text(&original, tag), "{name} {}", Tag(tag));
        }
        // What is the result's own stays; what refers to the image refers to the original, everywhere.
        assert_eq!(text(&after, INSTANCE), text(&before, INSTANCE), "{name}");
        assert_eq!(times(&after, &text(&pseudonymous, PATIENT_ID).unwrap()), 0, "{name}");
        for tag in [STUDY, INSTANCE, FRAME_OF_REFERENCE] {
            let (old, new) = (text(&pseudonymous, tag).unwrap(), text(&original, tag).unwrap());
            assert_eq!(times(&after, &old), 0, "{name} {}", Tag(tag));
            assert_eq!(times(&after, &new), times(&before, &old), "{name} {}", Tag(tag));
        }
    }
}
