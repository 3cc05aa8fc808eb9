//! Every type of the Manufacturer Incident Report is valid by the schemas of the European Commission, as xmllint judges.

#![allow(clippy::unwrap_used, reason = "a form that cannot be filled is a failed test")]

use medward_forms::{Facts, Filled, Form, Kind, Reporter, Required, fill, form, html, markdown, xml};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Form, type, its word, schema.
const SCHEMAS: [(&str, &str, &str, &str); 8] = [
    ("mir", "initial", "Initial", "incident-Initial-v7.2.1"),
    ("mir", "follow-up", "Follow up", "incident-Followup-v7.2.1"),
    ("mir", "combined", "Combined initial and final", "incident-InitialFinal-v7.2.1"),
    ("mir", "final", "Final (Reportable incident)", "incident-FinalRep-v7.2.1"),
    ("mir", "final-not-reportable", "Final (Non-reportable incident)", "incident-FinalNonRep-v7.2.1"),
    ("fsca", "initial", "Initial", "FSCA_Initial_v2.6"),
    ("fsca", "follow-up", "Follow Up", "FSCA_Followup_v2.6"),
    ("fsca", "final", "Final", "FSCA_Final_v2.6"),
];

type Given = BTreeMap<String, Vec<String>>;

/// A value of the right kind for each field that a type requires, or for every field there is.
fn values(form: &Form, kind: &str, report_type: &str, everything: bool) -> Given {
    let is_asked = |required: &Required| match required {
        Required::No | Required::From(_) | Required::With(_) => everything,
        Required::Always => true,
        Required::In(types) | Required::Group(types) => everything || types.iter().any(|one| one == kind),
    };
    let mut given = Given::new();
    for field in form.fields.iter().filter(|field| is_asked(&field.required)) {
        let value = match &field.kind {
            Kind::Text(most) => "\u{e4} & <b>".chars().take(most.unwrap_or(50)).collect(),
            Kind::Date => "2026-11-20".to_owned(),
            Kind::Integer if field.name() == "year" => "2024".to_owned(),
            Kind::Integer | Kind::Digits => "7".to_owned(),
            Kind::Decimal => "70.5".to_owned(),
            Kind::Country => "AT".to_owned(),
            Kind::Words(_) if field.name() == "reportType" => report_type.to_owned(),
            Kind::Words(words) => words.first().unwrap().clone(),
            Kind::Code(annex) => {
                let codes = ["A27", "B22", "C22", "D17", "E2403", "F28", "G07003"];
                (*codes.iter().find(|code| medward_forms::is_code(*annex, code)).unwrap()).to_owned()
            }
        };
        given.insert(field.id.clone(), vec![value]);
    }
    given
}

fn schemas() -> Option<tempfile::TempDir> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/regulatory/mir-7.2.1-fsca-2.6-xsd.tar.gz");
    let archive = if archive.is_file() {
        archive
    } else {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../../shared/data/regulatory/mir-7.2.1-fsca-2.6-xsd.tar.gz")
    };
    let directory = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(directory.path()).status();
    let has_lint = Command::new("xmllint").arg("--version").output().is_ok();
    if unpacked.is_ok_and(|status| status.success()) && has_lint {
        return Some(directory);
    }
    eprintln!("SKIPPED: no schemas at {}, or no xmllint", archive.display());
    None
}

#[test]
fn every_type_is_valid_by_its_schema_whoever_sends_it() {
    let Some(schemas) = schemas() else { return };
    let reporters = [Reporter::Manufacturer, Reporter::Representative, Reporter::Other];
    for (id, kind, report_type, schema) in SCHEMAS {
        for (reporter, everything) in reporters.into_iter().flat_map(|one| [(one, false), (one, true)]) {
            let form = form(id).unwrap().sent_by(reporter);
            let filled =
                fill(&form, Some(kind), &Facts::new(), &values(&form, kind, report_type, everything));
            let text = xml(&filled, "2026-11-25T10:00:00").unwrap();
            let path = schemas.path().join("report.xml");
            std::fs::write(&path, &text).unwrap();
            let schema = schemas.path().join(format!("schema/{schema}.xsd"));
            let lint = Command::new("xmllint")
                .arg("--noout")
                .arg("--schema")
                .arg(schema)
                .arg(&path)
                .output()
                .unwrap();
            assert!(
                lint.status.success(),
                "{id} {kind} {reporter:?} {everything}: {}",
                String::from_utf8_lossy(&lint.stderr)
            );
        }
    }
}

#[test]
fn what_is_missing_is_asked_for_by_name_and_no_xml_is_written() {
    let form = form("mir").unwrap();
    let facts = Facts::from([("device.name".to_owned(), "NodulePath".to_owned())]);
    let mut given = values(&form, "initial", "Initial", false);
    given.retain(|id, _| !id.ends_with("/ncaName") && !id.ends_with("/brandName"));
    let filled = fill(&form, Some("initial"), &facts, &given);
    let problems: Vec<_> = filled.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["`ncaName` is missing: name of the competent authority"]);
    assert!(xml(&filled, "2026-11-25T10:00:00").unwrap_err().to_string().contains("`ncaName` is missing"));
}

#[test]
fn a_representative_is_named_and_someone_else_says_what_it_is() {
    let missing = |reporter| {
        let form = form("mir").unwrap().sent_by(reporter);
        let filled = fill(&form, Some("initial"), &Facts::new(), &Given::new());
        filled.problems.iter().map(|problem| problem.name.clone()).collect::<Vec<_>>()
    };
    let asks = |reporter, name: &str| missing(reporter).iter().any(|known| known == name);
    assert!(asks(Reporter::Representative, "ARName") && !asks(Reporter::Manufacturer, "ARName"));
    assert!(
        asks(Reporter::Other, "reporterOtherText") && !asks(Reporter::Representative, "reporterOtherText")
    );
    // Who it is follows from the reporter, and nobody is asked for it.
    assert!(!asks(Reporter::Representative, "statusReporter"));
}

#[test]
fn values_that_do_not_fit_are_named() {
    let form = form("mir").unwrap();
    let wrong = |name: &str, value: &str| {
        let mut given = values(&form, "initial", "Initial", false);
        let id = form.fields.iter().find(|field| field.name() == name).map_or(name, |field| &field.id);
        given.insert(id.to_owned(), vec![value.to_owned()]);
        let filled = fill(&form, Some("initial"), &Facts::new(), &given);
        filled.problems.first().map(ToString::to_string).unwrap_or_default()
    };
    assert!(wrong("reportDate", "2026-02-30").contains("is no day"));
    assert!(wrong("imdrfCodeChoice1", "A99").contains("no code `A99`"));
    assert!(wrong("mfrCountry", "Austria").contains("two capital letters"));
    assert!(wrong("mfrRef", &"x".repeat(51)).contains("at most 50"));
    assert!(wrong("eventDescription", &"x".repeat(1 << 20)).contains("at most 20000"));
    assert!(wrong("eventClassification", "Worse").contains("is none of"));
    assert!(wrong("noSuchField", "x").contains("no such field"));
    // A group that is begun is whole.
    assert!(wrong("healthcareFacilityCity", "Graz").contains("`initialReporterRole` is missing"));
}

#[test]
fn forms_for_people_show_what_is_missing_and_let_nothing_out_of_its_field() {
    let form = form("gdpr33").unwrap();
    let facts = Facts::from([
        ("case.title".to_owned(), "Files <script>alert(1)</script> copied # [x](y)".to_owned()),
        ("party.name".to_owned(), "Sample Valley Hospital Trust".to_owned()),
        ("is.late".to_owned(), String::new()),
    ]);
    let filled: Filled<'_> = fill(&form, None, &facts, &Given::new());
    let page = html(&filled, Some("EXERCISE"));
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;") && page.contains("EXERCISE"));
    insta::assert_snapshot!(markdown(&filled, Some("EXERCISE: this did not happen")));
}

#[test]
fn every_form_has_fields_of_its_own_names() {
    for id in medward_forms::KINDS {
        let form = form(id).unwrap();
        let mut ids: Vec<_> = form.fields.iter().map(|field| &field.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), form.fields.len(), "{id}");
    }
    assert!(form("tax").is_err());
}
