//! The ledger of the ward, followed: whatever was written is given out once more, in order, from where the last run stopped.
//!
//! What is made of entries (audit messages) can therefore fall behind, fail or be killed, and nothing of it is lost: the ledger is its
//! queue. After a crash some entries are given twice, none never.

use crate::watch::Watch;
use medward_ledger::segment::{Reader, Step};
use medward_ward_ledger::Entry;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Entries given at once.
const AT_ONCE: usize = 256;

/// How far the ledger was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// What is kept: the place, and with it what whoever follows made of everything up to there.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<K> {
    #[serde(flatten)]
    place: Place,
    #[serde(default)]
    with: K,
}

/// Follows a ledger.
#[derive(Debug)]
pub(crate) struct Follower {
    watch: Arc<Watch>,
    segment: PathBuf,
    /// The file that holds the place.
    kept: PathBuf,
    settled: Place,
    given: Place,
    /// Entries that were durable when it was opened.
    durable: u64,
}

/// Puts back the place in a file to the end of a ledger that is shorter; gives how many entries it was behind that.
pub(crate) fn set_back(kept: &Path, end: Place) -> io::Result<u64> {
    let read = match std::fs::read(kept) {
        Ok(bytes) => serde_json::from_slice::<Kept<serde_json::Value>>(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    // One that cannot be read is dealt with by whoever follows.
    let Ok(Kept { place, with }) = read else { return Ok(0) };
    let behind = place.count.saturating_sub(end.count);
    if behind > 0 {
        keep(kept, &Kept { place: end, with })?;
    }
    Ok(behind)
}

fn keep<K: Serialize>(path: &Path, kept: &Kept<K>) -> io::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(kept)?)?;
    std::fs::rename(&beside, path)
}

impl Follower {
    /// Follows the ledger in a directory, after it was opened and before anybody appends. The place is kept in a file, with something
    /// that belongs to it; that is `None` where nobody followed before.
    pub(crate) fn open<K: DeserializeOwned + Default>(
        watch: &Arc<Watch>,
        ledger: &Path,
        kept: &Path,
    ) -> io::Result<(Self, Option<K>)> {
        let (settled, with) = match std::fs::read(kept) {
            Ok(bytes) => {
                // A file that was cut short is as little of use as any other that cannot be read.
                let read = serde_json::from_slice(&bytes);
                let Kept { place, with } =
                    read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                (place, Some(with))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Place::default(), None),
            Err(error) => return Err(error),
        };
        let segment = ledger.join("segment");
        let durable = match Reader::open_at(&segment, settled.count, settled.bytes) {
            Ok(mut reader) => {
                while let Step::Entry(_) = reader.step()? {}
                reader.count
            }
            // A full disk kept it from being begun.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let (watch, kept) = (Arc::clone(watch), kept.to_path_buf());
        Ok((Self { watch, segment, kept, settled, given: settled, durable }, with))
    }

    /// Entries and bytes that were settled.
    pub(crate) const fn place(&self) -> (u64, u64) {
        (self.settled.count, self.settled.bytes)
    }

    /// Entries that are on stable storage and were not settled yet. An entry in a form of another version is `None`.
    pub(crate) fn news(&mut self) -> io::Result<Vec<Option<Entry>>> {
        let durable = self.durable.max(self.watch.durable());
        let mut news = Vec::new();
        self.given = self.settled;
        if self.settled.count >= durable {
            return Ok(news);
        }
        let mut reader = Reader::open_at(&self.segment, self.settled.count, self.settled.bytes)?;
        while news.len() < AT_ONCE && reader.count < durable {
            let Step::Entry(bytes) = reader.step()? else { break };
            news.push(Entry::parse(&bytes));
            self.given = Place { count: reader.count, bytes: reader.bytes };
        }
        Ok(news)
    }

    /// What [`Self::news`] gave was dealt with, and made this of what was kept.
    pub(crate) fn settle<K: Serialize>(&mut self, with: K) -> io::Result<()> {
        if self.given == self.settled {
            return Ok(());
        }
        keep(&self.kept, &Kept { place: self.given, with })?;
        self.settled = self.given;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medward_ward_ledger::Event;
    use zeroize::Zeroizing;

    #[test]
    fn nothing_is_lost_and_what_was_settled_does_not_come_again() {
        let directory = tempfile::tempdir().unwrap();
        let (ledger, kept) = (directory.path().join("ledger"), directory.path().join("place"));
        let open = || Arc::new(Watch::open(&ledger, "W-1", Zeroizing::new([7; 32])).unwrap());
        let watch = open();
        let keys = |from: usize, to: usize| (from..to).map(|keys| Event::KeysRotated { keys });
        let given = |follower: &mut Follower| -> Vec<Event> {
            follower.news().unwrap().into_iter().map(|news| news.unwrap().event).collect()
        };
        keys(0, 3).for_each(|event| watch.record(&event).unwrap());
        let (mut follower, _) = Follower::open::<()>(&watch, &ledger, &kept).unwrap();
        assert_eq!(given(&mut follower), keys(0, 3).collect::<Vec<_>>());
        follower.settle(()).unwrap();
        keys(3, 5).for_each(|event| watch.record(&event).unwrap());
        assert_eq!(given(&mut follower), keys(3, 5).collect::<Vec<_>>());
        // Not settled: killed here. The next run gives them again, and what came meanwhile.
        drop((follower, watch));
        let watch = open();
        watch.record(&Event::KeysRotated { keys: 5 }).unwrap();
        let (mut follower, _) = Follower::open::<()>(&watch, &ledger, &kept).unwrap();
        assert_eq!(given(&mut follower), keys(3, 6).collect::<Vec<_>>());
        follower.settle(()).unwrap();
        assert!(given(&mut follower).is_empty());
    }

    #[test]
    fn a_place_that_was_cut_short_is_told_as_what_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let (ledger, kept) = (directory.path().join("ledger"), directory.path().join("place"));
        let watch = Arc::new(Watch::open(&ledger, "W-1", Zeroizing::new([7; 32])).unwrap());
        for cut in ["", "{\"count\":1,"] {
            std::fs::write(&kept, cut).unwrap();
            let error = Follower::open::<()>(&watch, &ledger, &kept).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{cut}");
        }
    }

    #[test]
    fn a_long_ledger_comes_in_parts() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger");
        let watch = Arc::new(Watch::open(&ledger, "W-1", Zeroizing::new([7; 32])).unwrap());
        let (mut follower, _) =
            Follower::open::<()>(&watch, &ledger, &directory.path().join("place")).unwrap();
        let most = AT_ONCE + 1;
        (0..most).for_each(|keys| watch.record(&Event::KeysRotated { keys }).unwrap());
        let mut parts = Vec::new();
        while let news @ [_, ..] = &*follower.news().unwrap() {
            parts.push(news.len());
            follower.settle(()).unwrap();
        }
        assert_eq!(parts, [AT_ONCE, 1]);
    }
}
