//! The severities at which a legal procedure has to be looked at. Hints for people: whether a duty exists is decided in
//! the procedure, from the event and not from the assessment.

use thiserror::Error;

use crate::assessment::Assessment;
use crate::scale::{Ordinal, PrivacySeverity, SafetySeverity, Scale};

/// The thresholds of the policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thresholds {
    /// From this safety severity an event is reviewed as a possible serious incident (MDR Art. 87; SEV-3).
    pub vigilance: SafetySeverity,
    /// From this privacy severity an event is assessed as a personal data breach (GDPR Art. 33, 34; SEV-4).
    pub breach: PrivacySeverity,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { vigilance: SafetySeverity::at(3), breach: PrivacySeverity::at(2) }
    }
}

/// A threshold that no risk could reach, so that the procedure would never start.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("the threshold {rank} is above the {scale} scale and could never be reached")]
pub struct Unreachable {
    /// Which scale.
    pub scale: &'static str,
    /// The threshold.
    pub rank: u8,
}

/// Which procedures an event of this risk would call for a look at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Hints {
    /// Review as a possible serious incident; from the safety axis alone (SEV-3).
    pub vigilance: bool,
    /// Assess as a personal data breach; from the privacy axis alone (SEV-4).
    pub breach: bool,
}

impl Thresholds {
    /// The hints for an assessment. Exploitability plays no part: the event has then happened.
    pub fn hints(&self, assessment: &Assessment) -> Hints {
        Hints {
            vigilance: assessment.safety.is_some_and(|severity| severity >= self.vigilance),
            breach: assessment.privacy.is_some_and(|severity| severity >= self.breach),
        }
    }

    /// Every threshold that is off its scale.
    pub fn faults(
        &self,
        safety: &Scale<SafetySeverity>,
        privacy: &Scale<PrivacySeverity>,
    ) -> Vec<Unreachable> {
        let mut faults = Vec::new();
        if !safety.holds(self.vigilance) {
            faults.push(Unreachable { scale: SafetySeverity::SCALE, rank: self.vigilance.rank() });
        }
        if !privacy.holds(self.breach) {
            faults.push(Unreachable { scale: PrivacySeverity::SCALE, rank: self.breach.rank() });
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::p2::P2;
    use crate::scale::Exploitability;

    #[test]
    fn data_theft_alone_is_a_breach_but_no_vigilance_case() {
        let theft = Assessment {
            exploitability: Exploitability::at(1),
            safety: SafetySeverity::new(2),
            p2: P2::Unknown,
            privacy: PrivacySeverity::new(5),
        };
        assert_eq!(Thresholds::default().hints(&theft), Hints { vigilance: false, breach: true });
        let harm = Assessment { safety: SafetySeverity::new(3), privacy: PrivacySeverity::new(1), ..theft };
        assert_eq!(Thresholds::default().hints(&harm), Hints { vigilance: true, breach: false });
        let neither = Assessment { safety: None, privacy: None, ..theft };
        assert_eq!(Thresholds::default().hints(&neither), Hints::default());
    }
}
