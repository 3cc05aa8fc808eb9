//! Named ordinal scales and the levels on them.
//!
//! Each scale has its own level type, so that a safety level cannot be compared with a privacy level by accident (SEV-6),
//! and none of the types has arithmetic (SEV-5: ordinal numbers have no average, sum or product).
//!
//! ```compile_fail,E0308
//! # use medward_risk::{PrivacySeverity, SafetySeverity, Ordinal};
//! let (safety, privacy) = (SafetySeverity::new(4).unwrap(), PrivacySeverity::new(4).unwrap());
//! let wrong = safety > privacy; // only a MergeRule may compare the axes
//! ```
//! ```compile_fail,E0369
//! # use medward_risk::{SafetySeverity, Ordinal};
//! let (one, two) = (SafetySeverity::new(1).unwrap(), SafetySeverity::new(2).unwrap());
//! let wrong = one + two; // ordinal levels cannot be added
//! ```

use std::fmt;
use std::marker::PhantomData;

use thiserror::Error;

/// Fewest levels of a scale: with one level nothing is told apart.
pub const LEVELS_MIN: usize = 2;
/// Most levels of a scale: people do not estimate finer than this.
pub const LEVELS_MAX: usize = 10;

/// Why a scale or a level on it is not valid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ScaleError {
    /// The number of levels is outside [`LEVELS_MIN`]..=[`LEVELS_MAX`].
    #[error("the {scale} scale has {count} levels; it needs {LEVELS_MIN} to {LEVELS_MAX}")]
    Size {
        /// Which scale.
        scale: &'static str,
        /// Levels given.
        count: usize,
    },
    /// A level has no word, so nobody can say what it means.
    #[error("level {rank} of the {scale} scale has no word")]
    Blank {
        /// Which scale.
        scale: &'static str,
        /// The level, from 1.
        rank: u8,
    },
    /// Two levels carry the same word.
    #[error("levels {first} and {second} of the {scale} scale have the same word")]
    SameWord {
        /// Which scale.
        scale: &'static str,
        /// The lower level, from 1.
        first: u8,
        /// The higher level, from 1.
        second: u8,
    },
    /// A level is not on the scale.
    #[error("level {rank} is not on the {scale} scale, which runs from 1 to {size}")]
    OffScale {
        /// Which scale.
        scale: &'static str,
        /// The level asked for.
        rank: u8,
        /// Highest level of the scale.
        size: u8,
    },
}

mod sealed {
    pub trait Sealed {}
}

/// A level on one of the three scales of the method.
pub trait Ordinal: sealed::Sealed + Copy + Ord + fmt::Debug {
    /// The scale as people name it.
    const SCALE: &'static str;
    /// The level with this position, from 1; `None` for 0 and above [`LEVELS_MAX`].
    fn new(rank: u8) -> Option<Self>;
    /// Position on its own scale, from 1. For storing, printing and table look-up, never for calculation (SEV-5).
    fn rank(self) -> u8;
}

macro_rules! ordinal {
    ($(#[$doc:meta])* $name:ident, $scale:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(u8);

        impl sealed::Sealed for $name {}

        impl Ordinal for $name {
            const SCALE: &'static str = $scale;
            fn new(rank: u8) -> Option<Self> {
                (1..=LEVELS_MAX).contains(&usize::from(rank)).then_some(Self(rank))
            }
            fn rank(self) -> u8 {
                self.0
            }
        }

        impl $name {
            /// For the crate's own tables, whose values a test checks against their scales.
            pub(crate) const fn at(rank: u8) -> Self {
                Self(rank)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

ordinal!(
    /// How badly a patient or user is harmed (ISO 14971: severity). Read alone by vigilance (SEV-3).
    SafetySeverity, "safety severity"
);
ordinal!(
    /// How badly a person's rights and freedoms suffer (GDPR Art. 35(7)). Read alone by breach notification (SEV-4).
    PrivacySeverity, "privacy severity"
);
ordinal!(
    /// How readily an attacker can do it; an estimate that stands in for the probability of the hazardous situation (X-1).
    Exploitability, "exploitability"
);

/// A scale: one word (or short phrase) per level, lowest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scale<L> {
    words: Vec<String>,
    levels: PhantomData<L>,
}

impl<L: Ordinal> Scale<L> {
    /// A scale with these words, lowest level first; reports every fault.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Result<Self, Vec<ScaleError>> {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        let mut faults = Vec::new();
        if !(LEVELS_MIN..=LEVELS_MAX).contains(&words.len()) {
            return Err(vec![ScaleError::Size { scale: L::SCALE, count: words.len() }]);
        }
        let folded: Vec<String> = words.iter().map(|word| word.trim().to_lowercase()).collect();
        for (rank, word) in (1..).zip(&folded) {
            if word.is_empty() {
                faults.push(ScaleError::Blank { scale: L::SCALE, rank });
            } else if let Some((first, _)) = (1..rank).zip(&folded).find(|(_, earlier)| *earlier == word) {
                faults.push(ScaleError::SameWord { scale: L::SCALE, first, second: rank });
            }
        }
        if faults.is_empty() { Ok(Self { words, levels: PhantomData }) } else { Err(faults) }
    }

    /// For the crate's own tables, which a test passes through [`Scale::new`].
    pub(crate) fn trusted(words: &[&str]) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), levels: PhantomData }
    }

    /// Number of levels, which is also the highest position.
    pub fn size(&self) -> u8 {
        u8::try_from(self.words.len()).unwrap_or(u8::MAX)
    }

    /// The level at this position of this scale, from 1.
    pub fn level(&self, rank: u8) -> Result<L, ScaleError> {
        let off = || ScaleError::OffScale { scale: L::SCALE, rank, size: self.size() };
        L::new(rank).filter(|level| self.holds(*level)).ok_or_else(off)
    }

    /// `level` again if it is on this scale: level types are shared by scales of all sizes.
    pub fn check(&self, level: L) -> Result<L, ScaleError> {
        self.level(level.rank())
    }

    /// Whether the level is on this scale.
    pub fn holds(&self, level: L) -> bool {
        level.rank() <= self.size()
    }

    /// The word of a level.
    pub fn word(&self, level: L) -> Option<&str> {
        self.words.get(usize::from(level.rank()).checked_sub(1)?).map(String::as_str)
    }

    /// All levels, lowest first.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = L> + use<L> {
        (1..=self.size()).filter_map(L::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_reports_every_blank_and_repeated_word() {
        let faults = Scale::<SafetySeverity>::new(["minor", " ", "Minor", "death", ""]).unwrap_err();
        let scale = "safety severity";
        assert_eq!(
            faults,
            [
                ScaleError::Blank { scale, rank: 2 },
                ScaleError::SameWord { scale, first: 1, second: 3 },
                ScaleError::Blank { scale, rank: 5 },
            ]
        );
    }

    #[test]
    fn size_is_bounded_on_both_sides() {
        let words = |count: usize| (0..count).map(|index| format!("word {index}"));
        assert!(Scale::<PrivacySeverity>::new(words(1)).is_err());
        assert!(Scale::<PrivacySeverity>::new(words(2)).is_ok());
        assert!(Scale::<PrivacySeverity>::new(words(10)).is_ok());
        assert!(Scale::<PrivacySeverity>::new(words(11)).is_err());
    }

    #[test]
    fn zero_and_levels_above_the_scale_are_refused() {
        let scale = Scale::<Exploitability>::new(["hard", "middling", "easy"]).unwrap();
        assert!(scale.level(0).is_err());
        assert_eq!(scale.level(3).map(Ordinal::rank), Ok(3));
        assert_eq!(
            scale.level(4).unwrap_err().to_string(),
            "level 4 is not on the exploitability scale, which runs from 1 to 3"
        );
        assert_eq!(scale.word(scale.level(2).unwrap()), Some("middling"));
    }
}
