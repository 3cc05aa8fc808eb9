//! The method of one security file: its scales, matrices and rules, valid together.

use thiserror::Error;

use crate::assessment::{Assessment, AxisResult, Evaluation};
use crate::defaults;
use crate::heatmap::Frame;
use crate::level::Levels;
use crate::matrix::Matrix;
use crate::merge::MergeRule;
use crate::p2::{Caps, CapsError};
use crate::scale::{Exploitability, Ordinal, PrivacySeverity, SafetySeverity, Scale, ScaleError};
use crate::thresholds::{Thresholds, Unreachable};

/// The parts of a method, each valid by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parts {
    /// Safety severities.
    pub safety: Scale<SafetySeverity>,
    /// Privacy severities.
    pub privacy: Scale<PrivacySeverity>,
    /// Exploitability levels.
    pub exploitability: Scale<Exploitability>,
    /// Risk levels, shared by both matrices.
    pub levels: Levels,
    /// Matrix of the safety axis.
    pub safety_matrix: Matrix<SafetySeverity>,
    /// Matrix of the privacy axis.
    pub privacy_matrix: Matrix<PrivacySeverity>,
    /// Written equivalence of the axes.
    pub merge: MergeRule,
    /// Caps that P2 sets on the safety axis.
    pub caps: Caps,
    /// Severities at which procedures are looked at.
    pub thresholds: Thresholds,
}

impl Parts {
    /// What the heat maps of both axes are drawn on.
    pub fn frames(&self) -> (Frame<'_, SafetySeverity>, Frame<'_, PrivacySeverity>) {
        let Self { safety, privacy, exploitability, levels, .. } = self;
        let of_safety = Frame { severity: safety, exploitability, matrix: &self.safety_matrix, levels };
        let of_privacy = Frame { severity: privacy, exploitability, matrix: &self.privacy_matrix, levels };
        (of_safety, of_privacy)
    }
}

/// Why parts do not fit together.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MethodFault {
    /// A matrix was made for another scale or ladder: a cell is missing or its level unknown.
    #[error("the {scale} matrix has no valid level in row {row}, column {column}")]
    Cell {
        /// Severity scale of the matrix.
        scale: &'static str,
        /// Severity, from 1.
        row: u8,
        /// Exploitability, from 1.
        column: u8,
    },
    /// The merge rule was made for other scales.
    #[error(
        "the merge rule covers {given} privacy levels up to safety level {highest}, which does not fit the scales"
    )]
    Merge {
        /// Privacy levels that the rule covers.
        given: usize,
        /// Highest safety level that it names.
        highest: u8,
    },
    /// The caps of P2.
    #[error(transparent)]
    Caps(#[from] CapsError),
    /// The thresholds.
    #[error(transparent)]
    Threshold(#[from] Unreachable),
}

/// A valid method.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Method {
    parts: Parts,
}

impl Method {
    /// A method of these parts; reports everything that does not fit.
    pub fn new(parts: Parts) -> Result<Self, Vec<MethodFault>> {
        let mut faults = Vec::new();
        holes(&parts.safety_matrix, &parts.safety, &parts, &mut faults);
        holes(&parts.privacy_matrix, &parts.privacy, &parts, &mut faults);
        let highest = parts.merge.highest().map_or(0, Ordinal::rank);
        if parts.merge.size() != usize::from(parts.privacy.size()) || highest > parts.safety.size() {
            faults.push(MethodFault::Merge { given: parts.merge.size(), highest });
        }
        faults.extend(parts.caps.faults(&parts.exploitability).into_iter().map(MethodFault::from));
        let thresholds = parts.thresholds.faults(&parts.safety, &parts.privacy);
        faults.extend(thresholds.into_iter().map(MethodFault::from));
        if faults.is_empty() { Ok(Self { parts }) } else { Err(faults) }
    }

    /// The method that a new file starts from (see [`defaults`]).
    pub fn starting() -> Self {
        Self { parts: starting_parts() }
    }

    /// The parts, to read.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The level on each axis, the ranking severity and the deciding axis. Fails if a value is off its scale.
    pub fn evaluate(&self, assessment: &Assessment) -> Result<Evaluation, ScaleError> {
        let parts = &self.parts;
        let exploitability = parts.exploitability.check(assessment.exploitability)?;
        let column = parts.caps.column(exploitability, assessment.p2);
        let safety = assessment
            .safety
            .map(|severity| self.judge(&parts.safety_matrix, &parts.safety, severity, column))
            .transpose()?;
        let privacy = assessment
            .privacy
            .map(|severity| self.judge(&parts.privacy_matrix, &parts.privacy, severity, exploitability))
            .transpose()?;
        let (ranking, deciding) = parts.merge.merge(assessment.safety, assessment.privacy);
        Ok(Evaluation { safety, privacy, ranking, deciding, exploitability })
    }

    fn judge<S: Ordinal>(
        &self,
        matrix: &Matrix<S>,
        scale: &Scale<S>,
        severity: S,
        column: Exploitability,
    ) -> Result<AxisResult<S>, ScaleError> {
        let severity = scale.check(severity)?;
        let off = || ScaleError::OffScale { scale: S::SCALE, rank: severity.rank(), size: scale.size() };
        let level = matrix.level(severity, column).ok_or_else(off)?;
        Ok(AxisResult { severity, column, level, acceptance: self.parts.levels.acceptance(level) })
    }
}

fn starting_parts() -> Parts {
    let safety = defaults::safety();
    Parts {
        merge: MergeRule::trusted(defaults::EQUIVALENCE, &safety),
        safety,
        privacy: defaults::privacy(),
        exploitability: defaults::exploitability(),
        levels: defaults::levels(),
        safety_matrix: defaults::matrix(),
        privacy_matrix: defaults::matrix(),
        caps: Caps::default(),
        thresholds: Thresholds::default(),
    }
}

/// Cells that the scales ask for and the matrix does not have.
fn holes<S: Ordinal>(matrix: &Matrix<S>, scale: &Scale<S>, parts: &Parts, faults: &mut Vec<MethodFault>) {
    for severity in scale.levels() {
        for column in parts.exploitability.levels() {
            let level = matrix.level(severity, column).filter(|level| parts.levels.class(*level).is_some());
            if level.is_none() {
                let (row, column) = (severity.rank(), column.rank());
                faults.push(MethodFault::Cell { scale: S::SCALE, row, column });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::{Axis, Reasons};
    use crate::merge::Deciding;
    use crate::p2::P2;

    #[test]
    fn the_starting_method_is_valid() {
        assert_eq!(Method::new(starting_parts()), Ok(Method::starting()));
    }

    #[test]
    fn parts_made_for_other_scales_are_refused() {
        let longer = Scale::new(["a", "b", "c", "d", "e", "f"]).unwrap();
        let parts = Parts { privacy: longer, ..starting_parts() };
        let faults = Method::new(parts).unwrap_err();
        let scale = "privacy severity";
        assert_eq!(faults.first(), Some(&MethodFault::Cell { scale, row: 6, column: 1 }));
        assert_eq!(faults.last(), Some(&MethodFault::Merge { given: 5, highest: 5 }));
        assert_eq!(faults.len(), 6);
    }

    #[test]
    fn a_low_safety_value_does_not_hide_the_privacy_axis() {
        // The baby warmer whose data leave through a guessed password.
        let assessment = Assessment {
            exploitability: Exploitability::at(4),
            safety: SafetySeverity::new(1),
            p2: P2::Unknown,
            privacy: PrivacySeverity::new(4),
        };
        let evaluation = Method::starting().evaluate(&assessment).unwrap();
        assert_eq!(evaluation.deciding, Deciding::Privacy);
        let verdict = evaluation.verdict(Reasons { safety: true, privacy: true });
        assert_eq!(verdict.refused, [Axis::Privacy]);
        assert!(!verdict.is_acceptable());
    }

    #[test]
    fn a_reason_counts_on_its_own_axis_only() {
        let assessment = Assessment {
            exploitability: Exploitability::at(2),
            safety: SafetySeverity::new(3),
            p2: P2::Unknown,
            privacy: PrivacySeverity::new(4),
        };
        let evaluation = Method::starting().evaluate(&assessment).unwrap();
        let benefit = evaluation.verdict(Reasons { safety: true, privacy: false });
        assert_eq!(benefit.reason_missing, [Axis::Privacy]);
        assert!(evaluation.verdict(Reasons { safety: true, privacy: true }).is_acceptable());
    }

    #[test]
    fn p2_caps_the_safety_axis_only() {
        let caps = Caps { remote: Exploitability::new(1), ..Caps::default() };
        let method = Method::new(Parts { caps, ..starting_parts() }).unwrap();
        let assessment = Assessment {
            exploitability: Exploitability::at(5),
            safety: SafetySeverity::new(4),
            p2: P2::Remote,
            privacy: PrivacySeverity::new(4),
        };
        let evaluation = method.evaluate(&assessment).unwrap();
        let code = |level| method.parts().levels.code(level).to_owned();
        assert_eq!(evaluation.safety.map(|result| code(result.level)).as_deref(), Some("L"));
        assert_eq!(evaluation.privacy.map(|result| code(result.level)).as_deref(), Some("U"));
    }

    #[test]
    fn a_value_off_the_scale_is_an_error_on_any_axis() {
        let assessment = Assessment {
            exploitability: Exploitability::at(3),
            safety: None,
            p2: P2::Unknown,
            privacy: PrivacySeverity::new(6),
        };
        assert!(Method::starting().evaluate(&assessment).is_err());
        let assessment = Assessment { exploitability: Exploitability::at(6), privacy: None, ..assessment };
        assert!(Method::starting().evaluate(&assessment).is_err());
    }
}
