//! Source files stay short and are named for what they hold.

use std::path::Path;

/// Room for one idea and its tests; past it a file has become two.
const LINES_MAX: usize = 450;

/// Names that say nothing of what is inside, so that everything ends up there.
const NAMES_EMPTY: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "misc", "shared"];

/// Everything that is wrong with one file, given its path from the root and its text.
fn problems(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        found.push(format!("{shown} has {lines} lines, more than {LINES_MAX}"));
    }
    // A directory counts as well: `common/mod.rs` is the module `common`.
    let parts = path.with_extension("");
    let in_path = parts.iter().filter_map(|part| part.to_str()).filter(|part| NAMES_EMPTY.contains(part));
    found.extend(in_path.map(|name| format!("{shown}: `{name}` does not say what it holds")));
    for line in text.lines() {
        let declared = line.split_once("mod ").filter(|(before, _)| {
            let before = before.trim();
            before.is_empty() || before.starts_with("pub")
        });
        let name = declared.map(|(_, after)| after.trim_end_matches([' ', ';', '{']));
        if let Some(name) = name.filter(|name| NAMES_EMPTY.contains(name)) {
            found.push(format!("{shown}: module `{name}` does not say what it holds"));
        }
    }
    found
}

#[test]
fn source_files_are_short_and_named_for_what_they_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut count = 0;
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root.join("crates")).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            count += 1;
            let text = std::fs::read_to_string(path).unwrap();
            found.extend(problems(path.strip_prefix(&root).unwrap(), &text));
        }
    }
    assert!(count > 20, "the sources were not found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn long_files_and_empty_names_are_found() {
    let of = |path: &str, text: &str| problems(Path::new(path), text).len();
    assert_eq!(of("crates/risk/src/matrix.rs", &"x\n".repeat(LINES_MAX)), 0);
    assert_eq!(of("crates/risk/src/matrix.rs", &"x\n".repeat(LINES_MAX + 1)), 1);
    assert_eq!(of("crates/risk/src/utils.rs", ""), 1);
    assert_eq!(of("crates/risk/tests/common/mod.rs", ""), 1);
    assert_eq!(of("crates/risk/src/lib.rs", "pub(crate) mod helpers;\n"), 1);
    assert_eq!(of("crates/risk/src/lib.rs", "mod misc {\n"), 1);
    assert_eq!(of("crates/risk/src/lib.rs", "mod matrix;\n// the mod common;\n"), 0);
}
