//! A real repository says who wrote which record.

#![allow(clippy::unwrap_used, reason = "a repository that cannot be made is a failed test")]

use medward_authorship::{AuthorshipError, authors};
use medward_file::{Kind, Limits, SecurityFile, load};
use std::path::Path;
use std::process::Command;

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(directory: &Path, address: &str, text: &str) {
    std::fs::write(directory.join("risks.toml"), text).unwrap();
    git(directory, &["add", "--all"]);
    let (name, mail) = ("user.name=author", format!("user.email={address}"));
    git(directory, &["-c", name, "-c", &mail, "commit", "--quiet", "--message", "change"]);
}

fn of(file: &SecurityFile, id: &str) -> Vec<String> {
    let at = file.find(Kind::Risk, id).unwrap();
    authors(file, &[at]).unwrap().remove(&at).unwrap().into_iter().collect()
}

#[test]
fn each_record_has_the_authors_of_its_own_lines() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    git(path, &["init", "--quiet"]);
    let first = "[risk.R-01]\ntitle = \"one\"\n\n[risk.R-02]\ntitle = \"two\"\n";
    commit(path, "First@example.org", first);
    let second = first.replace("title = \"two\"", "title = \"two, changed\"\nasset = \"A-1\"");
    commit(path, "second@example.org", &second);
    // White space alone makes nobody an author.
    commit(path, "third@example.org", &second.replace("title = \"one\"", "title   =   \"one\""));
    let (file, _) = load(path, Limits::default());
    assert_eq!(of(&file, "R-01"), ["first@example.org"]);
    assert_eq!(of(&file, "R-02"), ["first@example.org", "second@example.org"]);

    let uncommitted =
        std::fs::read_to_string(path.join("risks.toml")).unwrap() + "\n[risk.R-03]\ntitle = \"three\"\n";
    std::fs::write(path.join("risks.toml"), uncommitted).unwrap();
    let (file, _) = load(path, Limits::default());
    assert_eq!(of(&file, "R-03"), Vec::<String>::new());
}

#[test]
fn without_a_repository_it_says_that_nobody_knows() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("risks.toml"), "[risk.R-01]\ntitle = \"one\"\n").unwrap();
    let (file, _) = load(directory.path(), Limits::default());
    let at = file.find(Kind::Risk, "R-01").unwrap();
    assert!(matches!(authors(&file, &[at]), Err(AuthorshipError::Unknown { .. })));
    assert!(authors(&file, &[]).unwrap().is_empty());
}
