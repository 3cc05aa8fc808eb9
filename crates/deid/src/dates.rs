//! Moves dates by whole days, as precise as they were written; never a time of day.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// A DA value (PS3.5 section 6.2) moved by days; also the old form with points, which becomes the one of today, and values of year or year and month
/// only. `None` for anything that is no date.
pub fn shift_date(value: &[u8], days: i32) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\0']);
    if let [year, month, day] = text.split('.').collect::<Vec<_>>()[..] {
        return shift_digits(&format!("{year}{month}{day}"), days);
    }
    if text.len() > 8 { None } else { shift_digits(text, days) }
}

/// A DT value moved by days: date, and time, fraction and zone as they were.
pub fn shift_date_time(value: &[u8], days: i32) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\0']);
    let (local, zone) = text.split_at(text.find(['+', '-']).unwrap_or(text.len()));
    let is_zone =
        zone.is_empty() || zone.len() == 5 && zone.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    let (date, time) = local.split_at_checked(local.len().min(8))?;
    let is_time = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_zone || !is_time {
        return None;
    }
    Some(format!("{}{time}{zone}", shift_digits(date, days)?))
}

/// YYYY, YYYYMM or YYYYMMDD; what is missing counts as the first, and is left out again.
fn shift_digits(digits: &str, days: i32) -> Option<String> {
    if !matches!(digits.len(), 4 | 6 | 8) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(1), |part| part.parse::<i8>().ok());
    let date = Date::new(digits.get(..4)?.parse().ok()?, part(4, 6)?, part(6, 8)?).ok()?;
    let moved = date.checked_add(days.days()).ok()?;
    if moved.year() < 1 {
        return None;
    }
    let mut text = format!("{:04}{:02}{:02}", moved.year(), moved.month(), moved.day());
    text.truncate(digits.len());
    Some(text)
}

/// The ways in which people write a date: a value `YYYYMMDD` becomes all of these, itself first.
pub(crate) fn spellings(value: &[u8]) -> Vec<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(text) = value.get(..8).and_then(|value| std::str::from_utf8(value).ok()) else {
        return Vec::new();
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let (Some(year), Some(month), Some(day)) = (text.get(..4), text.get(4..6), text.get(6..)) else {
        return Vec::new();
    };
    let mut all = vec![text.to_owned(), format!("{day}{month}{year}"), format!("{month}{day}{year}")];
    for mark in ["-", "/", ".", " "] {
        all.push(format!("{year}{mark}{month}{mark}{day}"));
        all.push(format!("{day}{mark}{month}{mark}{year}"));
        all.push(format!("{month}{mark}{day}{mark}{year}"));
    }
    let bare = day.trim_start_matches('0');
    if let Some(name) = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)) {
        for day in [day, bare] {
            for mark in ["", "-", " "] {
                all.push(format!("{day}{mark}{name}{mark}{year}"));
            }
            all.push(format!("{name} {day}, {year}"));
            all.push(format!("{name} {day} {year}"));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back_is_the_same_day(year in 1900_i16..2100, month in 1_i8..13, day in 1_i8..29, days in -1826..1827_i32) {
            let date = format!("{year}{month:02}{day:02}");
            let moved = shift_date(date.as_bytes(), days).unwrap();
            prop_assert_eq!(shift_date(moved.as_bytes(), -days).unwrap(), date.clone());
            let moment = shift_date_time(format!("{date}235959.123+0100").as_bytes(), days).unwrap();
            prop_assert_eq!(moment, format!("{moved}235959.123+0100"));
        }

        #[test]
        fn no_value_makes_it_panic(value in proptest::collection::vec(any::<u8>(), 0..30), days in any::<i32>()) {
            let _ = (shift_date(&value, days), shift_date_time(&value, days), spellings(&value));
        }
    }

    #[test]
    fn partial_dates_stay_partial_and_nonsense_is_no_date() {
        assert_eq!(shift_date(b"20240228", 2).as_deref(), Some("20240301"));
        assert_eq!(shift_date(b"2024.02.28 ", 2).as_deref(), Some("20240301"));
        assert_eq!(shift_date(b"2024", 400).as_deref(), Some("2025"));
        assert_eq!(shift_date_time(b"202402", 31).as_deref(), Some("202403"));
        assert_eq!(shift_date_time(b"20240228120000", -59).as_deref(), Some("20231231120000"));
        for value in [&b"20241301"[..], b"2024022", b"Jan 2024", b"", b"20240230", b"20240101-20240301"] {
            assert_eq!(shift_date(value, 1), None, "{value:?}");
        }
        assert_eq!(shift_date_time(b"20240228Doe", 1), None);
    }

    #[test]
    fn spellings_are_those_of_clinics() {
        let all = spellings(b"19800305");
        for expected in ["1980-03-05", "05.03.1980", "03/05/1980", "5 Mar 1980", "05MAR1980", "Mar 5, 1980"] {
            assert!(all.iter().any(|one| one.eq_ignore_ascii_case(expected)), "{expected}");
        }
    }
}
