//! Points in time as people write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A point in time that something happened at; a day means its beginning. In UTC where no zone is given.
pub fn when(text: &str) -> Result<Timestamp, String> {
    let utc = |at: DateTime| TimeZone::UTC.to_timestamp(at);
    let found = match text.parse::<Timestamp>() {
        Ok(at) => Ok(at),
        Err(_) if text.contains('T') => text.parse::<DateTime>().and_then(utc),
        Err(_) => text.parse::<Date>().and_then(|day| utc(day.at(0, 0, 0, 0))),
    };
    found.map_err(|_| {
        let shown = text.escape_debug();
        format!("`{shown}` is neither a day such as 2026-10-01 nor a time such as 2026-10-01T14:30+02:00")
    })
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn days_and_times_are_read_and_nothing_else() {
        let at = |text| when(text).unwrap().to_string();
        assert_eq!(at("2026-10-01"), "2026-10-01T00:00:00Z");
        assert_eq!(at("2026-10-01T14:30+02:00"), "2026-10-01T12:30:00Z");
        assert_eq!(at("2026-10-01T14:30"), "2026-10-01T14:30:00Z");
        for text in ["", "yesterday", "2026-13-01", "2026-10-01T", "2026-10-01T25:00", "1 <b>"] {
            assert!(when(text).is_err(), "{text}");
        }
    }
}
