//! Scales, matrices and acceptance from the policy, else the defaults.

use medward_file::kinds::{Acceptance, Control, Policy, Risk};
use medward_file::{Number, Record, SecurityFile, Text};

/// Levels of every scale that the policy does not set.
const LEVELS: usize = 5;

/// The matrix of the method: rows are severities, columns exploitability, both from the lowest.
const MATRIX: [[&str; LEVELS]; LEVELS] = [
    ["L", "L", "L", "L", "L"],
    ["L", "L", "L", "M", "M"],
    ["L", "M", "M", "H", "H"],
    ["L", "M", "H", "H", "U"],
    ["M", "H", "H", "U", "U"],
];

/// One of the two axes on which every risk is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Harm to health.
    Safety,
    /// Impact on persons.
    Privacy,
}

impl Axis {
    /// Both, safety first.
    pub const ALL: [Self; 2] = [Self::Safety, Self::Privacy];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Privacy => "privacy",
        }
    }
}

/// What a risk says of one axis.
#[derive(Debug)]
pub struct Side<'f> {
    /// The axis.
    pub axis: Axis,
    /// Severity before any control.
    pub severity: Option<&'f Number>,
    /// Why there is no such branch.
    pub none: Option<&'f Text>,
    /// Severity left.
    pub residual: Option<&'f Number>,
    /// Reason for accepting what remains.
    pub accepted: Option<&'f Text>,
}

/// Both axes of a risk, safety first.
pub fn sides(risk: &Risk) -> [Side<'_>; 2] {
    let (safety, privacy) = (risk.safety.as_ref(), risk.privacy.as_ref());
    let (residual, acceptance) = (risk.residual.as_ref(), risk.acceptance.as_ref());
    [
        Side {
            axis: Axis::Safety,
            severity: safety.and_then(|branch| branch.severity.as_ref()),
            none: safety.and_then(|branch| branch.none.as_ref()),
            residual: residual.and_then(|residual| residual.safety.as_ref()),
            accepted: acceptance.and_then(|acceptance| acceptance.safety.as_ref()),
        },
        Side {
            axis: Axis::Privacy,
            severity: privacy.and_then(|branch| branch.severity.as_ref()),
            none: privacy.and_then(|branch| branch.none.as_ref()),
            residual: residual.and_then(|residual| residual.privacy.as_ref()),
            accepted: acceptance.and_then(|acceptance| acceptance.privacy.as_ref()),
        },
    ]
}

/// Whether a text is absent or says nothing.
pub fn blank(text: Option<&Text>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// The controls of a risk that exist as records.
pub fn controls<'f>(file: &'f SecurityFile, risk: &'f Risk) -> impl Iterator<Item = &'f Record<Control>> {
    risk.controls.iter().filter_map(|link| file.follow(link))
}

/// What remains of a risk on one axis.
#[derive(Debug)]
pub struct Remains<'f> {
    /// Severity left.
    pub severity: &'f Number,
    /// Exploitability left.
    pub exploitability: &'f Number,
    /// Level by the matrix.
    pub level: &'f str,
    /// What the level means.
    pub acceptance: Acceptance,
}

/// The method in force: the policy's where it says something, the defaults elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Method<'f> {
    policy: Option<&'f Policy>,
}

impl<'f> Method<'f> {
    /// The method of a file.
    pub fn of(file: &'f SecurityFile) -> Self {
        Self { policy: file.policy.as_ref().map(|(_, policy)| policy) }
    }

    fn levels(scale: Option<&[Text]>) -> usize {
        scale.map(<[Text]>::len).filter(|levels| *levels > 0).unwrap_or(LEVELS)
    }

    /// How many severities an axis has.
    pub fn severities(self, axis: Axis) -> usize {
        Self::levels(self.policy.map(|policy| match axis {
            Axis::Safety => policy.safety_scale.as_slice(),
            Axis::Privacy => policy.privacy_scale.as_slice(),
        }))
    }

    /// How many levels of exploitability there are.
    pub fn exploitabilities(self) -> usize {
        Self::levels(self.policy.map(|policy| policy.exploitability_scale.as_slice()))
    }

    /// The matrix the policy gives for an axis; empty when the default holds.
    pub fn own_matrix(self, axis: Axis) -> &'f [Vec<Text>] {
        self.policy.map_or(&[], |policy| match axis {
            Axis::Safety => policy.safety_matrix.as_slice(),
            Axis::Privacy => policy.privacy_matrix.as_slice(),
        })
    }

    /// The level of a severity and an exploitability.
    pub fn level(self, axis: Axis, severity: i64, exploitability: i64) -> Option<&'f str> {
        let row = usize::try_from(severity).ok()?.checked_sub(1)?;
        let column = usize::try_from(exploitability).ok()?.checked_sub(1)?;
        match self.own_matrix(axis) {
            [] => MATRIX.get(row)?.get(column).copied(),
            own => own.get(row)?.get(column).map(|level| &*level.value),
        }
    }

    /// What a level means; `None` for a level nobody declared.
    pub fn acceptance(self, level: &str) -> Option<Acceptance> {
        let own = self.policy.and_then(|policy| {
            policy.acceptance.iter().find(|(key, _)| *key.value == *level).map(|(_, word)| word.value)
        });
        own.or(match level {
            "L" => Some(Acceptance::Accept),
            "M" => Some(Acceptance::WithReason),
            "H" => Some(Acceptance::Reduce),
            "U" => Some(Acceptance::Never),
            _ => None,
        })
    }

    /// What remains of a risk on an axis; `None` while it cannot be judged, which other rules report. An axis that
    /// the residual leaves out keeps its initial severity, and so does exploitability.
    pub fn remains(self, risk: &'f Risk, side: &Side<'f>) -> Option<Remains<'f>> {
        let residual = risk.residual.as_ref()?;
        let severity = side.residual.or(side.severity)?;
        let initial = risk.exploitability.as_ref().and_then(|initial| initial.level.as_ref());
        let exploitability = residual.exploitability.as_ref().or(initial)?;
        let level = self.level(side.axis, severity.value, exploitability.value)?;
        Some(Remains { severity, exploitability, level, acceptance: self.acceptance(level)? })
    }
}
