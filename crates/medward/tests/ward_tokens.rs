//! `medward ward tokens` as a user runs it, of a ward that does not run.
#![allow(clippy::unwrap_used, reason = "a command that cannot be run is a failed test")]

use medward_drill::{ARCHIVE, PASSPHRASE, POLICIES, Site};
use std::process::{Command, Output, Stdio};

fn run(site: &Site, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.args(["ward", "tokens"]).args(arguments).arg(site.directory());
    command.arg("--passphrase-file").arg(site.directory().join("passphrase"));
    command.stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_token_is_shown_once_listed_without_its_secret_and_revoked() {
    let site = Site::new(POLICIES).unwrap();
    site.write_file("127.0.0.1:0", None, None).unwrap();
    std::fs::write(site.directory().join("passphrase"), PASSPHRASE).unwrap();
    let issued = run(&site, &["issue", "archive-1", "--sender", ARCHIVE, "--days", "30"]);
    assert!(issued.status.success(), "{issued:?}");
    // The token alone, so that it can go into a file; what else there is to say goes to standard error.
    let token = text(&issued.stdout);
    assert!(token.starts_with("medward.archive-1.") && token.lines().count() == 1, "{token}");
    assert!(text(&issued.stderr).contains("not shown again"), "{issued:?}");
    let listed = text(&run(&site, &["list"]).stdout);
    let secret = token.trim().rsplit_once('.').unwrap().1;
    assert!(listed.contains("archive-1  of ARCHIVE") && !listed.contains(secret), "{listed}");
    let again = run(&site, &["issue", "archive-1", "--sender", ARCHIVE]);
    assert!(!again.status.success() && text(&again.stderr).contains("revoke it first"), "{again:?}");
    assert!(run(&site, &["revoke", "archive-1"]).status.success());
    assert!(text(&run(&site, &["list"]).stdout).contains("revoked"));
    // A sender whose record wants none, and one that there is not.
    let useless = run(&site, &["issue", "ct", "--sender", "CT-1"]);
    assert!(text(&useless.stderr).contains("does not come with a token"), "{useless:?}");
    assert!(text(&run(&site, &["issue", "x", "--sender", "NOBODY"]).stderr).contains("[sender.NOBODY]"));
    let unknown = run(&site, &["revoke", "archive-2"]);
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("no token is called"), "{unknown:?}");
}
