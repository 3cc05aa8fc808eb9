//! What the file says of watching: from when on what happens is an alarm, and which studies are nobody's.

use crate::metrics::MetricsAt;
use crate::problem::Problems;
use jiff::tz::TimeZone;
use medward_detector::Terms;
use medward_file::kinds::Ward;
use medward_file::{Number, Record, SecurityFile};
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Terms of the alarms of a ward.
pub(crate) fn terms(file: &SecurityFile, record: &Record<Ward>, problems: &mut Problems) -> Terms {
    let (at, absent) = (format!("[ward.{}]", record.id()), Terms::new(record.id()));
    let mut zone = TimeZone::UTC;
    if let Some(written) = &record.time_zone {
        if let Ok(found) = TimeZone::get(&written.value) {
            zone = found;
        } else {
            let name = written.value.escape_debug();
            problems.say(&at, &format!("`time_zone` is `{name}`, which is none, such as Europe/Berlin"));
        }
    }
    let mut hours = absent.hours.clone();
    for sender in file.senders.iter().filter(|sender| sender.ward.id() == record.id()) {
        let Some(written) = &sender.hours else { continue };
        let of = format!("[sender.{}]", sender.id());
        match written.value.parse() {
            Ok(parsed) => drop(hours.insert(sender.id().to_owned(), parsed)),
            Err(_) => problems.say(&of, "`hours` is no range such as 07:00-19:00"),
        }
    }
    let written = record.alarms.as_ref();
    let mut number = |key: &str, written: Option<&Number>, absent: u64, range: RangeInclusive<u64>| {
        let key = format!("alarms.{key}");
        problems.number(&at, &key, written.map(|number| number.value), absent, range)
    };
    let many = 1..=10_000_000;
    macro_rules! read {
        ($key:ident, $absent:expr) => {
            number(stringify!($key), written.and_then(|alarms| alarms.$key.as_ref()), $absent, many.clone())
        };
    }
    let learning = written.and_then(|alarms| alarms.learning_days.as_ref());
    let learning = number("learning_days", learning, u64::from(absent.learning_days), 0..=365);
    Terms {
        learning_days: u32::try_from(learning).unwrap_or(absent.learning_days),
        exported_objects: read!(exported_objects_an_hour, absent.exported_objects),
        rewritten_objects: read!(rewritten_objects_an_hour, absent.rewritten_objects),
        erasures: read!(erasures_an_hour, absent.erasures),
        refusals: read!(refusals_in_ten_minutes, absent.refusals),
        zone,
        hours,
        ward: absent.ward,
    }
}

/// For how long originals are handed out in an emergency, in seconds.
pub(crate) fn emergency_seconds(record: &Record<Ward>, problems: &mut Problems) -> i64 {
    let at = format!("[ward.{}]", record.id());
    let written = record.emergency_hours_max.as_ref().map(|hours| hours.value);
    let hours = problems.number(&at, "emergency_hours_max", written, 24, 1..=168);
    i64::try_from(hours).unwrap_or(24).saturating_mul(3_600)
}

/// Where metrics are asked for: on the loopback interface, or at a socket.
pub(crate) fn metrics(
    file: &SecurityFile,
    record: &Record<Ward>,
    problems: &mut Problems,
) -> Option<MetricsAt> {
    let (at, written) = (format!("[ward.{}]", record.id()), record.metrics.as_ref()?);
    if let Some(path) = written.value.strip_prefix("unix:") {
        return Some(MetricsAt::Socket(file.directory.join(path)));
    }
    let wanted = "an address of the loopback interface such as 127.0.0.1:9464, or unix:PATH";
    let address: SocketAddr = problems.parsed(&at, "metrics", written, wanted)?;
    if !address.ip().is_loopback() {
        problems.say(&at, &format!("`metrics` is `{address}`, which is not {wanted}"));
        return None;
    }
    Some(MetricsAt::Loopback(address))
}
