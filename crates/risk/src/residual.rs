//! What is left of a risk when only the controls that count now are counted.
//!
//! The file declares a residual that holds while every control is in force. When controls are missing (not built, not
//! proven, proof expired), each value falls back to the lowest estimate that is justified without *all* of the missing
//! ones: the file may give such estimates for sets of controls, and without one the initial value stands. An estimate for
//! one missing control says nothing about two, so single estimates are never combined.
//!
//! - Exploitability leans on every control of the risk, of any kind.
//! - A severity, and P2, lean on design controls alone: protection keeps attackers out and information warns, but neither
//!   makes a harm smaller. Without a design control, a declared lower severity does not count and is noted.
//! - Nothing falls below the declared value, and one more control in force never makes any value worse.

use std::collections::BTreeSet;

use crate::assessment::{Assessment, Axis};
use crate::p2::P2;
use crate::scale::{Exploitability, PrivacySeverity, SafetySeverity};

/// The order of preference of controls (MDR Annex I 4; ISO 14971 7.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ControlKind {
    /// Safe by design and manufacture.
    Design,
    /// A protective measure.
    Protection,
    /// Information for safety, training.
    Information,
}

/// A control that the declared residual leans on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Control<I> {
    /// Its id.
    pub id: I,
    /// Its kind.
    pub kind: ControlKind,
    /// Whether it counts now: built, verified, with fresh passing proof.
    pub in_force: bool,
}

/// An estimate justified while all of `missing` are absent and every other control is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Without<I: Ord> {
    /// The controls that the estimate does not lean on.
    pub missing: BTreeSet<I>,
    /// Exploitability without them, if estimated.
    pub exploitability: Option<Exploitability>,
    /// Safety severity without them, if estimated.
    pub safety: Option<SafetySeverity>,
    /// P2 without them, if estimated.
    pub p2: Option<P2>,
    /// Privacy severity without them, if estimated.
    pub privacy: Option<PrivacySeverity>,
}

/// Everything that the residual of one risk depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inputs<I: Ord> {
    /// Before any control.
    pub initial: Assessment,
    /// With all controls in force.
    pub declared: Assessment,
    /// The controls of the risk.
    pub controls: Vec<Control<I>>,
    /// Estimates for missing controls.
    pub without: Vec<Without<I>>,
}

/// Something in the file that the rules did not follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Note {
    /// A severity is declared lower, but no design control could lower it; the initial one counts.
    SeverityNeedsDesign(Axis),
    /// P2 is declared lower, but no design control could lower it; the initial one counts.
    P2NeedsDesign,
    /// Values are declared lower, but the risk has no control at all.
    NoControl,
    /// Exploitability is declared lower on information alone, the weakest kind of control.
    InformationAlone,
    /// A severity is declared higher than before the controls: a control brought a new harm (ISO 14971 7.5).
    HigherThanInitial(Axis),
    /// Exploitability is declared higher than before the controls.
    EasierThanInitial,
}

/// The residual that holds now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Residual<I> {
    /// The values that count now.
    pub assessment: Assessment,
    /// Controls that the declared residual leans on and that do not count now, by id.
    pub missing: Vec<I>,
    /// Whether the declared residual holds in full.
    pub as_declared: bool,
    /// What the file got wrong.
    pub notes: Vec<Note>,
}

/// The residual for a state of the controls. Pure: the same inputs give the same answer.
pub fn residual<I: Ord + Clone>(inputs: &Inputs<I>) -> Residual<I> {
    let Inputs { initial, declared, controls, without } = inputs;
    let missing_of = |design_only: bool| -> BTreeSet<&I> {
        let leaned_on = controls.iter().filter(|control| !design_only || control.kind == ControlKind::Design);
        leaned_on.filter(|control| !control.in_force).map(|control| &control.id).collect()
    };
    let has_design = controls.iter().any(|control| control.kind == ControlKind::Design);
    let (missing, missing_design) = (missing_of(false), missing_of(true));

    let exploitability = fall_back(
        (initial.exploitability, declared.exploitability),
        !controls.is_empty(),
        &missing,
        without.iter().map(|estimate| (&estimate.missing, estimate.exploitability)),
    );
    let safety = fall_back(
        (initial.safety, declared.safety),
        has_design,
        &missing_design,
        without.iter().map(|estimate| (&estimate.missing, estimate.safety.map(Some))),
    );
    let p2 = fall_back(
        (initial.p2.counted(), declared.p2.counted()),
        has_design,
        &missing_design,
        without.iter().map(|estimate| (&estimate.missing, estimate.p2.map(P2::counted))),
    );
    let privacy = fall_back(
        (initial.privacy, declared.privacy),
        has_design,
        &missing_design,
        without.iter().map(|estimate| (&estimate.missing, estimate.privacy.map(Some))),
    );

    let assessment = Assessment { exploitability, safety, p2, privacy };
    let wanted = Assessment { p2: declared.p2.counted(), ..*declared };
    Residual {
        as_declared: assessment == wanted,
        assessment,
        missing: missing.into_iter().cloned().collect(),
        notes: notes(inputs),
    }
}

/// The lowest value justified without the missing controls.
///
/// `can_lower` says whether the risk has any control of a kind that may lower this value.
fn fall_back<'a, I: Ord + 'a, V: Copy + Ord>(
    (initial, declared): (V, V),
    can_lower: bool,
    missing: &BTreeSet<&I>,
    estimates: impl Iterator<Item = (&'a BTreeSet<I>, Option<V>)>,
) -> V {
    // A control that brings a new harm does so whether or not it is proven, so the worse value is the ceiling.
    let ceiling = initial.max(declared);
    if !can_lower {
        return ceiling;
    }
    if missing.is_empty() {
        return declared;
    }
    estimates
        .filter(|(absent, _)| missing.iter().all(|id| absent.contains(*id)))
        .filter_map(|(_, value)| value)
        .fold(ceiling, V::min)
        .max(declared)
}

fn notes<I: Ord>(inputs: &Inputs<I>) -> Vec<Note> {
    let Inputs { initial, declared, controls, .. } = inputs;
    let mut notes = Vec::new();
    let has = |kind| controls.iter().any(|control| control.kind == kind);
    let lower = (
        declared.exploitability < initial.exploitability,
        declared.safety < initial.safety,
        declared.p2.counted() < initial.p2.counted(),
        declared.privacy < initial.privacy,
    );
    if controls.is_empty() {
        if lower.0 || lower.1 || lower.2 || lower.3 {
            notes.push(Note::NoControl);
        }
    } else if !has(ControlKind::Design) {
        notes.extend(lower.1.then_some(Note::SeverityNeedsDesign(Axis::Safety)));
        notes.extend(lower.2.then_some(Note::P2NeedsDesign));
        notes.extend(lower.3.then_some(Note::SeverityNeedsDesign(Axis::Privacy)));
        let information_alone = lower.0 && !has(ControlKind::Protection);
        notes.extend(information_alone.then_some(Note::InformationAlone));
    }
    notes.extend((declared.safety > initial.safety).then_some(Note::HigherThanInitial(Axis::Safety)));
    notes.extend((declared.privacy > initial.privacy).then_some(Note::HigherThanInitial(Axis::Privacy)));
    notes.extend((declared.exploitability > initial.exploitability).then_some(Note::EasierThanInitial));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::Ordinal;

    fn assessment(exploitability: u8, safety: u8, privacy: u8) -> Assessment {
        Assessment {
            exploitability: Exploitability::at(exploitability),
            safety: SafetySeverity::new(safety),
            p2: P2::Certain,
            privacy: PrivacySeverity::new(privacy),
        }
    }

    fn inputs(controls: &[(&'static str, ControlKind, bool)]) -> Inputs<&'static str> {
        let control = |&(id, kind, in_force): &(_, _, _)| Control { id, kind, in_force };
        Inputs {
            initial: assessment(5, 4, 5),
            declared: assessment(2, 3, 4),
            controls: controls.iter().map(control).collect(),
            without: Vec::new(),
        }
    }

    #[test]
    fn all_in_force_gives_the_declared_and_none_the_initial() {
        let all =
            residual(&inputs(&[("a", ControlKind::Design, true), ("b", ControlKind::Protection, true)]));
        assert_eq!((all.assessment, all.as_declared), (assessment(2, 3, 4), true));
        let none =
            residual(&inputs(&[("a", ControlKind::Design, false), ("b", ControlKind::Protection, false)]));
        assert_eq!((none.assessment, none.as_declared), (assessment(5, 4, 5), false));
        assert_eq!(none.missing, ["a", "b"]);
    }

    #[test]
    fn a_missing_protection_raises_exploitability_but_no_severity() {
        let now =
            residual(&inputs(&[("a", ControlKind::Design, true), ("b", ControlKind::Protection, false)]));
        assert_eq!(now.assessment, assessment(5, 3, 4));
    }

    #[test]
    fn severity_is_not_lowered_without_a_design_control() {
        let now =
            residual(&inputs(&[("b", ControlKind::Protection, true), ("c", ControlKind::Information, true)]));
        assert_eq!(now.assessment, assessment(2, 4, 5));
        assert!(!now.as_declared);
        let noted = [Note::SeverityNeedsDesign(Axis::Safety), Note::SeverityNeedsDesign(Axis::Privacy)];
        assert_eq!(now.notes, noted);
    }

    #[test]
    fn an_estimate_for_one_missing_control_does_not_cover_two() {
        let mut given = inputs(&[
            ("a", ControlKind::Protection, true),
            ("b", ControlKind::Protection, false),
            ("c", ControlKind::Design, true),
        ]);
        let estimate = |missing: &[&'static str], rank| Without {
            missing: missing.iter().copied().collect(),
            exploitability: Exploitability::new(rank),
            safety: None,
            p2: None,
            privacy: None,
        };
        given.without = vec![estimate(&["a"], 3), estimate(&["b"], 3)];
        assert_eq!(residual(&given).assessment, assessment(3, 3, 4));
        given.controls[0].in_force = false;
        assert_eq!(residual(&given).assessment, assessment(5, 3, 4));
        given.without.push(estimate(&["a", "b"], 4));
        assert_eq!(residual(&given).assessment, assessment(4, 3, 4));
    }

    #[test]
    fn an_estimate_below_the_declared_residual_does_not_count() {
        let mut given = inputs(&[("a", ControlKind::Design, false)]);
        given.without = vec![Without {
            missing: ["a"].into(),
            exploitability: Exploitability::new(1),
            safety: SafetySeverity::new(1),
            p2: None,
            privacy: None,
        }];
        assert_eq!(residual(&given).assessment, assessment(2, 3, 5));
    }

    #[test]
    fn a_harm_that_a_control_brings_counts_even_when_the_control_is_not_proven() {
        let mut given = inputs(&[("a", ControlKind::Design, false)]);
        given.declared = assessment(2, 5, 4);
        let now = residual(&given);
        assert_eq!(now.assessment, assessment(5, 5, 5));
        assert_eq!(now.notes, [Note::HigherThanInitial(Axis::Safety)]);
    }

    #[test]
    fn a_risk_without_controls_keeps_its_initial_values() {
        let now = residual(&inputs(&[]));
        assert_eq!(now.assessment, assessment(5, 4, 5));
        assert_eq!(now.notes, [Note::NoControl]);
    }
}
