//! What the ledger of a ward says later, to whoever may read its directory: alarms, emergencies and whether somebody looked at them,
//! layers that were off.

use crate::event::{Entry, Event};
use crate::request::Vouchers;
use jiff::Timestamp;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{VerifierKey, verify};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the ledger's directory inside that of a ward.
pub const LEDGER: &str = "ledger";
/// Name of the file that holds the public half of its key.
pub const PUBLIC_KEY: &str = "key.pub";
/// A ward that runs goes on writing while it is read: so often it is looked again.
const TRIES: u32 = 20;
/// Wait between two looks.
const WAIT: Duration = Duration::from_millis(50);

/// Why nothing can be said by the ledger of a ward.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The system failed.
    #[error("cannot read `{path}`: {source}")]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It does not hold what its key signed.
    #[error("the ledger of the ward at `{path}` proves nothing: {reason}")]
    Unsound {
        /// Its directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub at: Timestamp,
    /// Word of the detector.
    pub detector: String,
    /// What it is about.
    pub about: String,
    /// In a line for people.
    pub title: String,
}

impl Alarm {
    /// What it is about, told from the same of other wards.
    pub fn subject(&self, ward: &str) -> String {
        format!("{ward}\n{}", self.about)
    }
}

/// Originals that were handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// Number of the entry.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Public fingerprint of the key of the study.
    pub study_key: String,
    /// How many objects.
    pub objects: u64,
    /// Why.
    pub because: String,
    /// Who opened it.
    pub by: Option<Vouchers>,
    /// Each look at it: what it came to, and who looked.
    pub reviews: Vec<(String, Option<Vouchers>)>,
}

/// When a ward began to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When.
    pub at: Timestamp,
    /// Layers that were off.
    pub layers_off: Vec<String>,
}

/// What the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Alarms, in their order.
    pub alarms: Vec<Alarm>,
    /// Emergencies, in their order.
    pub emergencies: Vec<Emergency>,
    /// The last run.
    pub run: Option<Run>,
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

impl History {
    /// Reads the ledger in the directory of a ward, verified with a key that was kept apart, else with the one beside it.
    pub fn read(state: &Path, key: Option<&VerifierKey>) -> Result<Self, HistoryError> {
        let ledger = state.join(LEDGER);
        let io = |path: &Path| {
            let path = path.to_path_buf();
            move |source| HistoryError::Io { path, source }
        };
        let unsound = |reason: String| HistoryError::Unsound { path: ledger.clone(), reason };
        let key = if let Some(key) = key {
            key.clone()
        } else {
            let path = ledger.join(PUBLIC_KEY);
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            VerifierKey::parse(text.trim()).map_err(|error| unsound(error.to_string()))?
        };
        let mut tries = 0;
        let size = loop {
            match verify(&ledger, &key, &[]) {
                Ok(verified) => break verified.head.size,
                Err(_) if tries < TRIES => tries += 1,
                Err(findings) => {
                    let reasons: Vec<_> = findings.iter().map(ToString::to_string).collect();
                    return Err(unsound(reasons.join("; ")));
                }
            }
            std::thread::sleep(WAIT);
        };
        let path = ledger.join("segment");
        let mut reader = Reader::open(&path).map_err(io(&path))?;
        let mut history = Self::default();
        while reader.count < size {
            let number = reader.count;
            let Step::Entry(bytes) = reader.step().map_err(io(&path))? else { break };
            // What a later version writes says nothing to this one.
            if let Some(entry) = Entry::parse(&bytes) {
                history.add(number, entry);
            }
        }
        Ok(history)
    }

    /// What stands behind a place in the ledger of a ward that runs: behind as many entries, of as many bytes. Gives it with the place
    /// behind it. Whether the ledger is sound is not asked.
    pub fn since(state: &Path, (count, bytes): (u64, u64)) -> io::Result<(Self, (u64, u64))> {
        let mut reader = Reader::open_at(&state.join(LEDGER).join("segment"), count, bytes)?;
        let mut history = Self::default();
        loop {
            let number = reader.count;
            let Step::Entry(bytes) = reader.step()? else { break };
            if let Some(entry) = Entry::parse(&bytes) {
                history.add(number, entry);
            }
        }
        Ok((history, (reader.count, reader.bytes)))
    }

    fn add(&mut self, number: u64, entry: Entry) {
        let at = moment(entry.at);
        match entry.event {
            Event::Alarmed { detector, about, title } => {
                self.alarms.push(Alarm { at, detector, about, title });
            }
            Event::Emergency { study_key, objects, because, by } => {
                let reviews = Vec::new();
                self.emergencies.push(Emergency { number, at, study_key, objects, because, by, reviews });
            }
            Event::Reviewed { emergency, finding, by, .. } => {
                if let Some(of) = self.emergencies.iter_mut().find(|one| one.number == emergency) {
                    of.reviews.push((finding, by));
                }
            }
            Event::Started { layers_off, .. } => self.run = Some(Run { at, layers_off }),
            _ => {}
        }
    }
}
