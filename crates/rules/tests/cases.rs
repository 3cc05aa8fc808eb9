//! Every rule fires on its `fires.toml`, as the snapshot beside it says, and stays silent on its `clean.toml`.

use medward_diagnostic::Diagnostic;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The day all cases are checked for.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

fn directory(code: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(code)
}

/// Findings of one code over one fixture (a file, or a directory where the rule needs other files beside it).
fn findings(code: &str, name: &str) -> Option<String> {
    let path = directory(code).join(name);
    let (file, read) = if path.is_dir() {
        medward_file::load(&path, medward_file::Limits::default())
    } else {
        let text = std::fs::read_to_string(path.with_extension("toml")).ok()?;
        medward_file::load_texts([(format!("{name}.toml").as_str(), text.as_str())])
    };
    assert!(read.is_empty(), "{code}/{name} cannot be read: {read:?}");
    let found = medward_rules::check(&file, TODAY);
    let mut shown = String::new();
    for diagnostic in found.iter().filter(|diagnostic| diagnostic.code == code) {
        show(&mut shown, &file, diagnostic);
    }
    Some(shown)
}

fn show(shown: &mut String, file: &medward_file::SecurityFile, diagnostic: &Diagnostic) {
    let _ = writeln!(shown, "{:?} {}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let position = file.sources.position(label.span);
        let text = file.sources.text(label.span);
        let _ = writeln!(shown, "  at {}:{} `{}` {}", position.line, position.column, text, label.text);
    }
    let _ = writeln!(shown, "  why: {}\n  mend: {}", diagnostic.why, diagnostic.mend);
}

#[test]
fn every_rule_fires_and_can_be_silent() {
    let mut problems = Vec::new();
    for rule in medward_rules::all() {
        match findings(rule.code, "fires") {
            None => problems.push(format!("{} has no fires.toml", rule.code)),
            Some(shown) if shown.is_empty() => problems.push(format!("{} does not fire", rule.code)),
            Some(shown) => {
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(directory(rule.code));
                settings.set_prepend_module_to_snapshot(false);
                settings.bind(|| insta::assert_snapshot!("fires", shown));
            }
        }
        match findings(rule.code, "clean") {
            None => problems.push(format!("{} has no clean.toml", rule.code)),
            Some(shown) if shown.is_empty() => {}
            Some(shown) => problems.push(format!("{} fires on clean.toml:\n{shown}", rule.code)),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn codes_and_names_are_unique_and_documented() {
    let mut seen = std::collections::HashSet::new();
    for rule in medward_rules::all() {
        assert!(seen.insert(rule.code), "{} twice", rule.code);
        assert!(seen.insert(rule.name), "{} twice", rule.name);
        for part in ["Why:", "Mend:", "Example:"] {
            assert!(rule.doc.contains(part), "{} lacks `{part}` in its documentation", rule.code);
        }
    }
}
