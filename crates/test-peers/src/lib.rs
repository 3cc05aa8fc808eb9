//! What tests are held against that nobody here wrote: Python packages with their DICOM files, and programs; never built
//! into the tool. `./test` installs all of it; what is missing is said and skipped.

#![allow(clippy::print_stderr, clippy::panic, reason = "for tests")]

mod listening;

pub use listening::{Listening, free_port};

use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages that carry DICOM files.
const PACKAGES: [&str; 3] = ["pydicom", "pynetdicom", "data_store"];

/// What else the packages are made of.
const OTHER_FILES: [&str; 13] =
    ["py", "pyc", "json", "txt", "md", "xml", "gz", "zip", "tar", "typed", "ini", "crt", "key"];
/// Larger files are left out: a few of them take longer than all others together.
const BYTES_MAX: u64 = 4 << 20;

/// The Python that `./test` made, with pydicom and its decoders; `MEDWARD_PYTHON` names another one.
pub fn python() -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/bin/python");
    let python = std::env::var_os("MEDWARD_PYTHON").map_or(made, PathBuf::from);
    let found = Command::new(&python).args(["-c", "import pydicom"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: no Python with pydicom; ./test makes one");
    None
}

/// Whether a program is there.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: no {program}; ./test installs it");
    }
    found
}

/// All files below the packages that carry DICOM files, sorted; some are no DICOM, and those of more
/// than 4 MiB are left out.
pub fn dicom_files(python: &Path) -> Vec<PathBuf> {
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new(python).args(["-c", script]).output();
    let root =
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let below = PACKAGES.iter().flat_map(|package| walkdir::WalkDir::new(Path::new(&root).join(package)));
    let files = below.filter_map(Result::ok).filter(|entry| {
        entry.file_type().is_file() && entry.metadata().is_ok_and(|metadata| metadata.len() <= BYTES_MAX)
    });
    let is_other = |path: &Path| {
        let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        OTHER_FILES.contains(&extension)
    };
    let mut files: Vec<_> = files.map(walkdir::DirEntry::into_path).filter(|path| !is_other(path)).collect();
    files.sort();
    files
}
