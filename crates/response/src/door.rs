//! The door by which news enters a ledger: checked, without personal data, and with an id that follows from what it is, so that the same
//! news said twice is one case.
//!
//! The gateway writes its alarms through [`alarm`]; commands and imports through [`Report::entry`].

use crate::plain::{TextError, plain};
use jiff::Timestamp;
use medward_ledger::{Act, Digest, Entry, EntryError, RecordId, Source, Subject};
use sha2::{Digest as _, Sha256};

/// First moment that anything can have happened: 1990-01-01. Earlier ones are slips of the year.
const EARLIEST: i64 = 631_152_000;
/// Most links of one report.
const LINKS_MAX: usize = 50;

/// Why something cannot be reported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// A text may not stand in a ledger.
    #[error(transparent)]
    Text(#[from] TextError),
    /// An id, a link or a digest is none.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Dates that cannot be.
    #[error("{0}")]
    Date(String),
    /// Too many links.
    #[error("a report has at most {LINKS_MAX} links")]
    Links,
}

/// News of an event, a complaint or a corrective action.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it is about.
    pub subject: Subject,
    /// Where it came from.
    pub source: Source,
    /// Its id, where the user or another system gives one.
    pub id: Option<String>,
    /// What makes it the same news when it is said again: a number in another system. Title and beginning where absent.
    pub reference: Option<String>,
    /// What it is, without names.
    pub title: String,
    /// When it happened, or began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Option<Timestamp>,
    /// When the news arrived.
    pub known: Timestamp,
    /// Records, cases and studies it has to do with, as `kind.id`.
    pub links: Vec<String>,
    /// Sealed details.
    pub details: Option<Digest>,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// The id of a case that is known by a source and a mark of its own.
pub fn id_of(subject: Subject, source: &str, mark: &str) -> String {
    let letter = match subject {
        Subject::Event => 'E',
        Subject::Complaint => 'C',
        Subject::Capa => 'A',
    };
    let hash = Digest::of(Sha256::digest(format!("{source}\n{mark}")).into());
    let short: String = hash.as_str().chars().take(12).collect();
    format!("{letter}-{short}")
}

/// Checks when something happened and became known.
pub fn check_dates(
    from: Timestamp,
    until: Option<Timestamp>,
    known: Timestamp,
    now: Timestamp,
) -> Result<(), DoorError> {
    let refused = |text: String| Err(DoorError::Date(text));
    if from.as_second() < EARLIEST {
        return refused(format!("it cannot have happened on {from}: look at the year"));
    }
    if from > now || known > now {
        let later = from.max(known);
        return refused(format!(
            "{later} lies in the future; say when it happened and when you learned of it"
        ));
    }
    if let Some(until) = until.filter(|until| *until < from) {
        return refused(format!("it ended ({until}) before it began ({from})"));
    }
    if known < from {
        return refused(format!("it was known ({known}) before it happened ({from})"));
    }
    Ok(())
}

impl Report {
    /// The entry of a report received now, and the id of its case.
    pub fn entry(&self, role: Option<&str>, now: Timestamp) -> Result<(RecordId, Entry), DoorError> {
        check_dates(self.from, self.until, self.known, now)?;
        if self.links.len() > LINKS_MAX {
            return Err(DoorError::Links);
        }
        let title = plain("title", &self.title)?;
        let mark = self.reference.clone().unwrap_or_else(|| format!("{title}\n{}", self.from.as_second()));
        // An exercise never joins what really happened.
        let mark = if self.exercise { format!("exercise\n{mark}") } else { mark };
        let id = self.id.clone().unwrap_or_else(|| id_of(self.subject, self.source.word(), &mark));
        let case = RecordId::try_from(id)?;
        let act = Act::Opened {
            subject: self.subject,
            source: self.source,
            title,
            from: self.from.as_second(),
            until: self.until.map(Timestamp::as_second),
            known: self.known.as_second(),
            links: self
                .links
                .iter()
                .map(|link| RecordId::try_from(link.as_str()))
                .collect::<Result<_, _>>()?,
            details: self.details.clone(),
        };
        Ok((case.clone(), entry(case, act, self.exercise, role, now)?))
    }
}

/// The entry of an act on a case.
pub fn entry(
    case: RecordId,
    act: Act,
    exercise: bool,
    role: Option<&str>,
    now: Timestamp,
) -> Result<Entry, EntryError> {
    let role = role.map(RecordId::try_from).transpose()?;
    Ok(Entry::Response { case, act, exercise, received: now.as_second(), role, signed: None })
}

/// What makes alarms one case.
fn alarm_mark(rule: &str, about: &str, at: Timestamp) -> String {
    let day = at.as_second().div_euclid(86_400);
    format!("{rule}\n{about}\n{day}")
}

/// The id of the case of an alarm, as [`alarm`] makes it.
pub fn alarm_case(rule: &str, about: &str, at: Timestamp) -> String {
    id_of(Subject::Event, Source::WardAlarm.word(), &alarm_mark(rule, about, at))
}

/// The entry of an alarm of the gateway. Alarms of one rule about one subject on one day are one case: `rule` is the id of the rule
/// that alarmed, `about` what it alarmed of (a sender, a pseudonym of a study, never a person), `links` records of the file as
/// `kind.id`.
pub fn alarm(
    rule: &str,
    about: &str,
    title: &str,
    at: Timestamp,
    links: &[String],
    now: Timestamp,
) -> Result<Entry, DoorError> {
    let report = Report {
        subject: Subject::Event,
        source: Source::WardAlarm,
        id: None,
        reference: Some(alarm_mark(rule, about, at)),
        title: title.to_owned(),
        from: at,
        until: None,
        known: now,
        links: links.to_vec(),
        details: None,
        exercise: false,
    };
    Ok(report.entry(None, now)?.1)
}
