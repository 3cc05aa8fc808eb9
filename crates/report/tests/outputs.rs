//! PDF/A, the same bytes each time, and templates of a maker.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a document that cannot be made is a failed test")]

mod device;

use device::{all_proven_but, declared, example, file, report};
use medward_report::{ReportError, Templates, html, pdf, xlsx};
use std::fs;
use std::path::Path;

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_same_input_gives_the_same_bytes_and_says_that_it_is_pdf_a() {
    let example = example();
    let live = all_proven_but(&example, "C-07");
    let made = || {
        let risks = report(&example, Some(&live), "control-evidence");
        (pdf(&risks, &Templates::default()).unwrap(), html(&risks), xlsx(&risks).unwrap())
    };
    let (one, other) = (made(), made());
    assert!(one == other, "two runs differ");
    assert!(one.0.starts_with(b"%PDF-1.7"));
    assert!(
        contains(&one.0, "<pdfaid:part>2</pdfaid:part>")
            && contains(&one.0, "<pdfaid:conformance>B</pdfaid:conformance>")
    );
    assert!(contains(&one.0, "2026-11-23T12:00:00"), "the date is that of the document");
}

#[test]
fn every_built_in_template_sets_its_document() {
    let bare = file("[device]\nname = \"Bare\"\n");
    for document in medward_report::ALL {
        let bytes = pdf(&declared(&bare, document.name), &Templates::default());
        assert!(bytes.unwrap().starts_with(b"%PDF"), "{}", document.name);
    }
}

/// A document set by a maker's template.
fn with_template(files: &[(&str, &str)]) -> Result<Vec<u8>, ReportError> {
    let place = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    pdf(&declared(&file("[device]\nname = \"Bare\"\n"), "mds2"), &Templates::with(place.path())?)
}

#[test]
fn a_makers_template_takes_the_place_of_the_built_in_one() {
    let own = "#import \"parts/look.typ\": name\n#let data = json(\"report.json\")\n#set document(title: name + data.title, date: auto)\n#data.title";
    let bytes =
        with_template(&[("mds2.typ", own), ("parts/look.typ", "#let name = \"Own look: \"")]).unwrap();
    assert!(contains(&bytes, "Own look: Manufacturer disclosure"));
}

#[test]
fn a_template_sees_no_file_no_package_and_no_clock_and_a_fault_has_its_place() {
    for (template, said) in [
        ("a\n\n#read(\"/etc/passwd\")", "mds2.typ:3:"),
        ("#read(\"../../../etc/passwd\")", "mds2.typ:1:"),
        ("#import \"@preview/cetz:0.3.0\"", "package not found"),
        ("#plugin(\"p.wasm\")", "file not found"),
        ("#let x = (", "mds2.typ:1:"),
    ] {
        let error = with_template(&[("mds2.typ", template)]).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("root:"), "{template}: {error}");
    }
    let today = "#set document(title: datetime.today().display())\nx";
    assert!(contains(&with_template(&[("mds2.typ", today)]).unwrap(), "2026-11-23"));
}

#[test]
fn what_is_no_part_of_a_template_is_refused_before_anything_is_set() {
    let place = tempfile::tempdir().unwrap();
    let refused = |path: &Path| {
        let error = Templates::with(place.path()).unwrap_err().to_string();
        fs::remove_file(path).unwrap();
        error
    };
    let program = place.path().join("p.wasm");
    fs::write(&program, "x").unwrap();
    assert!(refused(&program).contains("files of the kinds typ"));
    let link = place.path().join("secret.txt");
    std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
    assert!(refused(&link).contains("no links"));
    let huge = place.path().join("huge.txt");
    fs::File::create(&huge).unwrap().set_len(65 << 20).unwrap();
    assert!(refused(&huge).contains("64 MB"));
    assert!(Templates::with(&place.path().join("absent")).is_ok());
}
