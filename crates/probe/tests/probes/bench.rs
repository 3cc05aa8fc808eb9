//! A security file with one probe, run as the command line would.

use medward_probe::{
    Clock, ConfigError, Environment, Observation, Options, Outcome, Secrets, Verdict, jobs, run,
};
use std::path::PathBuf;
use std::sync::Arc;

pub struct Bench {
    pub directory: tempfile::TempDir,
    pub environment: Environment,
}

struct Fixed(jiff::Timestamp);

impl Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        self.0
    }
}

impl Bench {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut environment = Environment::new(directory.path(), Secrets::default());
        environment.may_run_commands = true;
        Self { directory, environment }
    }

    /// The same at another time.
    pub fn at(mut self, time: &str) -> Self {
        self.environment.clock = Arc::new(Fixed(time.parse().unwrap()));
        self
    }

    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.environment.secrets = self.environment.secrets.clone().with(name, value);
        self
    }

    /// Writes a file beside the security file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs the probe with these terms.
    pub fn run(&self, terms: &str) -> Observation {
        let (jobs, errors) = Self::load(terms);
        assert!(errors.is_empty(), "{errors:?}");
        run(&jobs, &self.environment, Options::default(), |_| ()).remove(0)
    }

    /// Why the probe with these terms cannot run.
    pub fn refuse(terms: &str) -> String {
        let (_, mut errors) = Self::load(terms);
        errors.remove(0).2.to_string()
    }

    fn load(terms: &str) -> (Vec<medward_probe::Job>, Vec<(String, usize, ConfigError)>) {
        let text = format!("[control.C-01]\ntitle = \"probed\"\n[[control.C-01.probes]]\n{terms}\n");
        let (file, diagnostics) = medward_file::load_texts([("control.toml", text.as_str())]);
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        jobs(&file)
    }
}

/// What was expected by the checks that broke.
pub fn broken(seen: &Observation) -> String {
    let broken = seen.checks.iter().filter(|check| check.verdict == Verdict::Broken);
    broken.map(|check| format!("{}: {}", check.expected, check.seen)).collect::<Vec<_>>().join("\n")
}

/// Asserts that all is right.
#[track_caller]
pub fn passes(seen: &Observation) {
    assert_eq!(seen.outcome, Outcome::Passed, "{seen:#?}");
    assert!(!seen.repeat.is_empty());
}

/// Asserts that exactly one check broke, and that it speaks of `about`.
#[track_caller]
pub fn fails(seen: &Observation, about: &str) {
    assert_eq!(seen.outcome, Outcome::Failed, "{seen:#?}");
    let broken = broken(seen);
    assert!(broken.contains(about), "{about:?} is not in {broken:?}");
}

/// Asserts that nobody can say, because of `about`.
#[track_caller]
pub fn errs(seen: &Observation, about: &str) {
    assert_eq!(seen.outcome, Outcome::Error, "{seen:#?}");
    let unknown = seen.checks.iter().filter(|check| check.verdict == Verdict::Unknown);
    let said = unknown.map(|check| format!("{}: {}", check.expected, check.seen));
    let why = said.chain(seen.error.clone()).collect::<Vec<_>>().join("\n");
    assert!(why.contains(about), "{about:?} is not in {why:?}");
}
