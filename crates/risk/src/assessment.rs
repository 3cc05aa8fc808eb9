//! One risk assessed on both axes, and what the method says about it.

use std::cmp::{Ordering, Reverse};

use crate::level::{Acceptance, Level};
use crate::merge::{Deciding, RankingSeverity};
use crate::p2::P2;
use crate::scale::{Exploitability, PrivacySeverity, SafetySeverity};

/// An axis of harm.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Axis {
    /// Harm to health.
    Safety,
    /// Harm to a person's rights and freedoms.
    Privacy,
}

/// What people estimated for a risk. `None` on an axis says that nobody is harmed there; the file holds the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Assessment {
    /// How readily the risk is exploited; the same for both axes.
    pub exploitability: Exploitability,
    /// Severity of the harm to health.
    pub safety: Option<SafetySeverity>,
    /// How likely the hazardous situation harms; safety axis only.
    pub p2: P2,
    /// Severity of the effect on persons.
    pub privacy: Option<PrivacySeverity>,
}

/// The level of one axis and how it came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AxisResult<S> {
    /// Row of the matrix.
    pub severity: S,
    /// Column of the matrix; on the safety axis after the cap of P2.
    pub column: Exploitability,
    /// The cell.
    pub level: Level,
    /// What the level allows.
    pub acceptance: Acceptance,
}

/// What the method says about an assessment. Both axes are kept (SEV-1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Evaluation {
    /// Safety axis; `None` if no harm to health.
    pub safety: Option<AxisResult<SafetySeverity>>,
    /// Privacy axis; `None` if no effect on persons.
    pub privacy: Option<AxisResult<PrivacySeverity>>,
    /// Higher of both severities; for ranking only.
    pub ranking: Option<RankingSeverity>,
    /// Which axis gave it.
    pub deciding: Deciding,
    /// As assessed, before any cap.
    pub exploitability: Exploitability,
}

/// Which axes have a written reason: benefit-risk for safety, necessity and proportionality for privacy (SEV-7).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reasons {
    /// A benefit-risk reason is written.
    pub safety: bool,
    /// Necessity and proportionality are argued.
    pub privacy: bool,
}

/// Whether a risk may be accepted, axis by axis (SEV-2).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Verdict {
    /// Axes that no reason makes acceptable.
    pub refused: Vec<Axis>,
    /// Axes that lack the written reason.
    pub reason_missing: Vec<Axis>,
}

impl Verdict {
    /// Acceptable, which it is only if it is so on each axis (SEV-2).
    pub fn is_acceptable(&self) -> bool {
        self.refused.is_empty() && self.reason_missing.is_empty()
    }
}

/// The place of a risk among others: worst level, then severity, then exploitability; greater is worse.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RankingKey {
    /// Worst level of the axes.
    pub level: Option<Level>,
    /// Higher of both severities.
    pub severity: Option<RankingSeverity>,
    /// As assessed.
    pub exploitability: Exploitability,
}

impl Evaluation {
    /// Whether the risk may be accepted with these reasons.
    pub fn verdict(&self, reasons: Reasons) -> Verdict {
        let mut verdict = Verdict::default();
        let axes = [
            (Axis::Safety, self.safety.map(|result| result.acceptance), reasons.safety),
            (Axis::Privacy, self.privacy.map(|result| result.acceptance), reasons.privacy),
        ];
        for (axis, acceptance, reason) in axes {
            match acceptance {
                None | Some(Acceptance::Accept) => {}
                Some(Acceptance::WithReason) if reason => {}
                Some(Acceptance::WithReason) => verdict.reason_missing.push(axis),
                Some(Acceptance::Reduce | Acceptance::Never) => verdict.refused.push(axis),
            }
        }
        verdict
    }

    /// The place of this risk among others.
    pub fn ranking_key(&self) -> RankingKey {
        RankingKey {
            level: self.safety.map(|result| result.level).max(self.privacy.map(|result| result.level)),
            severity: self.ranking,
            exploitability: self.exploitability,
        }
    }
}

/// The order of a risk list: worst first, equals by id, so that a list is the same on every run.
pub fn worst_first<I: Ord>(one: (&I, &Evaluation), other: (&I, &Evaluation)) -> Ordering {
    let key = |(id, evaluation): (_, &Evaluation)| (Reverse(evaluation.ranking_key()), id);
    key(one).cmp(&key(other))
}
