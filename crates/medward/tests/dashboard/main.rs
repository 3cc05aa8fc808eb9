//! The dashboard as people and programs meet it: served by the command, looked at in Chromium, asked by Schemathesis.
//!
//! Playwright, axe-core and Schemathesis come from `PyPI`, into a place of their own that `./test` makes; without them, or without Chromium, this is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a command that cannot be run is a failed test"
)]

mod served;

use served::{PASSPHRASE, PERSON, Served, python};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a script of this directory with JSON on its standard input; what it says is the failure.
fn holds(script: &str, given: &serde_json::Value) {
    let Some(python) = python() else { return };
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dashboard").join(script);
    let mut child =
        Command::new(python).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    eprintln!("{said}");
}

#[test]
fn every_page_works_in_a_browser_and_for_everybody() {
    if !medward_test_peers::has("chromium") || python().is_none() {
        return;
    }
    let served = Served::start();
    let given = serde_json::json!({
        "url": served.url(),
        "person": PERSON,
        "passphrase": PASSPHRASE,
        "secret": served.secret,
    });
    holds("browser.py", &given);
}

#[test]
fn programs_get_what_the_description_promises() {
    if python().is_none() {
        return;
    }
    let served = Served::start();
    let create = ["account", "token", "create", "lung-ct", "ci", "--owner", PERSON];
    let scopes = ["device", "incidents", "ledger", "report", "probe"].map(|scope| ["--scope", scope]);
    let token = served.medward(&[create.as_slice(), scopes.as_flattened()].concat());
    assert!(
        served
            .medward(&["account", "token", "list", "lung-ct"])
            .starts_with("ci  clerk  device,incidents,ledger,report,probe  until ")
    );
    holds("programs.py", &serde_json::json!({ "url": served.url(), "token": token.trim() }));
    served.medward(&["account", "token", "revoke", "lung-ct", "ci"]);
    assert_eq!(served.medward(&["account", "token", "list", "lung-ct"]), "");
}
