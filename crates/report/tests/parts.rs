//! A document too large to be set at once: one PDF all the same, read by poppler.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a document that cannot be made is a failed test")]

mod device;

use device::{declared, file};
use medward_report::{Templates, html, pdf};
use std::fmt::Write as _;
use std::process::Command;

const CONTROLS: usize = 1_200;

fn poppler(program: &str, arguments: &[&str], pdf: &std::path::Path) -> Option<String> {
    let output =
        Command::new(program).args(arguments).arg(pdf).args((program == "pdftotext").then_some("-")).output();
    let Ok(output) = output else {
        eprintln!("SKIPPED: {program} is not installed");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_large_document_is_one_with_its_pages_counted_its_contents_right_and_every_record_in_it() {
    let mut text = "[device]\nname = \"Large\"\n".to_owned();
    for control in 0..CONTROLS {
        write!(text, "[control.C-{control:05}]\ntitle = \"Control {control}\"\nlayers = [\"content\"]\n")
            .unwrap();
    }
    let report = declared(&file(&text), "risk-management");
    let bytes = pdf(&report, &Templates::default()).unwrap();
    assert!(bytes == pdf(&report, &Templates::default()).unwrap(), "two runs differ");
    assert!(bytes.windows(23).any(|window| window == b"<pdfaid:part>2</pdfaid:"), "says that it is PDF/A");
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("large.pdf");
    std::fs::write(&place, &bytes).unwrap();
    let Some(information) = poppler("pdfinfo", &[], &place) else { return };
    assert!(
        information.lines().any(|line| line.starts_with("Tagged:") && line.ends_with("no")),
        "{information}"
    );
    let Some(text) = poppler("pdftotext", &["-layout"], &place) else { return };
    let pages: Vec<_> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert!(pages.len() > 20, "{} pages", pages.len());
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {}", index + 1)), "page {}: {page}", index + 1);
    }
    let front = pages[0];
    assert!(
        front.lines().any(|line| line.contains("Pages") && line.trim().ends_with(&pages.len().to_string()))
    );
    for (index, section) in report.sections.iter().enumerate() {
        let heading = format!("{} {}", index + 1, section.title);
        // The contents have a page at the end of a line; what else has the words on the front has none.
        let mut lines = front.lines().filter(|line| line.contains(section.title));
        let number = lines.find_map(|line| line.split_whitespace().last()?.parse::<usize>().ok()).unwrap();
        let squeezed = pages[number - 1].split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(&heading), "`{heading}` is not on page {number}");
    }
    for control in 0..CONTROLS {
        assert!(text.contains(&format!("C-{control:05}")), "C-{control:05} is missing");
    }
    assert!(html(&report).contains("C-00000"));
}
