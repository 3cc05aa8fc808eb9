//! Running the probes of a device, and what they saw into its ledger.

use crate::ActError;
use jiff::Timestamp;
use medward_evidence::{Schedule, probe_names, required};
use medward_file::SecurityFile;
use medward_file::kinds::Control;
use medward_ledger::{Digest, Entry, Fingerprint, Log, Outcome, RecordId};
use medward_probe::{Job, Observation};
use sha2::Digest as _;
use std::path::Path;

/// Probes that cannot run, each with its reason.
pub type Unable = Vec<(String, String)>;

/// The jobs of the implemented controls asked for, of all where none is. That nothing is left to run is an error: silence would look
/// like success.
pub fn chosen(file: &SecurityFile, controls: &[String]) -> Result<(Vec<Job>, Unable), ActError> {
    if let Some(unknown) = controls.iter().find(|id| file.by_id::<Control>(id).is_none()) {
        return Err(ActError::of("control", format!("there is no control `{}`", unknown.escape_debug())));
    }
    let needed = required(file);
    let is_chosen = |control: &str| {
        (controls.is_empty() || controls.iter().any(|id| id == control))
            && needed.iter().any(|needed| needed.control == control)
    };
    let (mut jobs, errors) = medward_probe::jobs(file);
    jobs.retain(|job| is_chosen(&job.control));
    let unable: Unable = errors
        .into_iter()
        .filter(|(control, ..)| is_chosen(control))
        .map(|(control, number, error)| {
            (format!("{control} probe {}", number.saturating_add(1)), error.to_string())
        })
        .collect();
    if jobs.is_empty() && unable.is_empty() {
        return Err(ActError::of("control", "no implemented control that was asked for has a probe"));
    }
    Ok((jobs, unable))
}

/// How often a probe of a control runs; daily where the file does not say.
pub fn schedule(control: &Control, number: usize) -> Result<Schedule, ActError> {
    let every = control.probes.get(number).and_then(|probe| probe.every.as_ref());
    Schedule::parse(every.map_or("24h", |every| every)).map_err(|error| ActError::refused(error.to_string()))
}

/// Writes an observation: its digest and outcome into the ledger, itself beside it, where it can be erased.
pub fn append(log: &Log, ledger: &Path, file: &SecurityFile, seen: &Observation) -> Result<(), ActError> {
    let Some(control) = file.by_id::<Control>(&seen.control) else { return Ok(()) };
    let needed = required(file).into_iter().find(|needed| needed.control == seen.control);
    let names = probe_names(control);
    let (Some(needed), Some(probe)) = (needed, names.get(seen.number)) else { return Ok(()) };
    let lifetime = schedule(control, seen.number)?.lifetime();
    let bytes = serde_json::to_vec(seen)?;
    let digest = Digest::of(sha2::Sha256::digest(&bytes).into());
    let beside = ledger.join("observations");
    let path = beside.join(format!("{digest}.json"));
    let written = std::fs::create_dir_all(&beside).and_then(|()| std::fs::write(&path, &bytes));
    written.map_err(ActError::io("write", &path))?;
    let entry = Entry::Evidence {
        control: RecordId::try_from(seen.control.as_str())?,
        probe: RecordId::try_from(probe.as_str())?,
        outcome: match seen.outcome {
            medward_probe::Outcome::Passed => Outcome::Passed,
            medward_probe::Outcome::Failed => Outcome::Failed,
            medward_probe::Outcome::Error => Outcome::Error,
        },
        observed_from: seen.started.as_second(),
        observed_until: seen.ended.as_second(),
        received: Timestamp::now().as_second(),
        valid_until: seen.ended.checked_add(lifetime).unwrap_or(Timestamp::MAX).as_second(),
        fingerprint: Fingerprint::try_from(needed.fingerprint)?,
        observation: digest,
        role: None,
        remark: None,
        signed: None,
    };
    log.append(&entry.canonical()?)?;
    Ok(())
}
