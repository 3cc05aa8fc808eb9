//! What users of the crate rely on: links, fingerprints, edits and the schema agree with each other.

use medward_file::edit::Edit;
use medward_file::{Kind, load_texts};

const TEXT: &str = r#"# A comment that stays.
[control.C-01]
title = "Mutual TLS"   # and this one
layer = "transport"

[risk.R-01]
title = "Gateway stopped"
controls = ["C-01"]
"#;

#[test]
fn links_lead_to_records_across_files() {
    let (control, risk) = TEXT.split_at(TEXT.find("[risk").unwrap());
    let (file, diagnostics) = load_texts([("r.toml", risk), ("c.toml", control)]);
    assert!(diagnostics.is_empty());
    let risk = &file.risks[0];
    assert_eq!(file.follow(&risk.controls[0]).unwrap().id(), "C-01");
    assert_eq!(file.find_any("risk.R-01"), file.find_any("R-01"));
}

#[test]
fn a_fingerprint_depends_on_what_is_said_not_on_layout() {
    let print = |text: &str| {
        let (file, _) = load_texts([("a.toml", text)]);
        file.fingerprint(file.find(Kind::Control, "C-01").unwrap()).unwrap()
    };
    let original = print(TEXT);
    assert_eq!(original, print("control.C-01 = { layer = 'transport', title = \"Mutual TLS\" }"));
    assert_ne!(original, print(&TEXT.replace("Mutual TLS", "Mutual TLS 1.3")));
    assert_ne!(original, print(&TEXT.replace("layer = \"transport\"", "capabilities = [\"transport\"]")));
    assert_eq!(original, print(&format!("{TEXT}\n[control.C-01.reviewed]\nx = \"y\"\n")));
}

#[test]
fn edits_keep_comments_and_order() {
    let mut edit = Edit::of_text("a.toml", TEXT).unwrap();
    edit.set("control", "C-01", "title", "TLS both ways").unwrap();
    edit.set("risk", "R-01", "owner", "security").unwrap();
    edit.set_reviewed("risk", "R-01", "C-01", "0123456789abcdef").unwrap();
    insta::assert_snapshot!(edit.text());
    assert!(edit.set("risk", "R-99", "owner", "security").is_err());
}

#[test]
fn an_edit_of_nothing_changes_nothing() {
    assert_eq!(Edit::of_text("a.toml", TEXT).unwrap().text(), TEXT);
}

#[test]
fn the_schema_accepts_what_the_loader_accepts_and_refuses_unknown_keys() {
    let schema = jsonschema::validator_for(&medward_file::json_schema()).unwrap();
    let as_json = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    assert!(schema.is_valid(&as_json(TEXT)));
    assert!(!schema.is_valid(&as_json(&TEXT.replace("layer", "leyer"))));
    assert!(!schema.is_valid(&as_json("[control.C-01]\ntitle = \"t\"\nkind = \"desgin\"")));
}
