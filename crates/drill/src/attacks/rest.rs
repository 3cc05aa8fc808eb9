//! What lies on the disk: read by a thief; the ledger cut, changed and rolled back by one who knows it.

use super::identity::attacks;
use crate::attack::{Attack, Field, Target, hold_any};
use crate::object::{FAMILY_NAME, PATIENT};
use crate::{Ct, DrillError};
use medward_ledger::{VerifierKey, verify};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Copies of a ledger that is being written that are tried.
const COPIES_MAX: u32 = 50;

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DrillError {
    let path = path.to_path_buf();
    move |source| DrillError::Io { path, source }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, DrillError> {
    std::fs::read(path).map_err(io(path))
}

/// An image in the ward, as the honest sender left it.
pub(super) async fn stored(field: Field<'_>) -> Result<Ct, DrillError> {
    let ct = Ct::new(field.number, 1);
    if field.honest().store(&ct.instance, &ct.data_set()).await? == Some(0) {
        Ok(ct)
    } else {
        Err(DrillError::Control("an honest image is not taken".to_owned()))
    }
}

pub(super) fn files(directory: &Path) -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(directory).into_iter().flatten();
    found.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Copies the ledger, for one who changes it. The ward goes on writing: a copy that was made in the middle of that is made again.
async fn copy_of_ledger(field: Field<'_>) -> Result<(TempDir, PathBuf, VerifierKey), DrillError> {
    let ledger = field.site.directory().join("state/ledger");
    let key = String::from_utf8_lossy(&read(&ledger.join("key.pub"))?).into_owned();
    let key = VerifierKey::parse(key.trim()).map_err(|error| DrillError::Control(error.to_string()))?;
    for _ in 0..COPIES_MAX {
        let beside = tempfile::tempdir().map_err(io(&ledger))?;
        for path in files(&ledger) {
            let to = beside.path().join(path.strip_prefix(&ledger).unwrap_or(&path));
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent).map_err(io(parent))?;
            }
            // What is being replaced at this moment is missing, and the copy does not verify.
            let _ = std::fs::copy(&path, &to);
        }
        if verify(beside.path(), &key, &[]).is_ok() {
            let copy = beside.path().to_path_buf();
            return Ok((beside, copy, key));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(DrillError::Control("the ledger does not verify".to_owned()))
}

attacks! {
    "stolen-disk" "the whole directory of the ward, searched for names and UIDs" PatientData |field| {
        let ct = stored(field).await?;
        field.leaves_with(&ct.instance, "-").await?;
        for path in files(&field.site.directory().join("state")) {
            let bytes = read(&path)?;
            if hold_any(&bytes, &[FAMILY_NAME, PATIENT, &ct.instance, &ct.study])? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    "ledger-cut" "the last entries cut from the ledger" ImageIntegrity |field| {
        let (_beside, copy, key) = copy_of_ledger(field).await?;
        let path = copy.join("segment");
        let bytes = read(&path)?;
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap_or_default();
        let kept = bytes.get(..end.saturating_sub(40)).unwrap_or_default();
        std::fs::write(&path, kept).map_err(io(&path))?;
        Ok(verify(&copy, &key, &[]).is_ok())
    };
    "ledger-edit" "one bit of one entry of the ledger" ImageIntegrity |field| {
        let (_beside, copy, key) = copy_of_ledger(field).await?;
        let path = copy.join("segment");
        let mut bytes = read(&path)?;
        if let Some(byte) = bytes.get_mut(60) {
            *byte ^= 1;
        }
        std::fs::write(&path, bytes).map_err(io(&path))?;
        Ok(verify(&copy, &key, &[]).is_ok())
    };
    "ledger-rollback" "the ledger put back to an earlier day" ImageIntegrity |field| {
        let (_beside, copy, key) = copy_of_ledger(field).await?;
        stored(field).await?;
        let (_later, later, _) = copy_of_ledger(field).await?;
        let seen = verify(&later, &key, &[]).map_err(|_| DrillError::Control("the ledger does not verify".to_owned()))?;
        Ok(verify(&copy, &key, &[seen.head]).is_ok())
    };
    "log-flood" "a thousand refusals to fill the ledger" Service |field| {
        let segment = || {
            let path = field.site.directory().join("state/ledger/checkpoint");
            let text = String::from_utf8_lossy(&read(&path)?).into_owned();
            Ok::<u64, DrillError>(text.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or_default())
        };
        let before = segment()?;
        for _ in 0..1_000 {
            let stranger = crate::Client { source: "127.0.0.9", ..field.honest() };
            let _ = stranger.tcp().await;
        }
        Ok(segment()?.saturating_sub(before) > 50)
    };
}
