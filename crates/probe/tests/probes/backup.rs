//! `backup` and `at-rest` with archives and ciphers of the system.

use crate::bench::{Bench, errs, fails, passes};
use medward_probe::Observation;
use std::process::Command;
use std::time::{Duration, SystemTime};

const STUDY: &[u8] = b"one synthetic study";
const STUDY_SHA256: &str = "387a1274140d3e6dba3ed83cab393ea7f5c8f9b4265d0c7f73ab658119abea37";

fn backup(bench: &Bench, change: (&str, &str)) -> Observation {
    let (from, to) = change;
    let terms = format!(
        "kind = \"backup\"\ntarget = \"backups\"\nbackup = {{ age_hours_max = 24, sha256 = \"{STUDY_SHA256}\", \
         restore = [\"tar\", \"-xOf\", \"{{newest}}\", \"study\"], refused = [\"tar\", \"-xOf\", \"{{newest}}\", \"no-such-object\"] }}"
    );
    assert!(terms.contains(from));
    bench.run(&terms.replacen(from, to, 1))
}

/// A bench with one archive that holds the study.
fn archived() -> Bench {
    let bench = Bench::new();
    bench.write("study", STUDY);
    bench.write("backups/old", "an older one");
    let done = Command::new("tar")
        .args(["-cf", "backups/new.tar", "study"])
        .current_dir(bench.directory.path())
        .status();
    assert!(done.unwrap().success());
    aged(&bench, "backups/old", 400);
    bench
}

fn aged(bench: &Bench, name: &str, hours: u64) {
    let file = std::fs::File::options().write(true).open(bench.directory.path().join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
}

#[test]
fn a_young_backup_that_restores_passes_and_keeps_what_it_restored_to_itself() {
    let seen = backup(&archived(), ("", ""));
    passes(&seen);
    assert!(!format!("{seen:?}").contains("synthetic study"), "{seen:#?}");
}

#[test]
fn an_old_a_changed_and_an_unguarded_backup_fail() {
    let bench = archived();
    aged(&bench, "backups/new.tar", 25);
    fails(&backup(&bench, ("", "")), "at most 24 hours old");
    let bench = archived();
    bench.write("study", "another study altogether");
    let done = Command::new("tar")
        .args(["-cf", "backups/new.tar", "study"])
        .current_dir(bench.directory.path())
        .status();
    assert!(done.unwrap().success());
    fails(&backup(&bench, ("", "")), "has the digest");
    fails(&backup(&archived(), ("no-such-object", "study")), "does not give the object back");
    fails(&backup(&archived(), ("\"study\"]", "\"gone\"]")), "has the digest");
    let bench = archived();
    bench.write("backups/new.tar", "torn");
    fails(&backup(&bench, ("", "")), "has the digest");
}

#[test]
fn no_backup_and_no_program_are_errors() {
    errs(&backup(&Bench::new(), ("", "")), "cannot read backups");
    let bench = Bench::new();
    std::fs::create_dir(bench.directory.path().join("backups")).unwrap();
    errs(&backup(&bench, ("", "")), "no file in backups");
    errs(&backup(&archived(), ("[\"tar\"", "[\"no-such-tool\"")), "no-such-tool");
}

const AT_REST: &str = r#"kind = "at-rest"
target = "vault"
at_rest = { decrypt = ["openssl", "enc", "-d", "-aes-256-ctr", "-pbkdf2", "-pass", "env:KEY", "-in", "{object}"], refused = ["openssl", "enc", "-d", "-aes-256-ctr", "-pbkdf2", "-pass", "env:KEY", "-in", "{object}"], secrets = { KEY = "vault-key" } }"#;

fn dicom() -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\x00\x00\x00UL\x04\x00");
    bytes.extend(b"Synthetic^Patient ".repeat(2000));
    bytes
}

fn encrypted(bench: &Bench, password: &str) -> Vec<u8> {
    let plain = bench.write("plain.dcm", dicom());
    let output = Command::new("openssl")
        .args(["enc", "-aes-256-ctr", "-pbkdf2", "-pass", &format!("pass:{password}"), "-in"])
        .arg(plain)
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn encrypted_objects_pass_and_everything_else_fails() {
    let bench = Bench::new().with_secret("vault-key", "correct horse battery");
    let sealed = encrypted(&bench, "correct horse battery");
    let run = |object: &[u8], terms: &str| {
        bench.write("vault/aa/object", object);
        bench.run(terms)
    };
    let seen = run(&sealed, AT_REST);
    passes(&seen);
    assert!(!format!("{seen:?}").contains("correct horse"));
    fails(&run(&dicom(), AT_REST), "is no readable format: DICOM");
    let mut gzip = vec![0x1f, 0x8b];
    gzip.extend(&sealed);
    fails(&run(&gzip, AT_REST), "is no readable format: gzip");
    fails(&run(&b"name,born\nSynthetic^Patient,1970\n".repeat(1000), AT_REST), "bits of entropy");
    // Only one object of many lies open.
    bench.write("vault/open.dcm", dicom());
    fails(&run(&sealed, AT_REST), "open.dcm");
    std::fs::remove_file(bench.directory.path().join("vault/open.dcm")).unwrap();
    let other = encrypted(&bench, "another key");
    fails(&run(&other, AT_REST), "becomes DICOM with the key");
    // The negative half reaches the key although it was given none.
    let leaky = AT_REST.replacen("refused = [\"openssl\", \"enc\", \"-d\", \"-aes-256-ctr\", \"-pbkdf2\", \"-pass\", \"env:KEY\"", "refused = [\"openssl\", \"enc\", \"-d\", \"-aes-256-ctr\", \"-pbkdf2\", \"-pass\", \"pass:correct horse battery\"", 1);
    fails(&run(&sealed, &leaky), "without the key");
}

#[test]
fn an_empty_store_and_a_missing_key_are_errors() {
    let bench = Bench::new().with_secret("vault-key", "quite another key");
    errs(&bench.run(AT_REST), "cannot read vault");
    bench.write("vault/small", [7; 100]);
    errs(&bench.run(AT_REST), "large enough");
    let bench = Bench::new();
    let sealed = encrypted(&bench, "quite another key");
    bench.write("vault/object", sealed);
    errs(&bench.run(AT_REST), "no secret `vault-key`");
}
