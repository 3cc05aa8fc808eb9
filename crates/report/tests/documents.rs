//! What the documents say of the example and of a bare file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a document that cannot be made is a failed test")]

mod device;

use device::{all_proven_but, declared, example, file, report, with_event};
use medward_report::ALL;
use medward_report::model::{Block, Report, Table};
use std::fmt::Write as _;

fn tables(report: &Report) -> impl Iterator<Item = &Table> {
    let blocks = report.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None })
}

fn table<'r>(report: &'r Report, title: &str) -> &'r Table {
    tables(report)
        .find(|table| table.title.starts_with(title))
        .unwrap_or_else(|| panic!("no table `{title}`"))
}

fn row<'r>(table: &'r Table, lead: &str) -> Vec<&'r str> {
    let row = table.rows.iter().find(|row| row.first().is_some_and(|cell| cell.text() == lead));
    row.unwrap_or_else(|| panic!("no row `{lead}`")).iter().map(medward_report::model::Cell::text).collect()
}

#[test]
fn the_example_gives_every_document_with_these_sections_and_open_points() {
    let file = example();
    let mut shown = String::new();
    for document in ALL {
        let report = declared(&file, document.name);
        writeln!(shown, "{}: {}", report.name, report.title).unwrap();
        for section in &report.sections {
            writeln!(shown, "  {} ({} blocks)", section.title, section.blocks.len()).unwrap();
        }
        for point in &report.open {
            writeln!(shown, "  OPEN {}: {} ({})", point.section, point.what, point.who).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn every_row_of_every_table_leads_with_its_record_and_every_block_names_its_source() {
    let file = example();
    for document in ALL {
        let report = declared(&file, document.name);
        for table in tables(&report) {
            assert!(!table.source.is_empty(), "{}: {}", report.name, table.title);
            for row in &table.rows {
                assert_eq!(row.len(), table.columns.len(), "{}: {}", report.name, table.title);
                assert!(!row.first().unwrap().text().is_empty(), "{}: {}", report.name, table.title);
            }
        }
        assert!(report.origin.stamp.starts_with("file ") && report.origin.stamp.ends_with("no ledger"));
    }
}

#[test]
fn a_bare_file_gives_every_document_and_concludes_nothing() {
    let bare = file("[device]\nname = \"Bare\"\n");
    for document in ALL {
        let report = declared(&bare, document.name);
        assert!(!report.open.is_empty(), "{} is not finished", report.name);
    }
    let open = declared(&bare, "risk-management").open;
    for what in ["overall residual risk", "benefit and risk", "Assess the risks", "intended purpose"] {
        assert!(open.iter().any(|point| point.what.contains(what)), "{what}: {open:?}");
    }
}

#[test]
fn a_failed_control_is_seen_in_the_register_the_claims_and_the_open_points() {
    let file = example();
    let live = all_proven_but(&file, "C-07");
    let risks = report(&file, Some(&live), "risk-management");
    let register = table(&risks, "Ranked register");
    assert!(row(register, "R-12").contains(&"C-07"), "{:?}", row(register, "R-12"));
    assert!(
        risks.open.iter().any(|point| point.what.starts_with("R-12 is not acceptable")),
        "{:?}",
        risks.open
    );
    let controls = table(&risks, "Controls and what shows");
    assert!(row(controls, "C-07").contains(&"failed on 2026-11-23"));
    assert!(row(controls, "C-08").iter().any(|cell| cell.starts_with("proven until")));
    let before = declared(&file, "risk-management");
    assert!(
        !before.open.iter().any(|point| point.what.starts_with("R-12 is not")),
        "declared controls count"
    );

    let evidence = report(&file, Some(&live), "control-evidence");
    assert!(evidence.open.iter().any(|point| point.what.starts_with("C-07 is failed")));
    assert_eq!(evidence.open.len(), 1, "{:?}", evidence.open);
    assert!(tables(&evidence).any(|table| table.title.starts_with("Failures")));
    assert!(evidence.origin.stamp.contains("ledger 7 entries"));
}

fn file_of_a_store() -> medward_file::SecurityFile {
    file(
        "[asset.A-STORE]\ntitle = \"Store\"\npersonal_data = \"identified\"\n\n\
         [document.DOC-KEYS]\ntitle = \"Keys\"\n\n\
         [disclosure.\"STCF-2\"]\nanswer = \"see-note\"\nnote = \"By the hospital.\"\nrests_on = [\"DOC-KEYS\"]\n\n\
         [disclosure.\"MPII-1\"]\nanswer = \"no\"\n",
    )
}

#[test]
fn the_forms_are_whole() {
    let file = example();
    let mds2 = declared(&file, "mds2");
    let answers = table(&mds2, "Questions and answers");
    assert_eq!(answers.rows.len(), 240);
    assert_eq!(row(answers, "DOC-1").get(3), Some(&"Nodulepath Fictional Imaging GmbH"));
    assert!(row(answers, "ALOF-1").get(4).unwrap().contains("C-08"));
    assert_eq!(row(answers, "ALOF-2").get(5), Some(&"declared"));
    let bare = declared(&file_of_a_store(), "mds2");
    let answers = table(&bare, "Questions and answers");
    assert_eq!(row(answers, "ALOF-2").get(5), Some(&"OPEN"), "nothing in the file says so");
    let annex_a = declared(&file, "statement-of-applicability");
    assert_eq!(table(&annex_a, "Annex A").rows.len(), 93);
    let questions = declared(&file, "notified-body-questions");
    let asked: usize = tables(&questions)
        .filter(|table| table.rows.iter().any(|row| row.first().unwrap().text().starts_with("NBQ-")))
        .map(|table| table.rows.len())
        .sum();
    assert_eq!(asked, 130);
    let conformity = declared(&file, "conformity");
    let lengths: Vec<_> = tables(&conformity).map(|table| table.rows.len()).collect();
    assert!(lengths.contains(&453) && lengths.contains(&46), "{lengths:?}");
}

#[test]
fn what_nobody_proved_is_not_called_proven() {
    let report = declared(&example(), "risk-management");
    for table in tables(&report) {
        for cell in table.rows.iter().flatten() {
            assert!(!cell.text().contains("proven until"), "{}", table.title);
        }
    }
}

#[test]
fn an_event_has_its_two_procedures_its_clocks_and_what_nobody_decided() {
    let file = example();
    let (live, case) = with_event(all_proven_but(&file, ""), "Scans of one site shown to another", 30);
    let incidents = report(&file, Some(&live), "incident-file");
    assert!(
        row(table(&incidents, "Events that became known"), &case)
            .contains(&"Scans of one site shown to another")
    );
    let findings = table(&incidents, "What the facts say");
    assert!(row(findings, "serious-incident").contains(&"not decided"));
    assert!(row(findings, "breach").contains(&"not decided"));
    let clocks = table(&incidents, "Clocks");
    let overdue = clocks.rows.iter().filter(|row| row.last().unwrap().text() == "OVERDUE").count();
    assert!(overdue > 0, "nobody reported anything for thirty days");
    for what in ["decide on serious-incident", "decide on breach", "overdue"] {
        assert!(incidents.open.iter().any(|point| point.what.contains(what)), "{what}: {:?}", incidents.open);
    }
    let update = report(&file, Some(&live), "psur-security");
    assert!(row(table(&update, "Events of the period"), &case).contains(&"R-12"));
}

#[test]
fn a_case_that_is_not_there_is_no_empty_file() {
    let file = example();
    let live = all_proven_but(&file, "");
    let subject = medward_report::Subject::new(medward_report::Inputs {
        file: &file,
        live: Some(&live),
        head: None,
        at: device::moment(),
        at_because: "as asked for",
        from: None,
        case: Some("E-000000000000"),
        findings: Vec::new(),
    });
    let error = medward_report::Document::by_name("incident-file").unwrap().report(&subject).unwrap_err();
    assert!(error.to_string().contains("E-000000000000"), "{error}");
}

#[test]
fn an_answer_of_the_maker_stands_before_what_follows_and_one_that_the_file_contradicts_is_open() {
    let statement = declared(&file_of_a_store(), "mds2");
    let answers = table(&statement, "Questions and answers");
    assert_eq!(row(answers, "STCF-2")[3..], ["See Note", "By the hospital. By DOC-KEYS.", "declared"]);
    let [answer, note, state] = row(answers, "MPII-1")[3..] else { panic!("six columns") };
    assert_eq!((answer, state), ("No", "CONTRADICTED"));
    assert!(note.starts_with("but the file says: A-STORE"), "{note}");
}
