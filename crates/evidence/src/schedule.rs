//! How often a probe runs, and how long what it saw counts.

use jiff::SignedDuration;

/// An interval between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule(SignedDuration);

/// Why an interval cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No number, or no unit after it.
    #[error("`{0}` is no interval; write a number and a unit, such as `15min`, `1h` or `30d`")]
    Form(String),
    /// Zero, or longer than ten years.
    #[error("`{0}` is no useful interval; write one between a second and ten years")]
    Range(String),
}

/// Ten years, in seconds.
const SECONDS_MAX: u64 = 10 * 366 * 86_400;
/// Shortest allowance after an interval: probes start late and take time.
const ALLOWANCE_MIN: SignedDuration = SignedDuration::from_mins(15);

impl Schedule {
    /// Reads an interval such as `15min`, `1h`, `24 h` or `30d`.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let form = || ScheduleError::Form(text.escape_debug().to_string());
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let digits = compact.find(|character: char| !character.is_ascii_digit()).ok_or_else(form)?;
        let (number, unit) = compact.split_at(digits);
        let seconds: u64 = match unit {
            "s" => 1,
            "min" | "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => return Err(form()),
        };
        let number: u64 = number.parse().map_err(|_| form())?;
        let total = number.checked_mul(seconds).filter(|total| (1..=SECONDS_MAX).contains(total));
        let total = total.and_then(|total| i64::try_from(total).ok());
        let total = total.ok_or_else(|| ScheduleError::Range(text.escape_debug().to_string()))?;
        Ok(Self(SignedDuration::from_secs(total)))
    }

    /// The interval.
    pub fn interval(self) -> SignedDuration {
        self.0
    }

    /// How long an observation counts: the interval and half of it again, at least a quarter of an hour, so that one late
    /// run is no alarm and two missed ones are.
    pub fn lifetime(self) -> SignedDuration {
        let half = SignedDuration::from_secs(self.0.as_secs() / 2);
        self.0.saturating_add(half.max(ALLOWANCE_MIN))
    }
}
