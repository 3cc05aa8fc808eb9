//! Alarms: detectors look at every entry of the ledger, and what they raise is an entry of its own.
//!
//! They follow the ledger as the audit messages do. What they know is kept with the place they came to, so that a run goes on where the
//! last one ended: an alarm that a kill kept from being written is raised by the next run, and one that was written is not raised again.
//! What stood in the ledger before anybody looked is learnt from in silence.

use crate::follow::Follower;
use crate::handed;
use crate::state::State;
use crate::tell::tell;
use crate::watch::WatchError;
use jiff::Timestamp;
use medward_detector::{Detectors, Terms};
use medward_ward_ledger::{Event, History};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the ledger is looked into, and whether to end.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Wait after an alarm could not be written.
const PAUSE: Duration = Duration::from_secs(5);

/// Why alarms wait.
#[derive(Debug, thiserror::Error)]
enum Waits {
    #[error(transparent)]
    Watch(#[from] WatchError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Starts looking, until told to end.
pub(crate) fn start(
    terms: Terms,
    directory: &Path,
    state: &State,
    ends: &Arc<AtomicBool>,
) -> io::Result<JoinHandle<()>> {
    let beside = directory.join("alarms");
    std::fs::create_dir_all(&beside)?;
    let (ledger, kept) = (directory.join("ledger"), beside.join("known"));
    let (follower, known) = match Follower::open::<Detectors>(&state.watch, &ledger, &kept) {
        // What cannot be read is learnt anew.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            std::fs::remove_file(&kept)?;
            tell("what the detectors knew cannot be read; they learn the ledger anew");
            Follower::open(&state.watch, &ledger, &kept)?
        }
        opened => opened?,
    };
    let (state, ends) = (state.clone(), Arc::clone(ends));
    let mut looking = Looking {
        directory: directory.to_path_buf(),
        terms,
        state,
        follower,
        detectors: known.unwrap_or_default(),
    };
    looking.begin()?;
    let run = move || looking.run(&ends);
    std::thread::Builder::new().name("alarms".to_owned()).spawn(run)
}

struct Looking {
    directory: PathBuf,
    terms: Terms,
    state: State,
    follower: Follower,
    detectors: Detectors,
}

impl Looking {
    /// Takes note of what stands in the ledger already: all of it where nobody looked before, else the alarms behind the place.
    fn begin(&mut self) -> io::Result<()> {
        if self.detectors != Detectors::default() {
            let (history, _) = History::since(&self.directory, self.follower.place())?;
            for alarm in history.alarms {
                self.detectors.known(&alarm.detector, &alarm.about, alarm.at.as_second());
            }
            return Ok(());
        }
        loop {
            let news = self.follower.news()?;
            if news.is_empty() {
                return Ok(());
            }
            for entry in news.iter().flatten() {
                self.detectors.look(entry, &self.terms);
            }
            self.follower.settle(&self.detectors)?;
        }
    }

    fn run(&mut self, ends: &AtomicBool) {
        let mut wait = Duration::ZERO;
        while !ends.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK_EVERY);
            self.state.watch.tell_refusals();
            handed::end_late(&self.directory, Timestamp::now().as_second(), &self.state.watch);
            wait = wait.saturating_sub(LOOK_EVERY);
            if wait.is_zero()
                && let Err(error) = self.catch_up()
            {
                tell(&format!("alarms wait: {error}"));
                wait = PAUSE;
            }
        }
        // What still waits is looked at by the next run.
        let _ = self.catch_up();
    }

    /// Looks at all that is new. What was seen counts as seen only once its alarms are in the ledger.
    fn catch_up(&mut self) -> Result<(), Waits> {
        loop {
            let news = self.follower.news()?;
            if news.is_empty() {
                return Ok(());
            }
            let mut detectors = self.detectors.clone();
            for entry in news.iter().flatten() {
                for alarm in detectors.look(entry, &self.terms) {
                    tell(&format!("ALARM {}: {}", alarm.pattern.word(), alarm.title));
                    let (detector, about) = (alarm.pattern.word().to_owned(), alarm.about);
                    self.state.watch.record(&Event::Alarmed { detector, about, title: alarm.title })?;
                }
            }
            self.follower.settle(&detectors)?;
            self.detectors = detectors;
        }
    }
}
