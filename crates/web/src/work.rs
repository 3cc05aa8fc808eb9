//! Work that outlasts a request: probes that run, documents that are made. Few at once, few remembered; pages are told of each change.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tempfile::TempDir;
use tokio::sync::watch;

/// Works that run at once, and works remembered.
const RUNNING_MAX: usize = 2;
const KEPT_MAX: usize = 24;

/// What a work is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The probes of a control.
    Probes(String),
    /// A document in a form.
    Document {
        /// Its name.
        name: String,
        /// Ending of its file.
        form: &'static str,
    },
}

/// How a work stands.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// It runs: parts done, of how many.
    Runs(usize, usize),
    /// It ended: with which words, or why not.
    Ended(Result<String, String>),
}

/// A work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) progress: Progress,
    began: Instant,
    /// Where its file lies, as long as it is remembered.
    pub(crate) place: Option<Arc<TempDir>>,
}

impl Work {
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.progress, Progress::Runs(..))
    }

    /// Seconds since it began.
    pub(crate) fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

/// All works, the newest first.
#[derive(Debug)]
pub(crate) struct Works {
    list: Mutex<(u64, VecDeque<Work>)>,
    changes: watch::Sender<u64>,
}

impl Default for Works {
    fn default() -> Self {
        Self { list: Mutex::default(), changes: watch::channel(0).0 }
    }
}

impl Works {
    fn change<T>(&self, change: impl FnOnce(&mut (u64, VecDeque<Work>)) -> T) -> T {
        let changed = change(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|version| *version = version.wrapping_add(1));
        changed
    }

    /// Begins a work; gives its number, or the words why not.
    pub(crate) fn begin(
        &self,
        kind: Kind,
        parts: usize,
        place: Option<TempDir>,
    ) -> Result<u64, &'static str> {
        self.change(|(next, list)| {
            if list.iter().any(|work| work.is_running() && work.kind == kind) {
                return Err("This runs already.");
            }
            if list.iter().filter(|work| work.is_running()).count() >= RUNNING_MAX {
                return Err("Enough is running already. Wait until some of it has ended.");
            }
            *next = next.saturating_add(1);
            let place = place.map(Arc::new);
            let progress = Progress::Runs(0, parts);
            list.push_front(Work { number: *next, kind, progress, began: Instant::now(), place });
            list.truncate(KEPT_MAX);
            Ok(*next)
        })
    }

    /// A part of a work is done.
    pub(crate) fn step(&self, number: u64) {
        self.change(|(_, list)| {
            let work = list.iter_mut().find(|work| work.number == number);
            if let Some(Work { progress: Progress::Runs(done, _), .. }) = work {
                *done = done.saturating_add(1);
            }
        });
    }

    /// A work has ended.
    pub(crate) fn end(&self, number: u64, outcome: Result<String, String>) {
        self.change(|(_, list)| {
            if let Some(work) = list.iter_mut().find(|work| work.number == number) {
                work.progress = Progress::Ended(outcome);
            }
        });
    }

    /// The works of which something is asked, the newest first.
    pub(crate) fn of(&self, is_asked: impl Fn(&Work) -> bool) -> Vec<Work> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.1.iter().filter(|work| is_asked(work)).cloned().collect()
    }

    /// Tells of each change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_run_at_once_and_none_twice() {
        let works = Works::default();
        let kind = |id: &str| Kind::Probes(id.to_owned());
        let first = works.begin(kind("C-1"), 2, None).unwrap();
        assert!(works.begin(kind("C-1"), 2, None).is_err());
        works.begin(kind("C-2"), 1, None).unwrap();
        assert!(works.begin(kind("C-3"), 1, None).is_err());
        works.step(first);
        assert!(matches!(works.of(|work| work.number == first)[0].progress, Progress::Runs(1, 2)));
        works.end(first, Ok("2 passed".to_owned()));
        assert!(works.begin(kind("C-1"), 2, None).is_ok());
        assert_eq!(works.of(|work| work.kind == kind("C-1")).len(), 2);
    }
}
