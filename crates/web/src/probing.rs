//! Running the probes of a control from here, for people and programs alike.

use crate::form::Wrong;
use crate::guard::Gate;
use crate::words;
use crate::work::Kind;
use medward_acting::probing::{append, chosen};
use medward_acting::{ActError, whole_file};
use medward_file::SecurityFile;
use medward_live::DIRECTORY;
use medward_probe::{Environment, Observation, Options};
use std::path::Path;
use std::sync::Arc;

/// Begins to run the probes of a control, on a thread of their own; gives the number of the work.
pub(crate) async fn begin(gate: &Arc<Gate>, control: &str) -> Result<u64, Wrong> {
    let directory = gate.device.now().directory.clone();
    let (place, asked) = (directory.clone(), [control.to_owned()]);
    let read = move || -> Result<_, ActError> {
        let file = whole_file(&place)?;
        let (jobs, unable) = chosen(&file, &asked)?;
        Ok((file, jobs, unable))
    };
    let read = tokio::task::spawn_blocking(read).await;
    let (file, jobs, unable) = read.map_err(|_| Wrong::ours(words::TRY_LATER))??;
    if jobs.is_empty() {
        let reasons: Vec<_> = unable.iter().map(|(probe, reason)| format!("{probe}: {reason}")).collect();
        return Err(Wrong::new("", reasons.join("; ")));
    }
    let kind = Kind::Probes(control.to_owned());
    let number = gate.works.begin(kind, jobs.len(), None).map_err(|said| Wrong::new("", said))?;
    let gate = Arc::clone(gate);
    // Programs that the file names are never started from here.
    let environment = Environment::new(&directory, gate.desk.secrets.clone());
    std::thread::spawn(move || {
        let seen = medward_probe::run(&jobs, &environment, Options { parallel: jobs.len() }, |_| {
            gate.works.step(number);
        });
        let outcome = written(&gate, &directory, &file, &seen);
        gate.device.wake();
        gate.works
            .end(number, outcome.map_err(|error| format!("what was seen could not be written: {error}")));
    });
    Ok(number)
}

/// Writes what was seen into the ledger; says how it came out.
fn written(
    gate: &Gate,
    directory: &Path,
    file: &SecurityFile,
    seen: &[Observation],
) -> Result<String, ActError> {
    let log = gate.desk.ledger_key.open(directory)?;
    for one in seen {
        append(&log, &directory.join(DIRECTORY), file, one)?;
    }
    let count = |outcome| seen.iter().filter(|one| one.outcome == outcome).count();
    let (passed, failed) = (count(medward_probe::Outcome::Passed), count(medward_probe::Outcome::Failed));
    Ok(format!("{passed} passed, {failed} failed, {} in error", count(medward_probe::Outcome::Error)))
}
