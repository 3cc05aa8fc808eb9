//! A copy of the example with a ledger, an account and a case, and the dashboard of it.

use medward_test_peers::Listening;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const PERSON: &str = "clerk";
pub const PASSPHRASE: &str = "viola tundra cobalt heron";

/// The Python that `./test` made, with Playwright and Schemathesis.
pub fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/dashboard/bin/python");
    let found =
        Command::new(&python).args(["-c", "import playwright, axe_playwright_python, schemathesis"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: no Python with Playwright and Schemathesis; ./test makes one");
    None
}

pub struct Served {
    directory: tempfile::TempDir,
    listening: Option<Listening>,
    /// What the authenticator of the person holds.
    pub secret: String,
}

impl Served {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut served = Self { directory, listening: None, secret: String::new() };
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/lung-ct");
        for entry in walkdir::WalkDir::new(&example).into_iter().map(Result::unwrap) {
            let to = served.path("lung-ct").join(entry.path().strip_prefix(&example).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
        std::fs::write(served.path("passphrase"), PASSPHRASE).unwrap();
        served.medward(&["ledger", "init", "lung-ct", "--name", "ledger.example/lung-ct"]);
        served.medward(&[
            "event",
            "report",
            "lung-ct",
            "--title",
            "Reading stopped",
            "--happened",
            "2026-01-20T05:40+01:00",
        ]);
        // Entered after the event, which nobody has to sign so.
        std::fs::create_dir(served.path("keys")).unwrap();
        let create =
            ["key", "create", "keys/clerk.key", "--name", "clerk.example", "--passphrase-file", "passphrase"];
        let made = served.medward(&create);
        let key = made.lines().next().unwrap();
        let people = format!("[person.clerk]\nroles = [\"security\", \"privacy\"]\nkeys = [\"{key}\"]\n");
        std::fs::write(served.path("lung-ct/people.toml"), people).unwrap();
        let said =
            served.medward(&["account", "add", "lung-ct", PERSON, "--account-passphrase-file", "passphrase"]);
        let secret = said.lines().find_map(|line| line.trim().strip_prefix("secret ")).unwrap();
        secret.trim().clone_into(&mut served.secret);
        served.listening = Listening::start(|port| {
            let mut command = served.command(&["web", "lung-ct"]);
            command.args(["--listen", &format!("127.0.0.1:{port}"), "--keys", "keys"]);
            // A provider that is down keeps nobody out who has an account.
            command.args(["--provider", "https://identity.invalid", "--client", "medward"]);
            command
        });
        served
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// By a name: no passkey is for a number.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/", self.listening.as_ref().unwrap().port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
        command.args(arguments).current_dir(self.directory.path());
        command.env("MEDWARD_LEDGER_KEY", "key").env("MEDWARD_LEDGER_PASSPHRASE_FILE", "passphrase");
        command
    }

    /// What a command says on standard output.
    pub fn medward(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
