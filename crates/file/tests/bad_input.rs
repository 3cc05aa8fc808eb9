//! Bad input gets a clear diagnostic, never a panic or a hang, and never hides what is good beside it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made is a failed test")]

use medward_file::{Limits, SecurityFile, load, load_texts};
use proptest::prelude::*;
use std::path::Path;

const GOOD: &str = "[zone.hospital]\ntitle = \"Hospital\"\n";

fn codes(directory: &Path) -> (SecurityFile, Vec<String>) {
    let limits = Limits { file_bytes_max: 1 << 20, ..Limits::default() };
    let (file, diagnostics) = load(directory, limits);
    (file, diagnostics.iter().map(|one| format!("{} {}", one.code, one.message)).collect())
}

fn with_good(name: &str, bytes: &[u8]) -> (SecurityFile, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("good.toml"), GOOD).unwrap();
    std::fs::write(directory.path().join(name), bytes).unwrap();
    codes(directory.path())
}

#[test]
fn what_is_not_text_is_named_and_the_rest_is_read() {
    let (file, found) = with_good("bad.toml", b"[device]\nname = \"\xff\"\n");
    assert_eq!(found, ["R0-002 `bad.toml` is not UTF-8 text: line 2, byte 17"]);
    assert_eq!(file.zones.len(), 1);
}

#[test]
fn a_file_above_the_limit_is_not_read() {
    let (file, found) = with_good("big.toml", &vec![b'#'; (1 << 20) + 1]);
    assert_eq!(found, ["R0-011 `big.toml` is larger than 1 MiB and was not read"]);
    assert_eq!(file.zones.len(), 1);
}

#[test]
fn deep_nesting_is_an_error_of_syntax() {
    for open in ["[", "{a="] {
        let text = format!("deep = {}", open.repeat(100_000));
        let (file, found) = with_good("deep.toml", text.as_bytes());
        assert!(found.iter().any(|one| one.starts_with("R0-003")), "{found:?}");
        assert_eq!(file.zones.len(), 1);
    }
}

#[test]
fn deeply_dotted_keys_do_not_exhaust_the_stack() {
    let text = format!("[{}]\nx = 1\n", vec!["a"; 50_000].join("."));
    let (file, found) = with_good("dotted.toml", text.as_bytes());
    assert!(!found.is_empty());
    assert_eq!(file.zones.len(), 1);
}

#[test]
fn an_empty_directory_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let (_, diagnostics) = load(directory.path(), Limits::default());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "R0-013");
    assert!(diagnostics[0].mend.contains("medward init"));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_reported_and_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("good.toml"), GOOD).unwrap();
    std::os::unix::fs::symlink(directory.path(), directory.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join("leak.toml")).unwrap();
    let (file, found) = codes(directory.path());
    assert_eq!(file.zones.len(), 1);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one.starts_with("R0-012")), "{found:?}");
}

#[test]
fn directories_that_go_too_deep_are_reported() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("good.toml"), GOOD).unwrap();
    let deep = directory.path().join(["d"; 20].join("/"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("hidden.toml"), GOOD).unwrap();
    let (_, found) = codes(directory.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("R0-011") && found[0].contains("16 directories deep"), "{found:?}");
}

#[cfg(unix)]
#[test]
fn an_edit_does_not_follow_a_link_planted_beside_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (victim, file) = (directory.path().join("victim"), directory.path().join("risks.toml"));
    std::fs::write(&victim, "untouched").unwrap();
    std::fs::write(&file, "[risk.R-01]\ntitle = \"t\"\n").unwrap();
    std::os::unix::fs::symlink(&victim, directory.path().join("risks.toml.new")).unwrap();
    let mut edit = medward_file::edit::Edit::of_file(&file).unwrap();
    edit.set("risk", "R-01", "owner", "security").unwrap();
    edit.save().unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched");
    assert!(std::fs::read_to_string(&file).unwrap().contains("owner = \"security\""));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(directory.path().join("pipe.toml")).status();
    assert!(made.unwrap().success());
    let (_, found) = codes(directory.path());
    assert_eq!(found, ["R0-001 `pipe.toml` is not a regular file"]);
}

#[test]
fn ids_that_could_steer_a_terminal_are_refused_and_shown_escaped() {
    let (file, diagnostics) = load_texts([("a.toml", "[zone.\"\\u001b[31m\"]\ntitle = \"x\"\n")]);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "R0-010");
    assert!(!diagnostics[0].message.contains('\u{1b}'));
    assert!(file.zones.is_empty());
}

#[test]
fn every_problem_is_reported_in_one_pass() {
    let first = "[device]\nname = \"X\"\nclas = \"IIb\"\n[risk.R-01]\ntitle = 3\n[rsik.R-02]\n";
    let second = "[risk.R-01]\ntitle = \"again\"\n[zone.z]\n[control.c]\ntitle = \"t\"\nkind = \"desgin\"\n";
    let third = "[zone.y\ntitle = \"broken\"\n";
    let (_, diagnostics) = load_texts([("1.toml", first), ("2.toml", second), ("3.toml", third)]);
    let mut found: Vec<_> = diagnostics.iter().map(|one| one.code).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, ["R0-003", "R0-004", "R0-005", "R0-006", "R0-007", "R0-008", "R0-009"]);
    assert!(diagnostics.iter().any(|one| one.mend.contains("did you mean `class`?")));
    assert!(diagnostics.iter().any(|one| one.mend.contains("did you mean `risk`?")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = load_texts([("any.toml", text.as_str())]);
    }

    #[test]
    fn no_mutilated_file_panics(cut in 0..400_usize, insert in "[\\[\\]{}=\".,#'a-z0-9\n]{0,12}") {
        let whole = "[device]\nname = \"X\"\n[risk.R-01]\ntitle = \"t\"\nassets = [\"a\", \"b\"]\nassessed = 2026-01-01\n\
            safety = { hazard = \"h\", severity = 3 }\n[risk.R-01.privacy]\nnone = \"because\"\n[control.c.gate]\n\
            OBS-1 = \"x\"\nOBS-2 = { no_evidence = \"y\" }\n";
        let cut = cut.min(whole.len());
        let text = format!("{}{insert}{}", &whole[..cut], &whole[cut..]);
        let (file, diagnostics) = load_texts([("any.toml", text.as_str())]);
        for diagnostic in &diagnostics {
            let span = diagnostic.span().unwrap_or_default();
            prop_assert!(span.range().end <= text.len() + 1);
        }
        file.each_link(|_, link, _| assert!(!link.id.is_empty()));
    }
}
