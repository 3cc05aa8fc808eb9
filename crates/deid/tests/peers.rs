//! What came out, opened by programs that nobody here wrote: pydicom, dcmdump and dciodvfy.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use medward_deid::{Deidentifier, Detail, NotPassed, Options, Policy, ProfileOption, ProjectKey};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Opens every file of a directory with pydicom, down to every value and the lengths of native pixels, and compares
/// these with the source's.
const SCRIPT: &str = r#"
import os, sys, warnings, pydicom
warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
bad = []
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name)
    source = open(path + ".source").read() if os.path.exists(path + ".source") else None
    if name.endswith(".source"):
        continue
    try:
        after = pydicom.dcmread(path)
        for element in after.iterall():
            element.value
        before = pydicom.dcmread(source, force=True)
        if "PixelData" in before and before["PixelData"].value != after["PixelData"].value:
            bad.append(f"{source}: pixels differ")
        if before.get("PatientName") and str(before.PatientName) and before.PatientName == after.get("PatientName"):
            bad.append(f"{source}: the name is still there")
        if after.PatientIdentityRemoved != "YES" or after.file_meta.MediaStorageSOPInstanceUID != after.SOPInstanceUID:
            bad.append(f"{source}: marks are wrong")
    except Exception as error:
        bad.append(f"{source}: {type(error).__name__}: {error}")
print("\n".join(bad))
"#;

fn python() -> Option<PathBuf> {
    let python = std::env::var_os("MEDWARD_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let found = Command::new(&python).args(["-c", "import pydicom"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: no Python with pydicom; set MEDWARD_PYTHON to one");
    None
}

fn corpus(python: &Path) -> Vec<PathBuf> {
    let script = "import os; from pydicom import data; print(os.path.join(os.path.dirname(data.__file__), 'test_files'))";
    let output = Command::new(python).args(["-c", script]).output().unwrap();
    let directory = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    let mut waiting = vec![directory];
    let mut files = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else {
                files.push(entry);
            }
        }
    }
    files.sort();
    assert!(files.len() > 100);
    files
}

/// What dciodvfy calls an error, without the values.
fn errors(path: &str) -> Option<Vec<String>> {
    let output = Command::new("dciodvfy").arg(path).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors = said.lines().filter(|line| line.starts_with("Error"));
    Some(errors.map(|line| line.split(" <").next().unwrap_or(line).to_owned()).collect())
}

#[test]
fn results_open_in_pydicom_and_dcmdump_and_dciodvfy_finds_nothing_new() {
    let Some(python) = python() else { return };
    // A rule without regions: someone looked. Here it is so that all images go through.
    let mut policy = Policy::from_toml("[[pixels]]\nregions = []\n").unwrap();
    let out = tempfile::tempdir().unwrap();
    let (mut made, mut held, mut refused) = (Vec::new(), 0, 0);
    for (at, source) in corpus(&python).iter().enumerate() {
        let options = [ProfileOption::RetainModifiedDates, ProfileOption::CleanDescriptors];
        policy.options = Options::new(options.into_iter().take(at % 3)).unwrap();
        let mut deidentifier = Deidentifier::new(policy.clone(), &ProjectKey::new([1; 32]), Detail::Counts);
        let path = out.path().join(at.to_string());
        let mut result = File::create(&path).unwrap();
        match deidentifier.object(&mut File::open(source).unwrap(), &mut result) {
            Ok(_) => {
                std::fs::write(out.path().join(format!("{at}.source")), source.to_str().unwrap()).unwrap();
                made.push(path);
                continue;
            }
            Err(NotPassed::Quarantined(_)) => held += 1,
            Err(NotPassed::Refused(_)) => refused += 1,
            Err(error) => panic!("{}: {error}", source.display()),
        }
        std::fs::remove_file(path).unwrap();
    }
    eprintln!("{} made, {held} held back, {refused} refused", made.len());
    assert!(made.len() > 80, "only {} results: {held} held back, {refused} refused", made.len());
    let output = Command::new(&python).args(["-c", SCRIPT]).arg(out.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "");
    for path in &made {
        let source = std::fs::read_to_string(path.with_extension("source")).unwrap();
        let Some(before) = errors(&source) else {
            eprintln!("SKIPPED: no dciodvfy");
            break;
        };
        let new: Vec<String> = errors(path.to_str().unwrap()).unwrap();
        let new: Vec<_> = new.into_iter().filter(|error| !before.contains(error)).collect();
        assert!(new.is_empty(), "{source}: {new:?}");
    }
    for path in &made {
        let Ok(output) = Command::new("dcmdump").args(["-q", "-M"]).arg(path).output() else {
            eprintln!("SKIPPED: no dcmdump");
            return;
        };
        let source = std::fs::read_to_string(path.with_extension("source")).unwrap();
        // What dcmdump cannot read of the source either is not for us to mend.
        let before = Command::new("dcmdump").args(["-q", "-M", &source]).output().unwrap();
        assert!(
            output.status.success() || !before.status.success(),
            "{source}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
