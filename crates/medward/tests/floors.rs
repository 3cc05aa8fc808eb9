//! The structure of the workspace holds: dependencies point down the floors, files stay short, names say something.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn crates() -> Vec<(String, toml::Table)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path().join("Cargo.toml");
        if let Ok(text) = std::fs::read_to_string(&path) {
            let name = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, text.parse().unwrap()));
        }
    }
    found
}

#[test]
fn dependencies_point_down_the_floors() {
    let floors: toml::Table = std::fs::read_to_string(root().join("floors.toml")).unwrap().parse().unwrap();
    let floor = |name: &str| {
        floors
            .get(name)
            .and_then(toml::Value::as_integer)
            .unwrap_or_else(|| panic!("{name} is not in floors.toml"))
    };
    let all = crates();
    assert!(all.len() >= 4, "the crates were not found");
    for (name, manifest) in all {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names =
                manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            for used in names.filter_map(|used| used.strip_prefix("medward-")) {
                assert!(floor(used) < floor(&name), "`{name}` uses `{used}`, which is not on a lower floor");
            }
        }
    }
}

#[test]
fn source_files_are_short_and_named_for_what_they_hold() {
    let mut count = 0;
    for entry in walkdir::WalkDir::new(root().join("crates")) {
        let entry = entry.unwrap();
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        count += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "helpers", "misc"].contains(&name.as_str()),
            "{}",
            path.display()
        );
        let lines = std::fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 450, "{} has {lines} lines", path.display());
    }
    assert!(count > 20, "the sources were not found");
}
