//! Texts that would act instead of being read: markup, formulas, controls, words without an end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a document that cannot be made is a failed test")]

mod device;

use device::{declared, file};
use medward_report::{Templates, html, pdf, xlsx};
use std::io::Write as _;
use std::process::{Command, Stdio};

const MARKUP: &str = "#panic() *b* _i_ $x^2$ @ref <l> #read(\"/etc/passwd\") \\ `r` = h";
const SCRIPT: &str = "</title><script>alert(1)</script>\" onload=\"x' & ]]> <!-- <img src=x>";

fn hostile() -> medward_file::SecurityFile {
    let long = "W".repeat(3_000);
    let text = format!(
        "[device]\nname = '''{SCRIPT}'''\nversion = '''{MARKUP}'''\nintended_purpose = '''=HYPERLINK(\"http://x\",\"y\")'''\n\
         [asset.A-1]\ntitle = '''{long}'''\ncritical = true\n[entry.E-1]\ntitle = '''{SCRIPT}'''\nreaches = [\"A-1\"]\n\
         [control.C-1]\ntitle = '''=1+1'''\nlayer = '''{SCRIPT}'''\nstate = \"implemented\"\n\
         [control.C-2]\ntitle = '''@SUM(A1) +1 -1'''\nlayer = \"\\u0007\\u001b[31m\"\nstate = \"implemented\"\n\
         [threat.T-1]\ntitle = '''{MARKUP}'''\nsource = \"\\u202egnp.exe \\u2066 肺结节 🫁 \\uE000 \\U000F0000\"\n\
         [risk.R-1]\ntitle = '''{MARKUP}'''\ncontrols = [\"C-1\", \"C-2\"]\nsequence = '''=cmd|' /C calc'!A0'''\n\
         safety = {{ hazard = \"h\", situation = \"s\", harm = \"h\", severity = 3 }}\n\
         privacy = {{ none = '''{long}''' }}\nexploitability = {{ level = 3 }}\n"
    );
    file(&text)
}

/// Runs a tool over bytes; nothing where the machine does not have it, and says so.
fn through(program: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: `{program}` is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stdout));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The same through Debian's Python, where it has a module.
fn through_python(module: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    const PYTHON: &str = "/usr/bin/python3";
    let import = format!("import {module}");
    if !Command::new(PYTHON).args(["-c", &import]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: Debian's Python with `{module}` is not installed");
        return None;
    }
    through(PYTHON, arguments, input)
}

#[test]
fn markup_stands_in_a_pdf_as_it_was_written() {
    let file = hostile();
    for name in ["risk-management", "threat-model"] {
        let bytes = pdf(&declared(&file, name), &Templates::default()).unwrap();
        let Some(text) = through("pdftotext", &["-layout", "-", "-"], &bytes) else { return };
        // Lines are broken anywhere.
        let solid: String = text.split_whitespace().collect();
        assert!(solid.contains("#panic()*b*_i_$x^2$@ref<l>"), "{name}: {text}");
        assert!(!text.contains("root:x:0"));
        assert!(solid.contains("[U+202E]") || name == "risk-management", "a change of direction is shown");
    }
}

#[test]
fn a_page_runs_nothing_that_a_file_says() {
    let file = hostile();
    for document in medward_report::ALL {
        let page = html(&declared(&file, document.name));
        for bad in ["<script", "<img src=x", "onload=\"x", "\u{202e}", "\u{7}", "\u{1b}"] {
            assert!(!page.contains(bad), "{}: {bad:?}", document.name);
        }
        assert!(page.contains("default-src 'none'"));
        let check = "import sys, html5lib; html5lib.HTMLParser(strict=True).parse(sys.stdin.buffer.read())";
        through_python("html5lib", &["-c", check], page.as_bytes());
    }
}

#[test]
fn a_spreadsheet_holds_texts_and_no_formula() {
    let bytes = xlsx(&declared(&hostile(), "risk-management")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.xlsx");
    std::fs::write(&path, bytes).unwrap();
    let check = "import sys, openpyxl\nbook = openpyxl.load_workbook(sys.argv[1])\n\
        cells = [c for s in book for r in s for c in r if c.value is not None]\n\
        assert not [c for c in cells if c.data_type == 'f'], 'a formula'\n\
        assert not [c for c in cells if c.hyperlink], 'a link'\nprint([c.value for c in cells])";
    let Some(values) = through_python("openpyxl", &["-c", check, path.to_str().unwrap()], b"") else {
        return;
    };
    assert!(values.contains("'=1+1'") && values.contains("@SUM(A1) +1 -1"), "{values}");
}
