//! Probes that go on, each as often as the file says.

#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use medward_test_peers::free_port;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

fn medward(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.args(arguments).args(["--key", "key", "--passphrase-file", "pass"]).current_dir(directory);
    command
}

fn write(directory: &Path, open: &TcpListener, second: &str) {
    let closed = format!("127.0.0.1:{}", free_port());
    let terms = format!("port = {{ open = [\"{}\"], closed = [\"{closed}\"] }}", open.local_addr().unwrap());
    let control = |id: &str, every: &str| {
        format!(
            "[control.{id}]\ntitle = \"Ports\"\nstate = \"implemented\"\n[[control.{id}.probes]]\nkind = \"port\"\n\
             every = \"{every}\"\n{terms}\n"
        )
    };
    let text = control("C-01", "1s") + &control("C-02", "1h") + second;
    std::fs::write(directory.join("device/part"), text).unwrap();
    std::fs::rename(directory.join("device/part"), directory.join("device/a.toml")).unwrap();
}

/// A device with a ledger, and the port that its probes look at.
fn begun() -> (tempfile::TempDir, TcpListener) {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path();
    std::fs::create_dir(directory.join("device")).unwrap();
    std::fs::write(directory.join("pass"), "correct horse\n").unwrap();
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    write(directory, &open, "");
    let init = ["ledger", "init", "device", "--name", "ledger.example/device"];
    assert!(medward(directory, &init).output().unwrap().status.success());
    (place, open)
}

#[test]
fn a_watch_runs_what_is_due_survives_a_broken_file_and_ends_when_told() {
    let (place, open) = begun();
    let directory = place.path();
    let mut child = medward(directory, &["probe", "run", "device", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut seen = |wanted: &str| lines.by_ref().find(|line| line.contains(wanted)).is_some();
    assert!(seen("passed  C-01 port"));
    assert!(seen("passed  C-01 port"), "a probe of every second ran once");
    write(directory, &open, "this is no TOML");
    assert!(seen("passed  C-01 port"), "a broken file ended the watch");
    write(directory, &open, "");
    // Others append between rounds.
    let attest = ["probe", "run", "device", "--control", "C-02"];
    assert!(medward(directory, &attest).output().unwrap().status.success());
    drop(open);
    assert!(seen("failed  C-01 port"));
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let mut show = Command::new(env!("CARGO_BIN_EXE_medward"));
    let shown = show.args(["ledger", "show", "device"]).current_dir(directory).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    // Once by the watch and once by hand: its hour is not over.
    assert_eq!(shown.matches("C-02 port passed").count(), 2, "{shown}");
    assert!(shown.matches("C-01 port passed").count() >= 3, "{shown}");
    assert!(shown.contains("C-01 port failed"), "{shown}");
}

#[test]
fn a_watch_without_a_key_or_with_a_wrong_one_says_so_at_once() {
    let (place, _open) = begun();
    let directory = place.path();
    std::fs::write(directory.join("pass"), "another horse\n").unwrap();
    let refused = medward(directory, &["probe", "run", "device", "--watch"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not open"));
    let mut keyless = Command::new(env!("CARGO_BIN_EXE_medward"));
    let refused =
        keyless.args(["probe", "run", "device", "--watch"]).current_dir(directory).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
