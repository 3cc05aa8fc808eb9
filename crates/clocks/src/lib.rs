//! Legal periods: the last moment of a limit in hours, days or months, counted as Regulation (EEC, Euratom) 1182/71 does.
//!
//! Called by whatever shows or judges a limit; pure, knows no clock and no case. What comes out is an outer bound: the duties
//! behind it read "immediately" or "without undue delay", and [`Limit::shown`] says so. Nothing that the Regulation adds in favour of who reports
//! (the rest of the first hour, the working day after a weekend) is counted in; it is kept apart as [`Limit::reserve`].

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ZonedDateTime};
use medward_catalog::LimitUnit;

/// Why a limit cannot be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// No such time zone on this machine.
    #[error(
        "`{0}` is no time zone known here; write an IANA name such as `Europe/Berlin`, and install tzdata if it is missing"
    )]
    Zone(String),
    /// Past what a calendar holds.
    #[error("the limit lies past what a calendar holds")]
    Range,
}

/// The end of a legal period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Last moment within the period, as it is to be relied on.
    pub at: Timestamp,
    /// Last moment that the Regulation would still allow, where that is later: information only.
    pub reserve: Option<Timestamp>,
    /// The zone in which it is counted and shown.
    pub zone: TimeZone,
}

/// The time zone of a name; UTC without one.
pub fn zone(name: Option<&str>) -> Result<TimeZone, ClockError> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| ClockError::Zone(name.escape_debug().to_string()))
}

/// The limit of a period that begins at a moment, in the zone of whoever has the duty.
pub fn limit(start: Timestamp, length: u32, unit: LimitUnit, zone: &TimeZone) -> Result<Limit, ClockError> {
    let zone = zone.clone();
    match unit {
        LimitUnit::Hours => hours(start, length, zone),
        // Art. 3(1): the day of the event is not counted; Art. 3(2)(b): the period ends with the last hour of the last day.
        LimitUnit::Days => through(start, Span::new().try_days(length), zone),
        // Art. 3(2)(c): the day of the same date, or the last of the month where there is none.
        LimitUnit::Months => through(start, Span::new().try_months(length), zone),
    }
}

/// Hours run through weekends, holidays and changes of the clock. The hour of the event is not counted (Art. 3(1)), which would add the
/// rest of that hour.
fn hours(start: Timestamp, length: u32, zone: TimeZone) -> Result<Limit, ClockError> {
    let later = |from: Timestamp| {
        from.checked_add(SignedDuration::from_hours(i64::from(length))).map_err(|_| ClockError::Range)
    };
    let at = later(start)?;
    let past = start.as_second().rem_euclid(3_600);
    let whole = start.checked_add(SignedDuration::from_secs(3_600 - past)).map_err(|_| ClockError::Range)?;
    let reserve = if past == 0 { None } else { Some(later(whole)?) };
    Ok(Limit { at, reserve, zone })
}

fn through(start: Timestamp, length: Result<Span, jiff::Error>, zone: TimeZone) -> Result<Limit, ClockError> {
    let day = zone.to_datetime(start).date();
    let last = length.and_then(|length| day.checked_add(length)).map_err(|_| ClockError::Range)?;
    let at = end_of(last, &zone)?;
    // Art. 3(4): a period not in hours that would end on a Saturday or Sunday ends with the next working day.
    let days_off = match last.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    let reserve = if days_off == 0 {
        None
    } else {
        let next = last.checked_add(Span::new().days(days_off)).map_err(|_| ClockError::Range)?;
        Some(end_of(next, &zone)?)
    };
    Ok(Limit { at, reserve, zone })
}

/// Last second of a day in a zone, whose days may have 23 or 25 hours.
pub fn end_of(day: Date, zone: &TimeZone) -> Result<Timestamp, ClockError> {
    let next = day
        .tomorrow()
        .and_then(|next| next.to_zoned_datetime(zone.clone()))
        .and_then(|next| next.start_of_day());
    let next = next.map_err(|_| ClockError::Range)?.timestamp();
    next.checked_sub(SignedDuration::from_secs(1)).map_err(|_| ClockError::Range)
}

impl Limit {
    /// The limit in its zone.
    pub fn local(&self) -> ZonedDateTime {
        self.at.to_zoned_datetime(self.zone.clone())
    }

    /// The limit for people, never without the duty that stands before it.
    pub fn shown(&self) -> String {
        format!("at once, at the latest {}", moment(self.at, &self.zone))
    }
}

/// A moment for people, in a zone.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string()
}

/// How long until a moment, or since, in its two largest units.
pub fn distance(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().unsigned_abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
