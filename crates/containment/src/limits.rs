//! What a worker may use. The parent decides and tells it by an argument, so that nothing is read before it holds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What is done where the kernel has no landlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landlock {
    /// No worker runs.
    Required,
    /// Workers run with the other measures alone; [`crate::Confined`] says so.
    IfAvailable,
}

/// Limits of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Address space, in bytes: the program itself counts.
    pub memory_bytes: u64,
    /// Processor time over its whole life, in seconds.
    pub processor_seconds: u64,
    /// Longest request, in bytes.
    pub request_bytes_max: u32,
    /// Longest answer, in bytes.
    pub answer_bytes_max: u32,
    /// Time for one request from its first byte to the whole answer. Kept by the parent.
    pub deadline: Duration,
    /// Whether landlock has to be there.
    pub landlock: Landlock,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            processor_seconds: 600,
            request_bytes_max: 64 << 20,
            answer_bytes_max: 64 << 20,
            deadline: Duration::from_secs(10),
            landlock: Landlock::Required,
        }
    }
}

/// The argument of a worker is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this argument starts a worker and is written by the program itself")]
pub struct LimitsError;

impl fmt::Display for Limits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_bytes, processor_seconds, request_bytes_max, answer_bytes_max, .. } = self;
        let landlock = u8::from(self.landlock == Landlock::Required);
        let millis = self.deadline.as_millis();
        write!(
            formatter,
            "{memory_bytes},{processor_seconds},{request_bytes_max},{answer_bytes_max},{millis},{landlock}"
        )
    }
}

impl FromStr for Limits {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let mut numbers = text.split(',').map(|number| number.parse::<u64>().map_err(|_| LimitsError));
        let mut next = || numbers.next().unwrap_or(Err(LimitsError));
        let short = |number: u64| u32::try_from(number).map_err(|_| LimitsError);
        let limits = Self {
            memory_bytes: next()?,
            processor_seconds: next()?,
            request_bytes_max: short(next()?)?,
            answer_bytes_max: short(next()?)?,
            deadline: Duration::from_millis(next()?),
            landlock: if next()? == 1 { Landlock::Required } else { Landlock::IfAvailable },
        };
        if numbers.next().is_some() { Err(LimitsError) } else { Ok(limits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_comes_back() {
        let limits = Limits { memory_bytes: 7, landlock: Landlock::IfAvailable, ..Limits::default() };
        for limits in [limits, Limits::default()] {
            assert_eq!(limits.to_string().parse(), Ok(limits));
        }
        for wrong in ["", "1,2,3,4,5", "1,2,3,4,5,1,7", "1,2,4294967296,4,5,1", "a,2,3,4,5,1", "-1,2,3,4,5,1"]
        {
            assert_eq!(wrong.parse::<Limits>(), Err(LimitsError), "{wrong}");
        }
    }
}
