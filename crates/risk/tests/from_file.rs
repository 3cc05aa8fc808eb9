//! The method as files state it: levels from factors and vectors, today's residual, the register.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

use medward_file::{SecurityFile, load_texts};
use medward_risk::{FileMethod, Ordinal, register};

fn read(text: &str) -> SecurityFile {
    let (file, problems) = load_texts([("a.toml", text)]);
    assert!(problems.is_empty(), "{problems:?}");
    file
}

fn exploitability(stated: &str, more: &str) -> Option<i64> {
    let file = read(&format!("[risk.R]\ntitle = \"t\"\nexploitability = {stated}\n{more}"));
    FileMethod::of(&file).exploitability(&file.risks[0]).map(|level| level.value)
}

const IFU: &str = "[document.IFU]\ntitle = \"Instructions\"\n";

#[test]
fn the_level_comes_from_what_is_written_then_the_vector_then_the_factors() {
    let vector = "cvss = \"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H\"";
    assert_eq!(exploitability(&format!("{{ level = 4, {vector} }}"), ""), Some(4));
    assert_eq!(exploitability(&format!("{{ {vector} }}"), ""), Some(1));
    assert_eq!(exploitability("{ factors = { access = \"network\" } }", ""), Some(5));
    assert_eq!(
        exploitability("{ factors = { known_exploit = \"exploited\", access = \"physical\" } }", ""),
        Some(5)
    );
    assert_eq!(exploitability("{ because = \"hard\" }", ""), None);
    assert_eq!(exploitability("{ cvss = \"CVSS:3.1/AV:Q\" }", ""), None);
}

#[test]
fn a_closed_environment_counts_only_when_a_document_states_it() {
    let closed = |stated: &str| {
        format!(
            "{{ factors = {{ access = \"adjacent\", privileges = \"low\", exposure = \"segmented\"{stated} }} }}"
        )
    };
    let unstated = exploitability(&closed(""), IFU).unwrap();
    let stated = exploitability(&closed(", environment = \"IFU\""), IFU).unwrap();
    assert!(stated < unstated, "{stated} {unstated}");
}

const RISK: &str = r#"
[risk.R-01]
title = "Series changed"
safety = { hazard = "h", situation = "s", harm = "h", severity = 4 }
privacy = { none = "no person is affected" }
exploitability = { level = 4, because = "b" }
controls = ["C-01", "C-02"]
residual = { exploitability = 1, safety = 3, because = "b" }

[control.C-01]
title = "Gate"
kind = "design"

[control.C-02]
title = "Seal"
kind = "protection"
"#;

#[test]
fn without_a_control_the_residual_falls_back_to_what_remains_without_it() {
    let file = read(RISK);
    let method = FileMethod::of(&file);
    let state = |lost: &'static [&'static str]| {
        let ranked = register(&file, &method, |control| !lost.contains(&control.id()));
        let one = &ranked[0].state;
        (one.assessment.exploitability.rank(), one.assessment.safety.unwrap().rank(), one.missing.clone())
    };
    assert_eq!(state(&[]), (1, 3, vec![]));
    assert_eq!(state(&["C-02"]), (4, 3, vec!["C-02"]));
    assert_eq!(state(&["C-01"]), (4, 4, vec!["C-01"]));
}

#[test]
fn the_register_ranks_by_the_level_that_is_worst_on_either_axis() {
    let more = RISK.replace("R-01", "R-02").replace("severity = 4", "severity = 1").replace(
        "privacy = { none = \"no person is affected\" }",
        "privacy = { event = \"e\", impact = \"i\", severity = 5 }",
    );
    let (risk, _) = more.split_once("[control").unwrap();
    let file = read(&format!("{RISK}{}", risk.replace("safety = 3", "safety = 1")));
    let ranked = register(&file, &FileMethod::of(&file), |_| true);
    assert_eq!(ranked.iter().map(|one| one.id).collect::<Vec<_>>(), ["R-02", "R-01"]);
}

#[test]
fn an_unsound_policy_falls_back_and_keeps_every_risk_judged() {
    let file = read(&format!("{RISK}[policy]\nsafety_matrix = [[\"H\", \"L\"]]\nsafety_scale = [\"one\"]\n"));
    assert_eq!(register(&file, &FileMethod::of(&file), |_| true).len(), 1);
}
