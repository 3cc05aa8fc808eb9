//! `sql` against a PostgreSQL of its own, in a directory of the test.

use crate::bench::{Bench, errs, fails, passes};
use medward_test_peers::Listening;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

const PASSWORD: &str = "correct horse of the auditor";

/// Where Debian keeps the programs of a server.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<_> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|path| path.join("initdb").exists());
    found.pop()
}

/// A command as a user who may run a server: root may not.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn id_of_the_server(flag: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, "postgres"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A server with an audit table that its auditor may read and not change.
fn server(directory: &Path) -> Option<Listening> {
    let Some(programs) = programs() else {
        eprintln!("SKIPPED: no PostgreSQL; ./test installs it");
        return None;
    };
    // Of the owner, who comes through the socket and never needs it.
    let password = directory.join("password");
    std::fs::write(&password, "of the owner\n").unwrap();
    if is_root() {
        chown(directory, id_of_the_server("-u"), id_of_the_server("-g")).unwrap();
    }
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).unwrap();
    let data = directory.join("data");
    let made = as_server(&programs.join("initdb"))
        .args(["-U", "owner", "-A", "scram-sha-256", "--auth-local=trust", "--no-sync", "-D"])
        .arg(&data)
        .arg("--pwfile")
        .arg(&password)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = Listening::start(|port| {
        let mut command = as_server(&programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(directory);
        command
    })?;
    let script = format!(
        "CREATE TABLE audit (id integer); INSERT INTO audit VALUES (1), (2);
         CREATE ROLE auditor LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON audit TO auditor;"
    );
    let own = format!("host={} port={} user=owner dbname=postgres", directory.display(), server.port);
    let mut ready = Command::new("psql");
    ready.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &own, "-c", &script]);
    // It listens before it takes anybody in.
    let is_done = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        ready.output().is_ok_and(|output| output.status.success())
    });
    assert!(is_done, "the server takes nobody in");
    Some(server)
}

#[test]
fn an_auditor_reads_and_may_not_change() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = server(directory.path()) else { return };
    let terms = |change: &str| {
        format!(
            "kind = \"sql\"\ntarget = \"postgresql://auditor@{}/postgres\"\n\
             sql = {{ client = \"postgres\", credential = \"auditor\", query = \"SELECT count(*), max(id) FROM audit\", equals = \"2|2\", refused = \"{change}\" }}",
            server.address()
        )
    };
    let bench = Bench::new().with_secret("auditor", PASSWORD);
    let seen = bench.run(&terms("DELETE FROM audit WHERE id = 1"));
    passes(&seen);
    assert!(!format!("{seen:?}").contains(PASSWORD));
    fails(&bench.run(&terms("SELECT 1")), "refused");
    errs(&Bench::new().with_secret("auditor", "wrong").run(&terms("DELETE FROM audit")), "password");
}
