//! Alarms of wards on their way into the ledger of the device, where each is an event: called by `event collect`, and by `ward run` while it
//! runs.
//!
//! The id of an event follows from the alarm, so that one that was brought before is found again and not brought twice.

use crate::acting::warn;
use crate::command::{KeyArguments, open_ledger, whole_file};
use crate::output::Error;
use jiff::Timestamp;
use medward_file::SecurityFile;
use medward_ledger::Entry;
use medward_response::door;
use medward_ward_ledger::{Alarm, History};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often the ledger of the ward is looked into.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether to end.
const STEP: Duration = Duration::from_millis(200);
/// Wait after an alarm could not be brought.
const PAUSE: Duration = Duration::from_secs(10);

/// The ledger of a device, and the events it has.
pub(crate) struct Door {
    directory: PathBuf,
    file: SecurityFile,
    key: KeyArguments,
    passphrase: Zeroizing<String>,
    known: HashSet<String>,
}

impl Door {
    /// Reads what the ledger has; the passphrase is asked for once.
    pub(crate) fn open(directory: &Path, key: &KeyArguments) -> Result<Self, Error> {
        let file = whole_file(directory)?;
        let history = medward_live::history(&file, directory)?;
        let known = history.acts.into_iter().map(|acted| acted.case).collect();
        let passphrase = key.passphrase()?;
        // Found out now, and not at the first alarm.
        drop(open_ledger(directory, key, &passphrase)?);
        Ok(Self { directory: directory.to_owned(), file, key: key.clone(), passphrase, known })
    }

    /// Brings alarms that are no events yet; gives the ids of the new events.
    pub(crate) fn bring(&mut self, ward: &str, alarms: &[Alarm]) -> Result<Vec<String>, Error> {
        let (mut brought, mut entries) = (Vec::new(), Vec::new());
        for alarm in alarms {
            let (id, entry) = self.entry(ward, alarm)?;
            if self.known.insert(id.clone()) {
                brought.push(id);
                entries.push(entry.canonical()?);
            }
        }
        if entries.is_empty() {
            return Ok(brought);
        }
        let written = open_ledger(&self.directory, &self.key, &self.passphrase).and_then(|log| {
            entries.iter().try_for_each(|entry| log.append(entry).map(drop).map_err(Error::from))
        });
        if written.is_err() {
            // Which of them stand there is found out the next time: said twice, they are one case.
            self.known.retain(|id| !brought.contains(id));
        }
        written.map(|()| brought)
    }

    /// The entry of an alarm, and the id of its event.
    fn entry(&self, ward: &str, alarm: &Alarm) -> Result<(String, Entry), Error> {
        let Alarm { at, detector, title, .. } = alarm;
        let link = format!("sender.{}", alarm.about);
        let links = if self.file.find_any(&link).is_empty() { Vec::new() } else { vec![link] };
        let (about, now) = (alarm.subject(ward), Timestamp::now().max(*at));
        let made = door::alarm(detector, &about, title, *at, &links, now);
        // Ids of the file may look like numbers of a patient: then the pattern is said, and the ward has the rest.
        let plain = || door::alarm(detector, &about, &format!("the ward alarms: {detector}"), *at, &[], now);
        let entry = made.or_else(|_| plain()).map_err(|error| Error::Usage(error.to_string()))?;
        let Entry::Response { case, .. } = &entry else {
            return Err(Error::Usage("an alarm is no event".to_owned()));
        };
        Ok((case.as_str().to_owned(), entry))
    }
}

/// Brings the alarms of a ward that runs, on a thread of its own, until told to end.
pub(crate) fn follow(
    mut door: Door,
    ward: String,
    state: PathBuf,
    ends: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let run = move || {
        let (mut place, mut wait) = ((0, 0), Duration::ZERO);
        loop {
            // Looked at once more after the end: the last alarm may have come with it.
            let is_last = ends.load(Ordering::Relaxed);
            if wait.is_zero() || is_last {
                wait = LOOK_EVERY;
                // A ledger that is not begun yet has no alarms.
                if let Ok((history, next)) = History::since(&state, place) {
                    match door.bring(&ward, &history.alarms) {
                        Ok(brought) => {
                            place = next;
                            for id in brought {
                                warn(&format!("event {id} is an alarm of `{ward}`"));
                            }
                        }
                        Err(error) => {
                            warn(&format!("alarms wait for the ledger of the device: {error}"));
                            wait = PAUSE;
                        }
                    }
                }
            }
            if is_last {
                return;
            }
            std::thread::sleep(STEP);
            wait = wait.saturating_sub(STEP);
        }
    };
    std::thread::Builder::new().name("alarms to the device".to_owned()).spawn(run)
}
