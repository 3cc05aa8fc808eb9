//! The table that turns factors into an exploitability level.
//!
//! Each factor value has hindrance points; the points of all factors are added (they are points of one table, not levels
//! of a scale, so SEV-5 is not touched) and the sum is compared with ascending bounds. The table is data: the policy of a
//! file may replace it, and it is valid only if more hindrance never makes an attack easier.

use thiserror::Error;

use crate::exploitability::{
    Access, Complexity, Conditions, Exposure, Factors, Gain, KnownExploit, Privileges, UserAction,
};
use crate::scale::{Exploitability, LEVELS_MAX, LEVELS_MIN, Ordinal, Scale};

/// What one factor put in the attacker's way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contribution {
    /// The factor.
    pub factor: &'static str,
    /// Hindrance points, at least 1.
    pub points: u8,
}

/// The points of each factor value in the order of the values, least hindrance first, and the bounds of the levels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scoring {
    /// Network, adjacent, local, physical.
    pub access: [u8; 4],
    /// Low, high.
    pub complexity: [u8; 2],
    /// None, present.
    pub conditions: [u8; 2],
    /// None, low, high.
    pub privileges: [u8; 3],
    /// None, passive, active.
    pub user_action: [u8; 3],
    /// Functional or unknown, proof of concept, none found. (Exploited needs no points, X-4.)
    pub known_exploit: [u8; 3],
    /// Open, internal, segmented.
    pub exposure: [u8; 3],
    /// High, moderate, low.
    pub gain: [u8; 3],
    /// Sums at which the level drops by one, ascending; one fewer than the scale has levels.
    pub bounds: Vec<u16>,
}

impl Default for Scoring {
    /// The starting table, for a scale of five levels.
    fn default() -> Self {
        Self {
            access: [0, 1, 2, 3],
            complexity: [0, 2],
            conditions: [0, 1],
            privileges: [0, 1, 2],
            user_action: [0, 1, 2],
            known_exploit: [0, 1, 2],
            exposure: [0, 1, 2],
            gain: [0, 1, 2],
            bounds: vec![1, 3, 5, 7],
        }
    }
}

/// Why a scoring table is not valid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ScoringError {
    /// A value that hinders more has fewer points than one that hinders less.
    #[error("the points of `{0}` fall although the hindrance grows")]
    Disorder(&'static str),
    /// The bounds do not ascend.
    #[error("the bounds of the scoring table must ascend and begin above 0")]
    Bounds,
    /// The table gives another number of levels than the scale has.
    #[error("the scoring table gives {given} levels, the exploitability scale has {needed}")]
    Levels {
        /// Levels of the table.
        given: usize,
        /// Levels of the scale.
        needed: u8,
    },
}

impl Scoring {
    /// Every fault of the table for a scale.
    pub fn faults(&self, scale: &Scale<Exploitability>) -> Vec<ScoringError> {
        let rows: [(&'static str, &[u8]); 8] = [
            ("access", &self.access),
            ("complexity", &self.complexity),
            ("conditions", &self.conditions),
            ("privileges", &self.privileges),
            ("user action", &self.user_action),
            ("known exploit", &self.known_exploit),
            ("exposure", &self.exposure),
            ("gain", &self.gain),
        ];
        let mut faults: Vec<ScoringError> = rows
            .into_iter()
            .filter(|(_, points)| !points.is_sorted())
            .map(|(factor, _)| ScoringError::Disorder(factor))
            .collect();
        if !self.bounds.is_sorted_by(|lower, higher| lower < higher) || self.bounds.first() == Some(&0) {
            faults.push(ScoringError::Bounds);
        }
        let given = self.bounds.len().saturating_add(1);
        if given != usize::from(scale.size()) {
            faults.push(ScoringError::Levels { given, needed: scale.size() });
        }
        faults
    }

    /// The highest level of the table.
    pub fn highest(&self) -> Exploitability {
        self.level(0)
    }

    /// The level for a sum of hindrance points. A table with too many bounds is cut to the longest scale.
    pub fn level(&self, hindrance: u16) -> Exploitability {
        let levels = self.bounds.len().saturating_add(1).clamp(LEVELS_MIN, LEVELS_MAX);
        let drops = self.bounds.iter().filter(|bound| hindrance >= **bound).count();
        let rank = u8::try_from(levels.saturating_sub(drops).max(1)).unwrap_or(1);
        Exploitability::new(rank).unwrap_or(Exploitability::at(1))
    }

    /// What each factor puts in the way; factors that put nothing are left out.
    pub(crate) fn contributions(&self, factors: &Factors) -> Vec<Contribution> {
        let [open, internal, segmented] = self.exposure;
        let parts = [
            ("access", self.access_points(factors.access)),
            ("complexity", pick2(self.complexity, factors.complexity == Complexity::High)),
            ("conditions", pick2(self.conditions, factors.conditions == Conditions::Present)),
            ("privileges", self.privileges_points(factors.privileges)),
            ("user action", self.user_points(factors.user_action)),
            ("known exploit", self.exploit_points(factors.known_exploit)),
            (
                "exposure",
                // an environment that the instructions for use do not state hinders nobody.
                match factors.exposure {
                    Exposure::Internal if factors.exposure_stated => internal,
                    Exposure::Segmented if factors.exposure_stated => segmented,
                    _ => open,
                },
            ),
            ("gain", self.gain_points(factors.gain)),
        ];
        parts
            .into_iter()
            .filter(|(_, points)| *points > 0)
            .map(|(factor, points)| Contribution { factor, points })
            .collect()
    }

    fn access_points(&self, access: Access) -> u8 {
        let [network, adjacent, local, physical] = self.access;
        match access {
            Access::Network => network,
            Access::Adjacent => adjacent,
            Access::Local => local,
            Access::Physical => physical,
        }
    }

    fn privileges_points(&self, privileges: Privileges) -> u8 {
        let [none, low, high] = self.privileges;
        match privileges {
            Privileges::None => none,
            Privileges::Low => low,
            Privileges::High => high,
        }
    }

    fn user_points(&self, action: UserAction) -> u8 {
        let [none, passive, active] = self.user_action;
        match action {
            UserAction::None => none,
            UserAction::Passive => passive,
            UserAction::Active => active,
        }
    }

    fn exploit_points(&self, known: KnownExploit) -> u8 {
        let [functional, proof, none_found] = self.known_exploit;
        match known {
            KnownExploit::Exploited | KnownExploit::FunctionalOrUnknown => functional,
            KnownExploit::ProofOfConcept => proof,
            KnownExploit::NoneFound => none_found,
        }
    }

    fn gain_points(&self, gain: Gain) -> u8 {
        let [high, moderate, low] = self.gain;
        match gain {
            Gain::High => high,
            Gain::Moderate => moderate,
            Gain::Low => low,
        }
    }
}

fn pick2([no, yes]: [u8; 2], hinders: bool) -> u8 {
    if hinders { yes } else { no }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults;

    #[test]
    fn the_starting_table_fits_the_starting_scale() {
        assert_eq!(Scoring::default().faults(&defaults::exploitability()), []);
    }

    #[test]
    fn the_bounds_cut_where_the_table_says() {
        let scoring = Scoring::default();
        let levels: Vec<u8> = (0..=8).map(|sum| scoring.level(sum).rank()).collect();
        assert_eq!(levels, [5, 4, 4, 3, 3, 2, 2, 1, 1]);
    }

    #[test]
    fn a_table_that_rewards_hindrance_is_refused_with_every_fault() {
        let scoring = Scoring { access: [0, 2, 1, 3], bounds: vec![0, 3, 3], ..Scoring::default() };
        assert_eq!(
            scoring.faults(&defaults::exploitability()),
            [
                ScoringError::Disorder("access"),
                ScoringError::Bounds,
                ScoringError::Levels { given: 4, needed: 5 },
            ]
        );
    }
}
