//! Commits in groups: everyone makes the own bytes durable, at the same time; whoever finds the journal free then commits for all
//! who wait, with one durable write.

use crate::error::VaultError;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::index::{Index, ObjectRow};
use crate::journal::Journal;
use crate::record::{Record, Stored};
use crate::segment::{File, lock};
use crate::vault::Inner;
use medward_sabotage::{Broken, is};
use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};

/// Most objects in one group.
const GROUP_MAX: usize = 256;

/// Bytes that are written and not yet known by a name.
#[derive(Debug)]
pub(crate) struct Written {
    pub stored: Stored,
    /// Segments they are in.
    pub files: HashMap<u32, File>,
}

/// What they are to be known as.
#[derive(Debug, Clone)]
pub(crate) enum Name {
    Object { study: StudyId, object: ObjectId },
    Quarantined { id: QuarantineId, slot: u32, key: [u8; 32], reason: String, note: String },
}

impl Name {
    fn record(self, stored: Stored) -> Record {
        match self {
            Self::Object { study, object } => Record::Object { study, object, stored },
            Self::Quarantined { id, slot, key, reason, note } => {
                Record::Quarantined { id, slot, key, reason, note, stored }
            }
        }
    }
}

/// How a commit came out.
#[derive(Debug)]
pub(crate) enum Committed {
    /// It is known by its name now.
    New,
    /// The name is taken, by this.
    Taken(Box<ObjectRow>),
}

/// Somebody who waits for a commit.
#[derive(Debug)]
pub(crate) struct Waiting {
    name: Name,
    stored: Stored,
    files: HashMap<u32, File>,
    answer: Sender<Result<Committed, VaultError>>,
}

impl Inner {
    /// Makes written bytes durable and gives them a name.
    pub fn commit(&self, name: Name, written: &Written) -> Result<Committed, VaultError> {
        let (answer, answered) = channel();
        let Written { stored, files } = written;
        self.segments.sync(files);
        lock(&self.queue).push(Waiting { name, stored: stored.clone(), files: files.clone(), answer });
        loop {
            let mut journal = lock(&self.journal);
            if let Ok(result) = answered.try_recv() {
                return result;
            }
            let mut queue = lock(&self.queue);
            let count = queue.len().min(GROUP_MAX);
            let group: Vec<Waiting> = queue.drain(..count).collect();
            drop(queue);
            self.commit_group(&mut journal, group);
        }
    }

    fn commit_group(&self, journal: &mut Journal, group: Vec<Waiting>) {
        let (mut records, mut stored): (Vec<Record>, Vec<_>) = (Vec::new(), Vec::new());
        for waiting in group {
            let answer = match self.index_under(journal) {
                _ if self.segments.has_failed(&waiting.files) => Err(VaultError::NotDurable),
                Err(error) => Err(error),
                Ok(index) => taken(&index, &records, &waiting.name).transpose().unwrap_or(Ok(Committed::New)),
            };
            match answer {
                Ok(Committed::New) => {
                    records.push(waiting.name.record(waiting.stored));
                    stored.push((waiting.answer, Committed::New));
                }
                // In the same group, so not durable yet.
                Ok(taken) => stored.push((waiting.answer, taken)),
                Err(error) => drop(waiting.answer.send(Err(error))),
            }
        }
        let result = if records.is_empty() { Ok(()) } else { self.record(journal, records, false) };
        for (answer, committed) in stored {
            // Who asked may have gone; the object is there all the same.
            let _ = answer.send(match &result {
                Ok(()) => Ok(committed),
                Err(VaultError::Full) => Err(VaultError::Full),
                Err(VaultError::Index(reason)) => Err(VaultError::Index(reason.clone())),
                Err(_) => Err(VaultError::Stopped),
            });
        }
    }
}

/// Who has a name already: in the index, or in the group before.
fn taken(index: &Index, group: &[Record], name: &Name) -> Result<Option<Committed>, VaultError> {
    let Name::Object { study, object } = name else { return Ok(None) };
    match index.study(study)? {
        Some(row) if row.erased.is_some() => return Err(VaultError::Erased(study.clone())),
        None => return Err(VaultError::NoStudy(study.clone())),
        Some(_) => {}
    }
    let in_group = group.iter().find_map(|record| match record {
        Record::Object { study, object: other, stored } if other == object => {
            let (study, object) = (study.clone(), other.clone());
            Some(ObjectRow { study, object, stored: stored.clone() })
        }
        _ => None,
    });
    let row = match in_group {
        Some(row) => Some(row),
        None => index.object(object)?,
    };
    let row = row.filter(|_| !is(Broken::NameTakenTwice));
    Ok(row.map(|row| Committed::Taken(Box::new(row))))
}
