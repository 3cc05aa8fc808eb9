//! The method as a security file states it, and its risks in the method's terms.
//!
//! A part of the policy that is not valid falls back to the starting values here, so that one wrong cell does not silence
//! every other finding; the rules report the part itself.

use crate::exploitability::estimate;
use crate::factors_from_file::{attack_factors, place};
use crate::level::{Acceptance, LevelClass, Levels};
use crate::merge::MergeRule;
use crate::method::{Method, Parts};
use crate::residual::{Control, ControlKind, Inputs, Residual, residual};
use crate::scale::{Exploitability, Ordinal, PrivacySeverity, SafetySeverity, Scale};
use crate::scoring::Scoring;
use crate::thresholds::Thresholds;
use crate::vector::{self, Environment};
use crate::{Assessment, Axis, Matrix, defaults, p2::P2};
use medward_file::kinds::{self, ControlType, Policy, Risk};
use medward_file::{Number, Record, SecurityFile, Spanned, Text};

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

/// What a risk says of one axis, with the places.
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
pub fn controls<'f>(
    file: &'f SecurityFile,
    risk: &'f Risk,
) -> impl Iterator<Item = &'f Record<kinds::Control>> {
    risk.controls.iter().filter_map(|link| file.follow(link))
}

/// What remains of a risk on one axis with every control in force, with the places.
#[derive(Debug)]
pub struct Remains<'f, 'm> {
    /// Severity left.
    pub severity: &'f Number,
    /// Exploitability left.
    pub exploitability: Number,
    /// Code of the level.
    pub level: &'m str,
    /// What the level means.
    pub acceptance: kinds::Acceptance,
}

/// The method of a file: the policy's where it says something valid, the starting values elsewhere.
#[derive(Debug)]
pub struct FileMethod<'f> {
    policy: Option<&'f Policy>,
    method: Method,
}

impl<'f> FileMethod<'f> {
    /// The method of a file.
    pub fn of(file: &'f SecurityFile) -> Self {
        let policy = file.policy.as_ref().map(|(_, policy)| policy);
        let method =
            policy.and_then(|policy| Method::new(parts(policy)).ok()).unwrap_or_else(Method::starting);
        Self { policy, method }
    }

    /// The method in its own terms.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// How many severities an axis has, as the policy's scale says even where its matrix does not fit.
    pub fn severities(&self, axis: Axis) -> usize {
        let sized = |policy: &'f Policy| match axis {
            Axis::Safety => scale::<SafetySeverity>(&policy.safety_scale).map(|scale| scale.size()),
            Axis::Privacy => scale::<PrivacySeverity>(&policy.privacy_scale).map(|scale| scale.size()),
        };
        usize::from(self.policy.and_then(sized).unwrap_or(defaults::safety().size()))
    }

    /// How many levels of exploitability there are, as the policy's scale says.
    pub fn exploitabilities(&self) -> usize {
        let own = self.policy.and_then(|policy| scale::<Exploitability>(&policy.exploitability_scale));
        usize::from(own.map_or(defaults::exploitability().size(), |scale| scale.size()))
    }

    /// The matrix the policy gives for an axis, as written; empty when the starting one holds.
    pub fn own_matrix(&self, axis: Axis) -> &'f [Vec<Text>] {
        self.policy.map_or(&[], |policy| match axis {
            Axis::Safety => policy.safety_matrix.as_slice(),
            Axis::Privacy => policy.privacy_matrix.as_slice(),
        })
    }

    /// The code of the level of a severity and an exploitability; `None` off the scales.
    pub fn level(&self, axis: Axis, severity: i64, exploitability: i64) -> Option<&str> {
        let parts = self.method.parts();
        let exploitability = on(&parts.exploitability, exploitability)?;
        let level = match axis {
            Axis::Safety => parts.safety_matrix.level(on(&parts.safety, severity)?, exploitability)?,
            Axis::Privacy => parts.privacy_matrix.level(on(&parts.privacy, severity)?, exploitability)?,
        };
        Some(parts.levels.code(level))
    }

    /// What a level means; `None` for a level nobody declared.
    pub fn acceptance(&self, code: &str) -> Option<kinds::Acceptance> {
        let levels = &self.method.parts().levels;
        Some(match levels.acceptance(levels.find(code)?) {
            Acceptance::Accept => kinds::Acceptance::Accept,
            Acceptance::WithReason => kinds::Acceptance::WithReason,
            Acceptance::Reduce => kinds::Acceptance::Reduce,
            Acceptance::Never => kinds::Acceptance::Never,
        })
    }

    /// What remains of a risk on an axis; `None` while it cannot be judged, which other rules report. An axis that
    /// the residual leaves out keeps its initial severity, and so does exploitability.
    pub fn remains<'m>(&'m self, risk: &'f Risk, side: &Side<'f>) -> Option<Remains<'f, 'm>> {
        let residual = risk.residual.as_ref()?;
        let severity = side.residual.or(side.severity)?;
        let exploitability = residual.exploitability.clone().or_else(|| self.exploitability(risk))?;
        let level = self.level(side.axis, severity.value, exploitability.value)?;
        Some(Remains { severity, exploitability, level, acceptance: self.acceptance(level)? })
    }

    /// How hard the attack is before any control: the level as written, else what the CVSS vector or the factors come
    /// to, with the place they stand at. A vector that cannot be read gives nothing; a rule says so.
    pub fn exploitability(&self, risk: &Risk) -> Option<Number> {
        let stated = risk.exploitability.as_ref()?;
        if stated.level.is_some() {
            return stated.level.clone();
        }
        let factors = stated.factors.as_ref();
        let is_stated = factors.and_then(|factors| factors.environment.as_ref()?.target()).is_some();
        let (attack, span) = match (&stated.cvss, factors) {
            (Some(vector), factors) => {
                let environment = if is_stated { Environment::Stated } else { Environment::NotStated };
                let mut attack = vector::factors(vector, environment).ok()?;
                // What a vector does not hold comes from the factors.
                if let Some(more) = factors {
                    let more = attack_factors(more);
                    (attack.exposure, attack.gain) = (more.exposure, more.gain);
                    attack.exposure_stated = is_stated;
                }
                (attack, vector.span)
            }
            (None, Some(factors)) => (attack_factors(factors), place(factors)?),
            (None, None) => return None,
        };
        let level = estimate(&attack, &self.scoring()).level;
        Some(Spanned::new(i64::from(level.rank()), span))
    }

    /// The starting table of points, its bounds spread over a scale of another length.
    fn scoring(&self) -> Scoring {
        let starting = Scoring::default();
        let steps = u16::from(self.method.parts().exploitability.size()).saturating_sub(1).max(1);
        let highest = starting.bounds.last().copied().unwrap_or(1);
        let spread = |step: u16| step.saturating_mul(highest).div_ceil(steps).max(step);
        if starting.bounds.len() == usize::from(steps) {
            starting
        } else {
            Scoring { bounds: (1..=steps).map(spread).collect(), ..starting }
        }
    }

    /// A risk before any control; `None` while its exploitability is not on the scale.
    pub fn initial(&self, risk: &Risk) -> Option<Assessment> {
        let parts = self.method.parts();
        let [safety, privacy] = sides(risk).map(|side| side.severity.map(|number| number.value));
        Some(Assessment {
            exploitability: on(&parts.exploitability, self.exploitability(risk)?.value)?,
            safety: safety.and_then(|rank| on(&parts.safety, rank)),
            p2: p2(risk),
            privacy: privacy.and_then(|rank| on(&parts.privacy, rank)),
        })
    }

    /// What remains of a risk when only the controls count that `in_force` names: today's residual. `None` as for
    /// [`Self::initial`].
    pub fn residual<'r>(
        &self,
        file: &'r SecurityFile,
        risk: &'r Risk,
        in_force: impl Fn(&Record<kinds::Control>) -> bool,
    ) -> Option<Residual<&'r str>> {
        let initial = self.initial(risk)?;
        let parts = self.method.parts();
        let left = |number: Option<&Number>| number.map(|number| number.value);
        let stated = risk.residual.as_ref();
        let [safety, privacy] = sides(risk).map(|side| left(side.residual));
        let exploitability = left(stated.and_then(|residual| residual.exploitability.as_ref()));
        let declared = Assessment {
            exploitability: exploitability
                .and_then(|rank| on(&parts.exploitability, rank))
                .unwrap_or(initial.exploitability),
            safety: safety.and_then(|rank| on(&parts.safety, rank)).or(initial.safety),
            p2: initial.p2,
            privacy: privacy.and_then(|rank| on(&parts.privacy, rank)).or(initial.privacy),
        };
        let controls = controls(file, risk)
            .map(|control| Control { id: control.id(), kind: kind(control), in_force: in_force(control) })
            .collect();
        Some(residual(&Inputs { initial, declared, controls, without: Vec::new() }))
    }
}

fn on<L: Ordinal>(scale: &Scale<L>, rank: i64) -> Option<L> {
    scale.level(u8::try_from(rank).ok()?).ok()
}

/// The clinical estimate in percent as one of the classes of the method; absent counts as certain.
fn p2(risk: &Risk) -> P2 {
    let percent = risk.safety.as_ref().and_then(|safety| safety.harm_percent.as_ref());
    match percent.map(|percent| percent.value) {
        None => P2::Unknown,
        Some(..=1) => P2::Remote,
        Some(2..=50) => P2::Occasional,
        Some(51..=99) => P2::Probable,
        Some(100..) => P2::Certain,
    }
}

/// The kind of a control; one that does not say counts as the weakest.
fn kind(control: &kinds::Control) -> ControlKind {
    match control.kind.as_ref().map(|kind| kind.value) {
        Some(ControlType::Design) => ControlKind::Design,
        Some(ControlType::Protection) => ControlKind::Protection,
        Some(ControlType::Information) | None => ControlKind::Information,
    }
}

fn parts(policy: &Policy) -> Parts {
    let safety = scale(&policy.safety_scale).unwrap_or_else(defaults::safety);
    let privacy = scale(&policy.privacy_scale).unwrap_or_else(defaults::privacy);
    let exploitability = scale(&policy.exploitability_scale).unwrap_or_else(defaults::exploitability);
    let levels = levels(policy);
    let equivalence = policy.equivalence.as_ref().map_or(defaults::EQUIVALENCE, |text| text);
    Parts {
        safety_matrix: matrix(&policy.safety_matrix, &levels, &safety, &exploitability),
        privacy_matrix: matrix(&policy.privacy_matrix, &levels, &privacy, &exploitability),
        merge: merge(equivalence, &safety, &privacy),
        thresholds: thresholds(policy, &safety, &privacy),
        caps: crate::p2::Caps::default(),
        safety,
        privacy,
        exploitability,
        levels,
    }
}

fn scale<L: Ordinal>(words: &[Text]) -> Option<Scale<L>> {
    Scale::new(words.iter().map(|word| word.to_string())).ok()
}

/// Level for level; scales of unlike length are laid over each other so that their ends meet, rounding up.
fn merge(equivalence: &str, safety: &Scale<SafetySeverity>, privacy: &Scale<PrivacySeverity>) -> MergeRule {
    let (longest, steps) = (u16::from(safety.size()), u16::from(privacy.size()).max(1));
    let rank = |step: u16| u8::try_from(step.saturating_mul(longest).div_ceil(steps)).unwrap_or(u8::MAX);
    let ranks: Vec<u8> = (1..=steps).map(rank).collect();
    MergeRule::new(equivalence, &ranks, safety, privacy)
        .unwrap_or_else(|_| MergeRule::trusted(defaults::EQUIVALENCE, safety))
}

/// The ladder of the policy: the starting levels with those of the policy in their place or beside them, by what they
/// mean; those of one meaning in the order written.
fn levels(policy: &Policy) -> Levels {
    let starting = defaults::levels();
    let kept = starting.iter().filter(|(_, class)| policy.acceptance.get(&class.code).is_none());
    let mut classes: Vec<LevelClass> = kept.map(|(_, class)| class.clone()).collect();
    let mut own: Vec<_> = policy.acceptance.iter().collect();
    own.sort_by_key(|(code, _)| code.span);
    classes.extend(own.into_iter().map(|(code, meaning)| LevelClass {
        code: code.to_string(),
        name: code.to_string(),
        acceptance: match meaning.value {
            kinds::Acceptance::Accept => Acceptance::Accept,
            kinds::Acceptance::WithReason => Acceptance::WithReason,
            kinds::Acceptance::Reduce => Acceptance::Reduce,
            kinds::Acceptance::Never => Acceptance::Never,
        },
    }));
    classes.sort_by_key(|class| class.acceptance);
    Levels::new(classes).unwrap_or(starting)
}

fn matrix<S: Ordinal>(
    written: &[Vec<Text>],
    levels: &Levels,
    severity: &Scale<S>,
    exploitability: &Scale<Exploitability>,
) -> Matrix<S> {
    let codes: Vec<Vec<&str>> =
        written.iter().map(|row| row.iter().map(|cell| &**cell).map(AsRef::as_ref).collect()).collect();
    Matrix::new(&codes, levels, severity, exploitability)
        .unwrap_or_else(|_| starting_matrix(levels, severity, exploitability))
}

/// The starting matrix, cut to shorter scales.
fn starting_matrix<S: Ordinal>(
    levels: &Levels,
    severity: &Scale<S>,
    exploitability: &Scale<Exploitability>,
) -> Matrix<S> {
    let columns = usize::from(exploitability.size());
    let rows = defaults::MATRIX.iter().take(usize::from(severity.size()));
    let codes: Vec<Vec<&str>> = rows.map(|row| row.iter().copied().take(columns).collect()).collect();
    Matrix::new(&codes, levels, severity, exploitability).unwrap_or_else(|_| defaults::matrix())
}

/// The thresholds of the policy, else the starting ones, lowered to the top of a shorter scale.
fn thresholds(
    policy: &Policy,
    safety: &Scale<SafetySeverity>,
    privacy: &Scale<PrivacySeverity>,
) -> Thresholds {
    fn at<L: Ordinal>(scale: &Scale<L>, given: Option<&Number>, starting: L) -> L {
        let held = Some(starting).filter(|level| scale.holds(*level)).or_else(|| scale.levels().next_back());
        given.and_then(|rank| on(scale, rank.value)).or(held).unwrap_or(starting)
    }
    let starting = Thresholds::default();
    Thresholds {
        vigilance: at(safety, policy.vigilance_from.as_ref(), starting.vigilance),
        breach: at(privacy, policy.breach_from.as_ref(), starting.breach),
    }
}
