//! Dependencies between Medward's crates point down the floors of `floors.toml`, in tests and build scripts too.

#![allow(clippy::unwrap_used, reason = "a workspace that cannot be read is a failed test")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

type Floors = BTreeMap<String, i64>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn floors() -> Floors {
    toml::from_str(&std::fs::read_to_string(root().join("floors.toml")).unwrap()).unwrap()
}

/// What cargo itself says of the workspace, so that renamed and per-target dependencies count like any other.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

/// Package `medward-risk` lives in `crates/risk` and stands in `floors.toml` as `risk`.
fn crate_name(package: &str) -> &str {
    package.strip_prefix("medward-").unwrap_or(package)
}

fn violations(metadata: &Value, floors: &Floors) -> Vec<String> {
    let mut found = Vec::new();
    let packages = array(metadata, "packages");
    let is_ours = |package: &str| packages.iter().any(|ours| name(ours) == package);
    for package in packages {
        let user = crate_name(name(package));
        let Some(floor) = floors.get(user) else {
            found.push(format!("`{user}` is not in floors.toml"));
            continue;
        };
        for dependency in array(package, "dependencies").iter().filter(|used| is_ours(name(used))) {
            let target = crate_name(name(dependency));
            // One that is missing from floors.toml is reported as a package of its own.
            if let Some(target_floor) = floors.get(target).filter(|target_floor| *target_floor >= floor) {
                let kind = dependency["kind"].as_str().unwrap_or("normal");
                found.push(format!(
                    "`{user}` on floor {floor} uses `{target}` on floor {target_floor} ({kind} dependency)"
                ));
            }
        }
    }
    found
}

#[test]
fn dependencies_point_down_the_floors() {
    let metadata = metadata();
    assert!(array(&metadata, "packages").len() >= 4, "the crates were not found");
    let found = violations(&metadata, &floors());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn edges_that_do_not_point_down_are_found() {
    let package = |name: &str, uses: &[(&str, Option<&str>)]| {
        let dependencies: Vec<_> =
            uses.iter().map(|(name, kind)| serde_json::json!({ "name": name, "kind": kind })).collect();
        serde_json::json!({ "name": name, "dependencies": dependencies })
    };
    let metadata = serde_json::json!({ "packages": [
        package("medward-file", &[("medward-rules", None), ("serde", None)]),
        package("medward-paths", &[("medward-risk", None), ("medward-file", None)]),
        package("medward-risk", &[("medward-rules", Some("dev")), ("medward-stray", None)]),
        package("medward-rules", &[("medward-file", None), ("medward-risk", None)]),
        package("medward-stray", &[]),
    ]});
    assert_eq!(
        violations(&metadata, &floors()),
        [
            "`file` on floor 1 uses `rules` on floor 4 (normal dependency)",
            "`paths` on floor 2 uses `risk` on floor 2 (normal dependency)",
            "`risk` on floor 2 uses `rules` on floor 4 (dev dependency)",
            "`stray` is not in floors.toml",
        ]
    );
}
