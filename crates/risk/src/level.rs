//! Risk levels: the named, ordered classes that a matrix sorts risks into, and what each allows.

use thiserror::Error;

/// What a level allows (ISO 14971 leaves the criteria to the manufacturer; MDCG 2019-16 3.5 likewise).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Acceptance {
    /// Acceptable as it is.
    Accept,
    /// Acceptable with a written reason: benefit-risk on safety, necessity and proportionality on privacy (SEV-7).
    WithReason,
    /// To be reduced before release.
    Reduce,
    /// Never acceptable, whatever the reason.
    Never,
}

/// One class of risk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LevelClass {
    /// Short code as written in a matrix cell, such as `M`.
    pub code: String,
    /// Name in words.
    pub name: String,
    /// What it allows.
    pub acceptance: Acceptance,
}

/// A level of one [`Levels`] ladder: a position, ordered low to high.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Level(pub(crate) u8);

/// Why a ladder of levels is not valid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum LevelsError {
    /// Fewer than two or more than ten classes.
    #[error("{0} risk levels given; two to ten are needed")]
    Size(usize),
    /// A class has no code.
    #[error("risk level {0} has no code")]
    Blank(usize),
    /// Two classes share a code.
    #[error("the code `{0}` stands for two risk levels")]
    SameCode(String),
    /// A higher class allows more than a lower one.
    #[error("risk level `{higher}` allows more than the lower level `{lower}`")]
    Milder {
        /// Code of the lower class.
        lower: String,
        /// Code of the higher class.
        higher: String,
    },
}

/// The ladder of levels, shared by both axes so that risks can be ranked by level.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Levels {
    classes: Vec<LevelClass>,
}

impl Levels {
    /// A ladder of these classes, lowest first; reports every fault.
    pub fn new(classes: Vec<LevelClass>) -> Result<Self, Vec<LevelsError>> {
        if !(2..=10).contains(&classes.len()) {
            return Err(vec![LevelsError::Size(classes.len())]);
        }
        let mut faults = Vec::new();
        for (index, class) in classes.iter().enumerate() {
            if class.code.trim().is_empty() {
                faults.push(LevelsError::Blank(index.saturating_add(1)));
            } else if classes.iter().take(index).any(|earlier| earlier.code == class.code) {
                faults.push(LevelsError::SameCode(class.code.clone()));
            }
            let stricter = classes.iter().take(index).find(|earlier| earlier.acceptance > class.acceptance);
            if let Some(lower) = stricter {
                faults.push(LevelsError::Milder { lower: lower.code.clone(), higher: class.code.clone() });
            }
        }
        if faults.is_empty() { Ok(Self { classes }) } else { Err(faults) }
    }

    /// For the crate's own table, which a test passes through [`Levels::new`].
    pub(crate) fn trusted(classes: Vec<LevelClass>) -> Self {
        Self { classes }
    }

    /// The level with this code.
    pub fn find(&self, code: &str) -> Option<Level> {
        self.iter().find(|(_, class)| class.code == code).map(|(level, _)| level)
    }

    /// The class of a level; `None` if the level belongs to a longer ladder.
    pub fn class(&self, level: Level) -> Option<&LevelClass> {
        self.classes.get(usize::from(level.0))
    }

    /// What a level allows. A level unknown to the ladder is never acceptable.
    pub fn acceptance(&self, level: Level) -> Acceptance {
        self.class(level).map_or(Acceptance::Never, |class| class.acceptance)
    }

    /// The code of a level, `?` if the level belongs to a longer ladder.
    pub fn code(&self, level: Level) -> &str {
        self.class(level).map_or("?", |class| &class.code)
    }

    /// All levels with their classes, lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Level, &LevelClass)> {
        (0u8..=u8::MAX).map(Level).take(self.classes.len()).collect::<Vec<_>>().into_iter().zip(&self.classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: &str, acceptance: Acceptance) -> LevelClass {
        LevelClass { code: code.into(), name: code.into(), acceptance }
    }

    #[test]
    fn a_higher_level_may_not_allow_more() {
        let faults = Levels::new(vec![
            class("L", Acceptance::Accept),
            class("H", Acceptance::Reduce),
            class("M", Acceptance::WithReason),
        ]);
        assert_eq!(faults, Err(vec![LevelsError::Milder { lower: "H".into(), higher: "M".into() }]));
    }

    #[test]
    fn codes_are_unique_and_present() {
        let faults = Levels::new(vec![
            class("L", Acceptance::Accept),
            class("L", Acceptance::Accept),
            class(" ", Acceptance::Never),
        ]);
        assert_eq!(faults, Err(vec![LevelsError::SameCode("L".into()), LevelsError::Blank(3)]));
    }
}
