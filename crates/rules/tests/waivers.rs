//! A waiver covers what it names, until its day, and shows; policy can only make a rule stricter.

use medward_diagnostic::{Diagnostic, Severity};

const FILE: &str = r#"
[role.security]
title = "Security"

[control.C-01]
title = "Mutual TLS"

[control.C-02]
title = "Seal"

[risk.R-01]
title = "Read on the way"
controls = ["C-01", "C-99"]
"#;

fn check(more: &str, day: jiff::civil::Date) -> Vec<Diagnostic> {
    let text = format!("{FILE}{more}");
    let (file, problems) = medward_file::load_texts([("a.toml", text.as_str())]);
    assert!(problems.is_empty(), "{problems:?}");
    medward_rules::check(&file, day)
}

fn waiver(rule: &str, records: &str) -> String {
    format!(
        "[waiver.W-01]\nrule = \"{rule}\"\nrecords = [{records}]\nbecause = \"decided in the review of May\"\n\
         owner = \"security\"\nuntil = 2026-12-31\n"
    )
}

const DAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

fn waived(found: &[Diagnostic]) -> Vec<(&str, &str)> {
    found.iter().filter(|one| one.waived.is_some()).map(|one| (one.code, one.message.as_str())).collect()
}

#[test]
fn a_waiver_covers_its_record_only_and_by_name_or_code_of_the_rule() {
    for rule in ["R4-008", "r4-008", "unknown-layer"] {
        let found = check(&waiver(rule, "\"C-02\""), DAY);
        assert_eq!(waived(&found), [("R4-008", "`control.C-02` sits in no layer")], "{rule}");
    }
}

#[test]
fn a_waiver_for_a_linked_record_does_not_cover_the_record_that_links() {
    let found = check(&waiver("R1-001", "\"C-99\""), DAY);
    assert_eq!(waived(&found), []);
    let found = check(&waiver("R1-001", "\"risk.R-01\""), DAY);
    assert_eq!(waived(&found).len(), 1);
}

#[test]
fn a_waiver_ends_on_its_day() {
    let text = waiver("R4-008", "\"C-02\"");
    assert_eq!(waived(&check(&text, jiff::civil::date(2026, 12, 31))).len(), 1);
    assert_eq!(waived(&check(&text, jiff::civil::date(2027, 1, 1))), []);
}

#[test]
fn policy_makes_a_rule_stricter_and_never_milder() {
    let severity =
        |more: &str, code: &str| check(more, DAY).iter().find(|one| one.code == code).map(|one| one.severity);
    assert_eq!(severity("", "R1-002"), Some(Severity::Warning));
    assert_eq!(severity("[policy.severity]\nR1-002 = \"error\"\n", "R1-002"), Some(Severity::Error));
    assert_eq!(severity("[policy.severity]\nR1-001 = \"warning\"\n", "R1-001"), Some(Severity::Error));
}
