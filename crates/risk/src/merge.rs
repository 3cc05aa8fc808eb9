//! The written equivalence of the two axes, and the ranking severity that only it can give.

use std::cmp::Ordering;

use thiserror::Error;

use crate::scale::{Ordinal, PrivacySeverity, SafetySeverity, Scale};

/// Which axis gave the ranking severity (SEV-1: always kept beside it).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Deciding {
    /// The safety severity is the higher, or the only one.
    Safety,
    /// The privacy severity is the higher, or the only one.
    Privacy,
    /// Both count the same.
    Both,
    /// Neither axis is affected.
    Neither,
}

/// The higher of both severities, for ranking and treatment only. Never an input to acceptance, vigilance or breach.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RankingSeverity(SafetySeverity);

impl RankingSeverity {
    /// Position on the safety scale, on which the equivalence is expressed; from 1.
    pub fn rank(self) -> u8 {
        self.0.rank()
    }
}

/// Why an equivalence is not valid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MergeError {
    /// Nothing is written down (SEV-6).
    #[error("the equivalence of safety and privacy severity is not written down")]
    Unwritten,
    /// Not one safety severity per privacy level.
    #[error("the equivalence names {given} levels, the privacy scale has {needed}")]
    Size {
        /// Levels named.
        given: usize,
        /// Levels of the privacy scale.
        needed: u8,
    },
    /// A named safety severity is not on the safety scale.
    #[error(
        "privacy level {privacy} is put equal to safety level {safety}, which the safety scale does not have"
    )]
    OffScale {
        /// Privacy level, from 1.
        privacy: u8,
        /// The safety level named.
        safety: u8,
    },
    /// A higher privacy severity is put equal to a lower safety severity than a lower one.
    #[error("privacy level {privacy} is put equal to a lower safety level than privacy level {lower}")]
    Disorder {
        /// The offending privacy level, from 1.
        privacy: u8,
        /// A lower privacy level with a higher equivalent.
        lower: u8,
    },
    /// The scales differ in length, so that level for level means nothing.
    #[error("level for level needs scales of one length; safety has {safety} levels, privacy {privacy}")]
    Lengths {
        /// Levels of the safety scale.
        safety: u8,
        /// Levels of the privacy scale.
        privacy: u8,
    },
}

/// A written equivalence: the only thing that can compare a safety with a privacy severity (SEV-6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MergeRule {
    equivalence: String,
    /// For each privacy level, lowest first, the safety severity that it counts like.
    counts_like: Vec<SafetySeverity>,
}

impl MergeRule {
    /// A rule that puts each privacy level, lowest first, equal to a safety level; reports every fault.
    pub fn new(
        equivalence: impl Into<String>,
        counts_like: &[u8],
        safety: &Scale<SafetySeverity>,
        privacy: &Scale<PrivacySeverity>,
    ) -> Result<Self, Vec<MergeError>> {
        let equivalence = equivalence.into();
        let mut faults = Vec::new();
        if equivalence.trim().is_empty() {
            faults.push(MergeError::Unwritten);
        }
        if counts_like.len() != usize::from(privacy.size()) {
            faults.push(MergeError::Size { given: counts_like.len(), needed: privacy.size() });
        }
        let mut found = Vec::new();
        let mut highest: Option<(u8, u8)> = None;
        for (level, rank) in (1..).zip(counts_like.iter().copied()) {
            match safety.level(rank) {
                Ok(severity) => found.push(severity),
                Err(_) => faults.push(MergeError::OffScale { privacy: level, safety: rank }),
            }
            match highest {
                Some((above, lower)) if rank < above => {
                    faults.push(MergeError::Disorder { privacy: level, lower });
                }
                _ => highest = Some((rank, level)),
            }
        }
        if faults.is_empty() { Ok(Self { equivalence, counts_like: found }) } else { Err(faults) }
    }

    /// The rule that equal levels of two scales of one length count the same.
    pub fn level_for_level(
        equivalence: impl Into<String>,
        safety: &Scale<SafetySeverity>,
        privacy: &Scale<PrivacySeverity>,
    ) -> Result<Self, Vec<MergeError>> {
        if safety.size() != privacy.size() {
            return Err(vec![MergeError::Lengths { safety: safety.size(), privacy: privacy.size() }]);
        }
        let ranks: Vec<u8> = safety.levels().map(Ordinal::rank).collect();
        Self::new(equivalence, &ranks, safety, privacy)
    }

    /// For the crate's own starting values, which a test passes through the validation.
    pub(crate) fn trusted(equivalence: &str, safety: &Scale<SafetySeverity>) -> Self {
        Self { equivalence: equivalence.to_owned(), counts_like: safety.levels().collect() }
    }

    /// The equivalence as the plan states it.
    pub fn equivalence(&self) -> &str {
        &self.equivalence
    }

    /// How many privacy levels the rule covers.
    pub fn size(&self) -> usize {
        self.counts_like.len()
    }

    /// The highest safety severity that the rule names.
    pub fn highest(&self) -> Option<SafetySeverity> {
        self.counts_like.last().copied()
    }

    /// Compares a safety with a privacy severity; `None` for a privacy level that the rule does not cover.
    pub fn compare(&self, safety: SafetySeverity, privacy: PrivacySeverity) -> Option<Ordering> {
        self.as_safety(privacy).map(|equivalent| safety.cmp(&equivalent))
    }

    /// The ranking severity with the deciding axis. The severity is `None` when no axis is affected, and also for a
    /// privacy level that the rule does not cover (which [`crate::Method::evaluate`] refuses before it asks).
    pub fn merge(
        &self,
        safety: Option<SafetySeverity>,
        privacy: Option<PrivacySeverity>,
    ) -> (Option<RankingSeverity>, Deciding) {
        let privacy = privacy.and_then(|severity| self.as_safety(severity));
        let deciding = match (safety, privacy) {
            (None, None) => Deciding::Neither,
            _ => match safety.cmp(&privacy) {
                Ordering::Greater => Deciding::Safety,
                Ordering::Less => Deciding::Privacy,
                Ordering::Equal => Deciding::Both,
            },
        };
        (safety.max(privacy).map(RankingSeverity), deciding)
    }

    fn as_safety(&self, privacy: PrivacySeverity) -> Option<SafetySeverity> {
        self.counts_like.get(usize::from(privacy.rank()).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults;

    #[test]
    fn an_unwritten_or_disordered_equivalence_is_refused_with_every_fault() {
        let (safety, privacy) = (defaults::safety(), defaults::privacy());
        let faults = MergeRule::new("  ", &[1, 3, 2, 6], &safety, &privacy).unwrap_err();
        assert_eq!(
            faults,
            [
                MergeError::Unwritten,
                MergeError::Size { given: 4, needed: 5 },
                MergeError::Disorder { privacy: 3, lower: 2 },
                MergeError::OffScale { privacy: 4, safety: 6 },
            ]
        );
    }

    #[test]
    fn scales_of_unlike_length_need_a_table() {
        let privacy = Scale::new(["limited", "serious", "irreversible"]).unwrap();
        assert!(MergeRule::level_for_level("same", &defaults::safety(), &privacy).is_err());
        let rule = MergeRule::new("by effect", &[2, 3, 5], &defaults::safety(), &privacy).unwrap();
        let (severity, deciding) = rule.merge(SafetySeverity::new(4), PrivacySeverity::new(3));
        assert_eq!((severity.map(RankingSeverity::rank), deciding), (Some(5), Deciding::Privacy));
        let (severity, deciding) = rule.merge(SafetySeverity::new(3), PrivacySeverity::new(2));
        assert_eq!((severity.map(RankingSeverity::rank), deciding), (Some(3), Deciding::Both));
    }

    #[test]
    fn an_axis_that_is_not_affected_never_decides() {
        let rule = MergeRule::trusted("same", &defaults::safety());
        assert_eq!(rule.merge(SafetySeverity::new(1), None).1, Deciding::Safety);
        assert_eq!(rule.merge(None, PrivacySeverity::new(1)).1, Deciding::Privacy);
        assert_eq!(rule.merge(None, None), (None, Deciding::Neither));
    }
}
