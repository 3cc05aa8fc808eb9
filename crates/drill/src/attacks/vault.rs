//! The vault in the hands of one who has its files: images changed, swapped, deleted; keys without their passphrase.

use super::identity::attacks;
use super::rest::{files, io, read, stored};
use crate::answer::text;
use crate::attack::{Attack, Field, Got, Target};
use crate::client::{Client, GET};
use crate::{Ct, DrillError, PASSPHRASE};
use medward_vault::{Finding, ObjectId, Options, SoftwareKey, Vault};
use medward_ward::Gateway;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files as they are.
type Snapshot = Vec<(PathBuf, Vec<u8>)>;

fn snapshot(directory: &Path) -> Result<Snapshot, DrillError> {
    files(directory).into_iter().map(|path| read(&path).map(|bytes| (path, bytes))).collect()
}

/// Files as they were, put back when dropped: other attacks go on with the same ward.
struct Kept(Snapshot);

impl Kept {
    fn of(directory: &Path) -> Result<Self, DrillError> {
        snapshot(directory).map(Self)
    }

    /// Writes each again, otherwise.
    fn change(&self, how: impl Fn(&mut [u8])) -> Result<(), DrillError> {
        for (path, bytes) in &self.0 {
            let mut changed = bytes.clone();
            how(&mut changed);
            std::fs::write(path, changed).map_err(io(path))?;
        }
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // What cannot be put back shows at the next attack, whose honest images are not taken any more.
        let _ = self.change(|_| ());
    }
}

fn flip(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().step_by(512) {
        *byte ^= 1;
    }
}

fn id(instance: &str) -> Result<ObjectId, DrillError> {
    instance.parse().map_err(|_| DrillError::Control("no UID".to_owned()))
}

/// Whether a single byte of an image is handed out.
fn is_handed_out(vault: &Vault, instance: &str) -> Got {
    let mut reader = vault.get(&id(instance)?)?;
    let mut got = false;
    while let Ok(Some(chunk)) = reader.next_chunk() {
        got |= !chunk.is_empty();
    }
    Ok(got)
}

fn segments(field: Field<'_>, vault: &str) -> PathBuf {
    field.site.directory().join("state").join(vault).join("segments")
}

/// A vault from a copy of its files, of which one directory is left out.
fn copy_without(from: &Path, without: &str, to: &Path) -> Result<Vault, DrillError> {
    for path in files(from) {
        let Ok(inside) = path.strip_prefix(from) else { continue };
        if inside.starts_with(without) {
            continue;
        }
        let to = to.join(inside);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(io(parent))?;
        }
        std::fs::copy(&path, &to).map_err(io(&to))?;
    }
    let key = from.join("../../vault.key");
    let key =
        SoftwareKey::from_file(&key, PASSPHRASE).map_err(|error| DrillError::Site(error.to_string()))?;
    Ok(Vault::open(to, Arc::new(key), Options::default())?.0)
}

/// The first bytes of a segment that differ from what they were, up to the last.
fn difference(
    before: &[(PathBuf, Vec<u8>)],
    after: &[(PathBuf, Vec<u8>)],
) -> Option<(PathBuf, usize, usize)> {
    after.iter().find_map(|(path, new)| {
        let old =
            before.iter().find(|(old, _)| old == path).map(|(_, old)| old.as_slice()).unwrap_or_default();
        let differs = |at: &usize| old.get(*at).unwrap_or(&0) != new.get(*at).unwrap_or(&0);
        let first = (0..new.len()).find(differs)?;
        let last = (0..new.len()).rev().find(differs)?;
        Some((path.clone(), first, last.saturating_sub(first).saturating_add(1)))
    })
}

/// Swaps the sealed bytes of two images of one study and one length; got through if one is handed out.
async fn swapped(field: Field<'_>) -> Got {
    let (first, second) = (Ct::new(field.number, 1), Ct::new(field.number, 2));
    let place = segments(field, "originals");
    let mut snapshots = vec![snapshot(&place)?];
    for ct in [&first, &second] {
        if field.honest().store(&ct.instance, &ct.data_set()).await? != Some(0) {
            return Err(DrillError::Control("an honest image is not taken".to_owned()));
        }
        field.leaves_with(&ct.instance, "-").await?;
        snapshots.push(snapshot(&place)?);
    }
    let unchanged = || DrillError::Control("an image that was taken changed no segment".to_owned());
    let [before, between, after] = snapshots.as_slice() else { return Err(unchanged()) };
    let places = difference(before, between).zip(difference(between, after));
    let ((path, one, length), (other_path, other, other_length)) = places.ok_or_else(unchanged)?;
    let length = length.max(other_length);
    let now = Kept::of(&place)?;
    if path != other_path {
        return Err(DrillError::Control("two small images are not in one segment".to_owned()));
    }
    now.change(|bytes| {
        for at in 0..length {
            if one.saturating_add(at) < bytes.len() && other.saturating_add(at) < bytes.len() {
                bytes.swap(one.saturating_add(at), other.saturating_add(at));
            }
        }
    })?;
    let originals = &field.ward.state.originals;
    let got = is_handed_out(originals, &first.instance)? || is_handed_out(originals, &second.instance)?;
    drop(now);
    if !is_handed_out(originals, &first.instance)? || !is_handed_out(originals, &second.instance)? {
        return Err(DrillError::Control("an image that was put back is not handed out".to_owned()));
    }
    Ok(got)
}

attacks! {
    "changed-at-rest" "bits of sealed images flipped on the disk" ImageIntegrity |field| {
        let ct = stored(field).await?;
        field.leaves_with(&ct.instance, "-").await?;
        let kept = Kept::of(&segments(field, "originals"))?;
        kept.change(flip)?;
        is_handed_out(&field.ward.state.originals, &ct.instance)
    };
    "changed-before-sent" "pixels of what was made for the AI, changed between sealing and sending" ImageIntegrity |field| {
        let Some(sent) = field.sent(&Ct::new(field.number, 1)).await? else { return Ok(false) };
        let mut asked = Vec::new();
        text(&mut asked, 0x0008_0052, *b"CS", "STUDY");
        text(&mut asked, 0x0020_000D, *b"UI", &sent.study);
        let ai = Client::ai(field.site, field.ward.address);
        if ai.ask(GET, "", &asked).await?.bytes.is_empty() {
            return Err(DrillError::Control("the AI does not get what it may have".to_owned()));
        }
        let kept = Kept::of(&segments(field, "results"))?;
        kept.change(flip)?;
        let found = ai.ask(GET, "", &asked).await?;
        drop(kept);
        Ok(found.answers > 0)
    };
    "swapped-at-rest" "two sealed images of a study, each in the place of the other" ImageIntegrity
        |field| swapped(field).await;
    "deleted-at-rest" "the sealed bytes of images deleted, everything else left" ImageIntegrity |field| {
        let ct = stored(field).await?;
        field.leaves_with(&ct.instance, "-").await?;
        let beside = tempfile::tempdir().map_err(io(Path::new("a temporary directory")))?;
        let from = field.site.directory().join("state/originals");
        let vault = copy_without(&from, "segments", beside.path())?;
        let named = |finding: &Finding| matches!(finding, Finding::Object { object, .. } if object.as_str() == ct.instance);
        // Nobody may have an image deleted that then never was.
        let is_named = vault.verify(|_| {})?.findings.iter().any(named);
        Ok(!is_named || is_handed_out(&vault, &ct.instance)?)
    };
    "forgotten-at-rest" "journal and index deleted, so that the vault begins anew" ImageIntegrity |field| {
        let ct = stored(field).await?;
        field.leaves_with(&ct.instance, "-").await?;
        let beside = tempfile::tempdir().map_err(io(Path::new("a temporary directory")))?;
        let from = field.site.directory().join("state/originals");
        match copy_without(&from, "journal", beside.path()) {
            // From the index, or not at all; never as a vault that holds nothing.
            Ok(vault) => Ok(vault.find(&id(&ct.instance)?)?.is_none()),
            Err(DrillError::Vault(_)) => Ok(false),
            Err(other) => Err(other),
        }
    };
    "stolen-keys" "disk and key files in one hand, without the passphrase" PatientData |field| {
        stored(field).await?;
        for path in files(field.site.directory()) {
            if path.extension().is_some_and(|end| end == "key") && crate::attack::hold_any(&read(&path)?, &[PASSPHRASE])? {
                return Ok(true);
            }
        }
        let key = field.site.directory().join("vault.key");
        Ok(["", "vault"].iter().any(|guess| SoftwareKey::from_file(&key, guess).is_ok()))
    };
    "second-ward" "a second ward on the same directory" ImageIntegrity |field| {
        Ok(Gateway::open(field.site.configuration()?, PASSPHRASE, &field.site.reader).await.is_ok())
    };
}
