//! Originals that were handed out in emergencies, and are taken back: when somebody asks for it, else when their time is over.
//!
//! Where they were put stands in the directory of the ward, so that a restart forgets none. Only files that an emergency makes are deleted.

use crate::tell::tell;
use crate::watch::Watch;
use medward_ledger::Digest;
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Directory of what was handed out, inside that of the ward.
const HANDED: &str = "handed";

/// One emergency whose files are out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Handed {
    out: PathBuf,
    objects: u64,
    /// When they are taken back, in seconds since 1970-01-01.
    until: i64,
}

/// Name of the file of an object, counted from 1.
pub(crate) fn file_name(number: u64) -> String {
    format!("{number:06}.dcm")
}

fn record(directory: &Path, out: &Path) -> PathBuf {
    let name = Digest::of(Sha256::digest(out.as_os_str().as_bytes()).into());
    directory.join(HANDED).join(name.as_str())
}

/// Notes what is about to be put somewhere, and until when it may be there.
pub(crate) fn note(directory: &Path, out: &Path, objects: u64, until: i64) -> io::Result<()> {
    std::fs::create_dir_all(directory.join(HANDED))?;
    let handed = Handed { out: out.to_path_buf(), objects, until };
    std::fs::write(record(directory, out), serde_json::to_vec(&handed)?)
}

fn all(directory: &Path) -> Vec<(PathBuf, Handed)> {
    let entries = std::fs::read_dir(directory.join(HANDED)).into_iter().flatten().flatten();
    let read = |path: PathBuf| {
        let handed = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        Some((path, handed))
    };
    entries.filter_map(|entry| read(entry.path())).collect()
}

/// Deletes the files of one; gives how many there still were.
fn take_back(record: &Path, handed: &Handed) -> io::Result<u64> {
    let mut deleted = 0_u64;
    for number in 1..=handed.objects {
        match std::fs::remove_file(handed.out.join(file_name(number))) {
            Ok(()) => deleted = deleted.saturating_add(1),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    // Whatever else somebody put there stays.
    let _ = std::fs::remove_dir(&handed.out);
    std::fs::remove_file(record)?;
    Ok(deleted)
}

/// Takes back what was put in a directory; gives how many files were deleted, `None` where nothing was put there.
pub(crate) fn end(directory: &Path, out: &Path, watch: &Watch) -> io::Result<Option<u64>> {
    let found = all(directory).into_iter().find(|(_, handed)| handed.out == out);
    let Some((record, handed)) = found else { return Ok(None) };
    let objects = take_back(&record, &handed)?;
    // They are gone, whether that could be written down or not.
    let _ = watch.record(&Event::EmergencyEnded { objects, reason: "asked-for".to_owned() });
    Ok(Some(objects))
}

/// Takes back all whose time is over.
pub(crate) fn end_late(directory: &Path, now: i64, watch: &Watch) {
    for (record, handed) in all(directory).into_iter().filter(|(_, handed)| handed.until <= now) {
        match take_back(&record, &handed) {
            Ok(objects) => {
                let _ = watch.record(&Event::EmergencyEnded { objects, reason: "time-is-over".to_owned() });
            }
            Err(error) => tell(&format!(
                "originals in `{}` cannot be deleted, although the time of the emergency is over: {error}",
                handed.out.display()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn files_go_when_their_time_is_over_and_nothing_else_does() {
        let place = tempfile::tempdir().unwrap();
        let (state, out) = (place.path().join("state"), place.path().join("out"));
        std::fs::create_dir(&out).unwrap();
        let watch = Watch::open(&state.join("ledger"), "W-1", Zeroizing::new([7; 32])).unwrap();
        for name in ["000001.dcm", "000002.dcm", "000003.dcm", "notes.txt"] {
            std::fs::write(out.join(name), "x").unwrap();
        }
        note(&state, &out, 2, 1_000).unwrap();
        end_late(&state, 999, &watch);
        assert!(out.join("000001.dcm").exists());
        end_late(&state, 1_000, &watch);
        let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(all(&state).is_empty() && end(&state, &out, &watch).unwrap().is_none());
        note(&state, &out, 3, 1_000).unwrap();
        assert_eq!(end(&state, &out, &watch).unwrap(), Some(1));
        assert!(out.join("notes.txt").exists());
    }
}
