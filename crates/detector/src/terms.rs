//! What the file says of alarms, with what holds where it says nothing.

use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Hours of work, such as `07:00-19:00`; past midnight as `22:00-06:00`. In minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from: u16,
    until: u16,
}

/// A text is no range of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoursError;

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let part = |text: &str, below: u16| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u16>().ok()).flatten().filter(|number| *number < below)
    };
    if (hours, minutes) == ("24", "00") {
        return Some(24 * 60);
    }
    Some(part(hours, 24)? * 60 + part(minutes, 60)?)
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let (from, until) = text.split_once('-').ok_or(HoursError)?;
        let hours = minute(from).zip(minute(until)).map(|(from, until)| Self { from, until });
        hours.filter(|hours| hours.from != hours.until).ok_or(HoursError)
    }
}

impl Hours {
    /// Whether a minute of the day is among them.
    pub const fn contain(self, minute: u16) -> bool {
        if self.from < self.until {
            self.from <= minute && minute < self.until
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

/// Terms of a ward's alarms.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Id of the ward.
    pub ward: String,
    /// Days from the first entry, and of a sender's own record, in which it is learnt what is usual.
    pub learning_days: u32,
    /// Objects that one peer may be handed within an hour.
    pub exported_objects: u64,
    /// Objects of one sender that may come again with another content within an hour.
    pub rewritten_objects: u64,
    /// Erasures of studies, and held objects destroyed, within an hour.
    pub erasures: u64,
    /// Refusals from one address, or under one name, within ten minutes.
    pub refusals: u64,
    /// The zone that hours are meant in.
    pub zone: TimeZone,
    /// Declared hours, by sender.
    pub hours: BTreeMap<String, Hours>,
}

impl Terms {
    /// What holds where the file says nothing.
    pub fn new(ward: impl Into<String>) -> Self {
        Self {
            ward: ward.into(),
            learning_days: 7,
            exported_objects: 3_000,
            rewritten_objects: 10,
            erasures: 10,
            refusals: 20,
            zone: TimeZone::UTC,
            hours: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;

    #[test]
    fn hours_go_past_midnight_and_nonsense_is_none() {
        let day: Hours = "07:00-19:30".parse().unwrap();
        assert!(day.contain(7 * 60) && day.contain(19 * 60 + 29));
        assert!(!day.contain(6 * 60 + 59) && !day.contain(19 * 60 + 30));
        let night: Hours = "22:00-06:00".parse().unwrap();
        assert!(night.contain(23 * 60) && night.contain(0) && !night.contain(6 * 60));
        let all: Hours = "00:00-24:00".parse().unwrap();
        assert!((0..24 * 60).all(|minute| all.contain(minute)));
        for text in
            ["", "7-19", "7:00-19:00", "07:00", "07:00-07:00", "25:00-26:00", "07:60-08:00", "+7:00-08:00"]
        {
            assert_eq!(text.parse::<Hours>(), Err(HoursError), "{text}");
        }
    }
}
