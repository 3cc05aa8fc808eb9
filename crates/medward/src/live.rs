//! Moments that users ask for, and what the ledger says at them.

use crate::output::{Error, visible};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_evidence::History;
use medward_file::SecurityFile;
use medward_ledger::Checkpoint;
use medward_rules::Live;
use std::path::Path;
use std::str::FromStr;

/// A moment that a user asks for: a day, which means its end, or a point in time; both in UTC where no zone is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(Timestamp);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let end = |day: Date| TimeZone::UTC.to_timestamp(day.at(23, 59, 59, 0));
        let day = || text.parse::<Date>().and_then(end);
        // A point in time is tried first: its text begins with a day.
        let found =
            text.parse::<Timestamp>().or_else(|error| if text.contains('T') { Err(error) } else { day() });
        found.map(Self).map_err(|_| {
            format!("`{text}` is neither a day such as 2026-10-01 nor a time such as 2026-10-01T14:30Z")
        })
    }
}

impl Moment {
    /// The point in time.
    pub(crate) fn timestamp(self) -> Timestamp {
        self.0
    }

    /// In seconds since 1970-01-01.
    pub(crate) fn second(self) -> i64 {
        self.0.as_second()
    }

    /// The day, in UTC.
    pub(crate) fn day(self) -> Date {
        TimeZone::UTC.to_datetime(self.0).date()
    }
}

/// What the ledger says at a moment, now where none is given; nothing where there is no ledger.
pub(crate) fn live(file: &SecurityFile, directory: &Path, at: Option<Moment>) -> Result<Option<Live>, Error> {
    let moment = |_: &History| at.map_or_else(Timestamp::now, |at| at.0);
    // A time ahead of the clock is a question about the future, not a wrong entry.
    Ok(asked_at(file, directory, moment, at.is_none())?.map(|(live, _)| live))
}

/// The same without a clock: at the moment given, else when the newest entry was received, else when `otherwise` says; with the
/// verified head.
pub(crate) fn live_by_ledger(
    file: &SecurityFile,
    directory: &Path,
    at: Option<Moment>,
    otherwise: Timestamp,
) -> Result<Option<(Live, Checkpoint)>, Error> {
    let moment = |history: &History| at.map_or_else(|| history.newest.unwrap_or(otherwise), |at| at.0);
    asked_at(file, directory, moment, false)
}

fn asked_at(
    file: &SecurityFile,
    directory: &Path,
    moment: impl FnOnce(&History) -> Timestamp,
    is_now: bool,
) -> Result<Option<(Live, Checkpoint)>, Error> {
    let Some(read) = medward_live::live(file, directory, moment, is_now)? else { return Ok(None) };
    if let Some(reason) = &read.authors_unknown {
        let reason = visible(reason);
        eprintln!("medward: whether authors approved their own records was not looked for: {reason}");
    }
    Ok(Some((read.live, read.head)))
}

/// The same for commands that may also take controls as the file declares them.
pub(crate) fn live_unless(
    declared: bool,
    file: &SecurityFile,
    directory: &Path,
    at: Option<Moment>,
) -> Result<Option<Live>, Error> {
    if declared { Ok(None) } else { live(file, directory, at) }
}
