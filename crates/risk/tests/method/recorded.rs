//! The recorded risks of the running example: every level and deciding axis has to come out as written there.
//!
//! The record is not part of the repository; it is looked for under `MEDWARD_SHARED`, else beside the checkout.

use std::collections::BTreeMap;
use std::path::PathBuf;

use medward_risk::p2::P2;
use medward_risk::residual::{Control, ControlKind, Inputs, Note, residual};
use medward_risk::{
    Assessment, Axis, Exploitability, Method, Ordinal, PrivacySeverity, SafetySeverity, defaults,
};
use serde::Deserialize;

use super::properties::{code, word};

#[derive(Deserialize)]
struct Record {
    meta: Meta,
    controls: Vec<RecordedControl>,
    risks: Vec<RecordedRisk>,
}

#[derive(Deserialize)]
struct Meta {
    matrix: BTreeMap<u8, Vec<String>>,
}

#[derive(Deserialize)]
struct RecordedControl {
    id: String,
    r#type: String,
}

#[derive(Deserialize)]
struct RecordedRisk {
    id: String,
    initial: Scores,
    residual: Scores,
    controls: Vec<String>,
}

#[derive(Deserialize)]
struct Scores {
    exploitability: u8,
    safety: u8,
    privacy: u8,
    safety_level: String,
    privacy_level: String,
    deciding: String,
}

impl Scores {
    fn assessment(&self) -> Assessment {
        Assessment {
            exploitability: Exploitability::new(self.exploitability).unwrap(),
            safety: SafetySeverity::new(self.safety),
            p2: P2::Unknown,
            privacy: PrivacySeverity::new(self.privacy),
        }
    }
}

/// Risks whose record lowers the privacy severity with protection alone, against its own rule; the crate has to find
/// them. A corrected record passes too.
const PROTECTION_ALONE: [&str; 3] = ["R-03", "R-13", "R-15"];

/// The record, or nothing with a loud word if there is none. A place that was named must hold it.
fn record() -> Option<Record> {
    let named = std::env::var_os("MEDWARD_SHARED").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let must_exist = named.is_some();
    let file = named.unwrap_or_else(beside).join("facts/risks.yaml");
    if !must_exist && !file.exists() {
        eprintln!(
            "SKIPPED: no recorded risks found; set MEDWARD_SHARED to the directory that holds facts/risks.yaml"
        );
        return None;
    }
    let text = std::fs::read_to_string(&file).expect("the recorded risks can be read");
    Some(serde_saphyr::from_str(&text).expect("the recorded risks can be parsed"))
}

#[test]
fn the_starting_matrix_is_the_recorded_one() {
    let Some(record) = record() else { return };
    let rows: Vec<Vec<String>> = record.meta.matrix.into_values().collect();
    assert_eq!(rows, defaults::MATRIX.map(|row| row.map(str::to_owned).to_vec()));
}

#[test]
fn levels_and_deciding_axis_are_those_recorded() {
    let Some(record) = record() else { return };
    assert_eq!(record.risks.len(), 25);
    let method = Method::starting();
    let levels = &method.parts().levels;
    for risk in &record.risks {
        for (when, scores) in [("initial", &risk.initial), ("residual", &risk.residual)] {
            let evaluation = method.evaluate(&scores.assessment()).unwrap();
            let computed = (
                code(levels, evaluation.safety),
                code(levels, evaluation.privacy),
                word(evaluation.deciding),
            );
            let recorded =
                (scores.safety_level.clone(), scores.privacy_level.clone(), scores.deciding.as_str());
            assert_eq!(computed, recorded, "{} {when}", risk.id);
        }
    }
}

#[test]
fn recorded_residuals_hold_with_all_controls_and_fall_back_without() {
    let Some(record) = record() else { return };
    let kinds: BTreeMap<&str, ControlKind> = record
        .controls
        .iter()
        .map(|control| {
            let kind = match control.r#type.as_str() {
                "design" => ControlKind::Design,
                "protection" => ControlKind::Protection,
                "information" => ControlKind::Information,
                other => panic!("control kind {other}"),
            };
            (control.id.as_str(), kind)
        })
        .collect();
    for risk in &record.risks {
        let state = |in_force| Inputs {
            initial: risk.initial.assessment(),
            declared: risk.residual.assessment(),
            controls: risk
                .controls
                .iter()
                .map(|id| Control { id, kind: kinds[id.as_str()], in_force })
                .collect(),
            without: Vec::new(),
        };
        let none = residual(&state(false)).assessment;
        assert_eq!(none, Assessment { p2: P2::Certain, ..risk.initial.assessment() }, "{}", risk.id);
        let all = residual(&state(true));
        if PROTECTION_ALONE.contains(&risk.id.as_str()) && !all.as_declared {
            assert_eq!(all.notes, [Note::SeverityNeedsDesign(Axis::Privacy)], "{}", risk.id);
            assert_eq!(all.assessment.privacy, risk.initial.assessment().privacy, "{}", risk.id);
        } else {
            assert_eq!((all.as_declared, all.notes), (true, vec![]), "{}", risk.id);
        }
    }
}
