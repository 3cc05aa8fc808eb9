//! Properties that hold for every file, on random inputs.

use std::collections::BTreeSet;

use medward_risk::assessment::worst_first;
use medward_risk::matrix::MatrixFault;
use medward_risk::p2::P2;
use medward_risk::residual::{Control, ControlKind, Inputs, Without, residual};
use medward_risk::{
    Assessment, Deciding, Evaluation, Exploitability, Levels, Matrix, Method, Ordinal, PrivacySeverity,
    RankingSeverity, Reasons, SafetySeverity, Scale, defaults,
};
use proptest::prelude::*;

use super::oracle;

fn assessment(exploitability: u8, safety: u8, privacy: u8) -> Assessment {
    Assessment {
        exploitability: Exploitability::new(exploitability).unwrap(),
        safety: SafetySeverity::new(safety),
        p2: P2::Unknown,
        privacy: PrivacySeverity::new(privacy),
    }
}

fn evaluate(exploitability: u8, safety: u8, privacy: u8) -> Evaluation {
    Method::starting().evaluate(&assessment(exploitability, safety, privacy)).unwrap()
}

/// Every combination of the starting scales, 0 for an axis that is not affected.
fn everything() -> impl Iterator<Item = (u8, u8, u8)> {
    (1..=5).flat_map(|e| (0..=5).flat_map(move |s| (0..=5).map(move |p| (e, s, p))))
}

pub(crate) fn code<S>(levels: &Levels, result: Option<medward_risk::AxisResult<S>>) -> String {
    result.map_or("-", |result| levels.code(result.level)).to_owned()
}

pub(crate) fn word(deciding: Deciding) -> &'static str {
    match deciding {
        Deciding::Safety => "safety",
        Deciding::Privacy => "privacy",
        Deciding::Both => "both",
        Deciding::Neither => "none",
    }
}

#[test]
fn every_assessment_on_the_starting_scales_agrees_with_the_oracle() {
    let levels = defaults::levels();
    for (exploitability, safety, privacy) in everything() {
        let evaluation = evaluate(exploitability, safety, privacy);
        let (safe, private) = (code(&levels, evaluation.safety), code(&levels, evaluation.privacy));
        assert_eq!(safe, oracle::level(safety, exploitability));
        assert_eq!(private, oracle::level(privacy, exploitability));
        assert_eq!(word(evaluation.deciding), oracle::deciding(safety, privacy));
        assert_eq!(evaluation.ranking.map_or(0, RankingSeverity::rank), safety.max(privacy));
        for (benefit, necessity) in [(false, false), (false, true), (true, false), (true, true)] {
            let verdict = evaluation.verdict(Reasons { safety: benefit, privacy: necessity });
            assert_eq!(verdict.is_acceptable(), oracle::acceptable(&safe, &private, benefit, necessity));
        }
    }
}

#[test]
fn a_worse_value_never_improves_the_rank() {
    for (exploitability, safety, privacy) in everything() {
        let here = evaluate(exploitability, safety, privacy).ranking_key();
        let worse = [
            (exploitability + 1, safety, privacy),
            (exploitability, safety + 1, privacy),
            (exploitability, safety, privacy + 1),
        ];
        for (e, s, p) in worse.into_iter().filter(|(e, s, p)| *e <= 5 && *s <= 5 && *p <= 5) {
            assert!(evaluate(e, s, p).ranking_key() >= here, "{e} {s} {p}");
        }
    }
}

fn scale<L: Ordinal>(size: usize) -> Scale<L> {
    Scale::new((1..=size).map(|level| format!("level {level}"))).unwrap()
}

/// A matrix of level positions, 2 to 10 each way.
fn cells() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (2usize..=10, 2usize..=10).prop_flat_map(|(rows, columns)| {
        prop::collection::vec(prop::collection::vec(0usize..4, columns), rows)
    })
}

fn made(cells: &[Vec<usize>]) -> Result<Matrix<SafetySeverity>, Vec<MatrixFault>> {
    let codes: Vec<Vec<&str>> =
        cells.iter().map(|row| row.iter().map(|level| oracle::CODES[*level]).collect()).collect();
    Matrix::new(&codes, &defaults::levels(), &scale(cells.len()), &scale(cells[0].len()))
}

/// The smallest change that makes a matrix valid: each cell at least its neighbours of less severity, less exploitability.
fn ordered(mut cells: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    for row in 0..cells.len() {
        for column in 0..cells[row].len() {
            let above = if row > 0 { cells[row - 1][column] } else { 0 };
            let left = if column > 0 { cells[row][column - 1] } else { 0 };
            cells[row][column] = cells[row][column].max(above).max(left);
        }
    }
    cells
}

/// Absent controls as a bit mask, then exploitability, safety and privacy severity without them.
type Estimate = (u32, Option<u8>, Option<u8>, Option<u8>);

/// A state of up to six controls with estimates, all as numbers for the oracle.
#[derive(Clone, Debug)]
struct State {
    initial: (u8, u8, u8),
    declared: (u8, u8, u8),
    kinds: Vec<ControlKind>,
    in_force: u32,
    estimates: Vec<Estimate>,
}

fn state() -> impl Strategy<Value = State> {
    let values = || (1u8..=5, 0u8..=5, 0u8..=5);
    let kind =
        prop::sample::select(vec![ControlKind::Design, ControlKind::Protection, ControlKind::Information]);
    let estimate =
        (0u32..64, prop::option::of(1u8..=5), prop::option::of(1u8..=5), prop::option::of(1u8..=5));
    (values(), values(), prop::collection::vec(kind, 0..=6), 0u32..64, prop::collection::vec(estimate, 0..5))
        .prop_map(|(initial, declared, kinds, in_force, estimates)| State {
            initial,
            declared,
            kinds,
            in_force,
            estimates,
        })
}

impl State {
    fn inputs(&self) -> Inputs<u32> {
        let ids = |mask: u32| -> BTreeSet<u32> { (0..6).filter(|id| mask >> id & 1 == 1).collect() };
        Inputs {
            initial: assessment(self.initial.0, self.initial.1, self.initial.2),
            declared: assessment(self.declared.0, self.declared.1, self.declared.2),
            controls: (0..)
                .zip(&self.kinds)
                .map(|(id, kind)| Control { id, kind: *kind, in_force: self.in_force >> id & 1 == 1 })
                .collect(),
            without: self
                .estimates
                .iter()
                .map(|(mask, exploitability, safety, privacy)| Without {
                    missing: ids(*mask),
                    exploitability: exploitability.and_then(Exploitability::new),
                    safety: safety.and_then(SafetySeverity::new),
                    p2: None,
                    privacy: privacy.and_then(PrivacySeverity::new),
                })
                .collect(),
        }
    }

    fn residual(&self) -> Assessment {
        residual(&self.inputs()).assessment
    }

    fn by_oracle(&self) -> (u8, u8, u8) {
        let mask = |design_only: bool| -> u32 {
            let counted = |kind: &ControlKind| !design_only || *kind == ControlKind::Design;
            (0..).zip(&self.kinds).filter(|(_, kind)| counted(kind)).map(|(id, _): (u32, _)| 1 << id).sum()
        };
        let (all, design) = (mask(false), mask(true));
        let pick = |which: fn(&Estimate) -> Option<u8>| -> Vec<(u32, Option<u8>)> {
            self.estimates.iter().map(|estimate| (estimate.0, which(estimate))).collect()
        };
        (
            oracle::residual((self.initial.0, self.declared.0), all, self.in_force, &pick(|e| e.1), 6),
            oracle::residual((self.initial.1, self.declared.1), design, self.in_force, &pick(|e| e.2), 6),
            oracle::residual((self.initial.2, self.declared.2), design, self.in_force, &pick(|e| e.3), 6),
        )
    }
}

fn ranks(assessment: Assessment) -> (u8, u8, u8) {
    (
        assessment.exploitability.rank(),
        assessment.safety.map_or(0, Ordinal::rank),
        assessment.privacy.map_or(0, Ordinal::rank),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_matrix_is_refused_for_exactly_the_cells_out_of_order(cells in cells()) {
        let wrong: BTreeSet<(usize, usize)> = oracle::disorder(&cells).into_iter().collect();
        let found: BTreeSet<(usize, usize)> = made(&cells).err().into_iter().flatten().map(|fault| match fault {
            MatrixFault::FallsWithSeverity { row, column, .. }
            | MatrixFault::FallsWithExploitability { row, column, .. } => (usize::from(row), usize::from(column)),
            other => panic!("{other}"),
        }).collect();
        prop_assert_eq!(found, wrong);
    }

    #[test]
    fn in_a_valid_matrix_more_severity_or_exploitability_never_lowers_the_level(cells in cells()) {
        let cells = ordered(cells);
        let matrix = made(&cells).unwrap();
        let level = |row: usize, column: usize| {
            let severity = SafetySeverity::new(u8::try_from(row).unwrap()).unwrap();
            matrix.level(severity, Exploitability::new(u8::try_from(column).unwrap()).unwrap()).unwrap()
        };
        for row in 1..=cells.len() {
            for column in 1..=cells[0].len() {
                prop_assert!(row == 1 || level(row, column) >= level(row - 1, column));
                prop_assert!(column == 1 || level(row, column) >= level(row, column - 1));
            }
        }
    }

    #[test]
    fn a_risk_list_has_one_order_whatever_order_it_came_in(
        risks in prop::collection::btree_map(0u16..500, (1u8..=5, 0u8..=5, 0u8..=5), 1..40).prop_flat_map(|risks| {
            let list: Vec<_> = risks.into_iter().collect();
            (Just(list.clone()), Just(list).prop_shuffle())
        })
    ) {
        let order = |list: Vec<(u16, (u8, u8, u8))>| -> Vec<u16> {
            let mut list: Vec<(u16, Evaluation)> =
                list.into_iter().map(|(id, (e, s, p))| (id, evaluate(e, s, p))).collect();
            list.sort_by(|one, other| worst_first((&one.0, &one.1), (&other.0, &other.1)));
            assert!(list.is_sorted_by(|one, next| one.1.ranking_key() >= next.1.ranking_key()));
            list.into_iter().map(|(id, _)| id).collect()
        };
        let (given, shuffled) = risks;
        prop_assert_eq!(order(given), order(shuffled));
    }

    #[test]
    fn the_residual_agrees_with_the_oracle(state in state()) {
        prop_assert_eq!(ranks(state.residual()), state.by_oracle());
    }

    #[test]
    fn proving_one_more_control_never_makes_the_residual_worse(state in state()) {
        let before = ranks(state.residual());
        for id in 0..6 {
            let proven = State { in_force: state.in_force | 1 << id, ..state.clone() };
            let after = ranks(proven.residual());
            prop_assert!(after.0 <= before.0 && after.1 <= before.1 && after.2 <= before.2, "{:?} {:?}", before, after);
            let key = |(e, s, p)| evaluate(e, s, p).ranking_key();
            prop_assert!(key(after) <= key(before));
        }
    }

    #[test]
    fn without_any_proof_nothing_is_better_than_before_the_controls(state in state()) {
        let none = State { in_force: 0, estimates: Vec::new(), ..state };
        let (now, initial) = (ranks(none.residual()), none.initial);
        prop_assert!(now.0 >= initial.0 && now.1 >= initial.1 && now.2 >= initial.2);
    }

    #[test]
    fn any_text_is_read_as_a_vector_or_refused_inside_it(text in "(CVSS:[34]\\.[01])?(/?[A-Z]{1,3}:[A-Z]|[/:é]){0,12}") {
        use medward_risk::vector::{Environment, factors};
        if let Err(error) = factors(&text, Environment::Stated)
            && let Some(place) = error.place
        {
            prop_assert!(text.get(place).is_some());
        }
    }
}
