//! `medward probe`: runs the probes of a device and writes what they saw into its ledger.

mod watch;

use super::ledger::{DIRECTORY, KEY, KeyArguments, PASSPHRASE_FILE, open, open_with};
use crate::command::whole_file;
use crate::output::{Error, Format, print, visible};
use crate::progress;
use jiff::Timestamp;
use medward_evidence::{Schedule, probe_names, required};
use medward_file::SecurityFile;
use medward_file::kinds::Control;
use medward_ledger::{Digest, Entry, Fingerprint, Log, Outcome, RecordId};
use medward_probe::{Environment, Job, Observation, Options, Secrets};
use sha2::Digest as _;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// List the kinds of probes
    Kinds,
    /// Run probes and write what they saw into the ledger
    Run(RunArguments),
}

/// Arguments of `probe run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  medward probe run lung-ct --dry-run\n  \
    medward probe run lung-ct --control C-01 --key ledger.key --passphrase-file pass\n  \
    medward probe run lung-ct --watch --key ledger.key --passphrase-file pass\n\n\
    With MEDWARD_LEDGER_KEY and MEDWARD_LEDGER_PASSPHRASE_FILE set, `medward probe run lung-ct` is enough.\n\n\
    Exit codes: 0 every probe passed, 1 some did not, 2 could not run.")]
pub(crate) struct RunArguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Only the probes of this control; may be given several times
    #[arg(long, value_name = "ID")]
    control: Vec<String>,
    /// Look, and write nothing, also where a key is given
    #[arg(long)]
    dry_run: bool,
    /// Go on, each probe as often as the file says, until told to end (SIGTERM, Ctrl-C)
    #[arg(long, conflicts_with = "dry_run")]
    watch: bool,
    /// Let probes start programs that the file names; whoever may write the file then runs programs here
    #[arg(long)]
    allow_commands: bool,
    /// TOML file of secrets, `name = "value"`, that probes refer to by name
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Probes running at the same time
    #[arg(long, default_value_t = 8)]
    parallel: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// File of the sealed signing key of the ledger
    #[arg(long, value_name = "FILE", env = KEY)]
    key: Option<PathBuf>,
    /// File whose first line is the passphrase; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = PASSPHRASE_FILE)]
    passphrase_file: Option<PathBuf>,
}

impl RunArguments {
    /// The key, without which nothing can be written.
    fn key(&self) -> Result<KeyArguments, Error> {
        let missing =
            || Error::Usage("name the ledger's key with --key, or only look with --dry-run".to_owned());
        let path = self.key.clone().ok_or_else(missing)?;
        Ok(KeyArguments { path, passphrase_file: self.passphrase_file.clone() })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Kinds => {
            let kinds = medward_probe::registry::PROBES.iter().fold(String::new(), |mut text, probe| {
                let _ = writeln!(text, "{:<16} {}", probe.kind(), probe.summary());
                text
            });
            print(&kinds)?;
            Ok(ExitCode::SUCCESS)
        }
        Arguments::Run(arguments) if arguments.watch => watch::run(arguments),
        Arguments::Run(arguments) => run_probes(arguments),
    }
}

fn run_probes(arguments: &RunArguments) -> Result<ExitCode, Error> {
    let file = whole_file(&arguments.directory)?;
    let open = || open(&arguments.directory, &arguments.key()?);
    let log = if arguments.dry_run { None } else { Some(open()?) };
    let (jobs, unable) = chosen(&file, &arguments.control)?;
    let environment = environment(arguments)?;
    let bar = progress::of(jobs.len(), "probes");
    let options = Options { parallel: arguments.parallel };
    let observations = medward_probe::run(&jobs, &environment, options, |_| bar.inc(1));
    bar.finish_and_clear();
    if let Some(log) = &log {
        let ledger = arguments.directory.join(DIRECTORY);
        for observation in &observations {
            append(log, &ledger, &file, observation)?;
        }
    }
    print(&match arguments.format {
        Format::Human => visible(&table(&observations, &unable)),
        Format::Json => serde_json::to_string_pretty(&observations)? + "\n",
    })?;
    let all_passed = observations.iter().all(|one| one.outcome == medward_probe::Outcome::Passed);
    Ok(if all_passed && unable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn environment(arguments: &RunArguments) -> Result<Environment, Error> {
    let mut environment = Environment::new(&arguments.directory, secrets(arguments.secrets.as_deref())?);
    environment.may_run_commands = arguments.allow_commands;
    Ok(environment)
}

/// Probes that cannot run, each with its reason.
type Unable = Vec<(String, String)>;

/// The jobs of the implemented controls asked for. That nothing is left to run is an error: silence would look like success.
fn chosen(file: &SecurityFile, controls: &[String]) -> Result<(Vec<Job>, Unable), Error> {
    if let Some(unknown) = controls.iter().find(|id| file.by_id::<Control>(id).is_none()) {
        return Err(Error::Usage(format!("there is no control `{unknown}`")));
    }
    let needed = required(file);
    let is_chosen = |control: &str| {
        (controls.is_empty() || controls.iter().any(|id| id == control))
            && needed.iter().any(|needed| needed.control == control)
    };
    let (mut jobs, errors) = medward_probe::jobs(file);
    jobs.retain(|job| is_chosen(&job.control));
    let unable: Unable = errors
        .into_iter()
        .filter(|(control, ..)| is_chosen(control))
        .map(|(control, number, error)| {
            (format!("{control} probe {}", number.saturating_add(1)), error.to_string())
        })
        .collect();
    if jobs.is_empty() && unable.is_empty() {
        return Err(Error::Usage("no implemented control that was asked for has a probe".into()));
    }
    Ok((jobs, unable))
}

fn secrets(path: Option<&Path>) -> Result<Secrets, Error> {
    let Some(path) = path else { return Ok(Secrets::default()) };
    let io = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
    // The parser's own message would quote the line, and with it the secret.
    let named: std::collections::BTreeMap<String, String> = toml::from_str(&text).map_err(|_| {
        Error::Usage(format!("`{}` is no TOML file of `name = \"value\"` lines", path.display()))
    })?;
    Ok(named.into_iter().fold(Secrets::default(), |secrets, (name, value)| secrets.with(name, value)))
}

/// How often a probe of a control runs; daily where the file does not say.
fn schedule(control: &Control, number: usize) -> Result<Schedule, Error> {
    let every = control.probes.get(number).and_then(|probe| probe.every.as_ref());
    Schedule::parse(every.map_or("24h", |every| every)).map_err(|error| Error::Usage(error.to_string()))
}

/// Writes an observation: its digest and outcome into the ledger, itself beside it, where it can be erased.
fn append(log: &Log, ledger: &Path, file: &SecurityFile, seen: &Observation) -> Result<(), Error> {
    let Some(control) = file.by_id::<Control>(&seen.control) else { return Ok(()) };
    let needed = required(file).into_iter().find(|needed| needed.control == seen.control);
    let names = probe_names(control);
    let (Some(needed), Some(probe)) = (needed, names.get(seen.number)) else { return Ok(()) };
    let lifetime = schedule(control, seen.number)?.lifetime();
    let bytes = serde_json::to_vec(seen)?;
    let digest = Digest::of(sha2::Sha256::digest(&bytes).into());
    let beside = ledger.join("observations");
    let path = beside.join(format!("{digest}.json"));
    let io = |source| Error::Io { action: "write", path: path.clone(), source };
    std::fs::create_dir_all(&beside).and_then(|()| std::fs::write(&path, &bytes)).map_err(io)?;
    let entry = Entry::Evidence {
        control: RecordId::try_from(seen.control.as_str())?,
        probe: RecordId::try_from(probe.as_str())?,
        outcome: match seen.outcome {
            medward_probe::Outcome::Passed => Outcome::Passed,
            medward_probe::Outcome::Failed => Outcome::Failed,
            medward_probe::Outcome::Error => Outcome::Error,
        },
        observed_from: seen.started.as_second(),
        observed_until: seen.ended.as_second(),
        received: Timestamp::now().as_second(),
        valid_until: seen.ended.checked_add(lifetime).unwrap_or(Timestamp::MAX).as_second(),
        fingerprint: Fingerprint::try_from(needed.fingerprint)?,
        observation: digest,
        role: None,
        remark: None,
        signed: None,
    };
    log.append(&entry.canonical()?)?;
    Ok(())
}

fn table(observations: &[Observation], unable: &Unable) -> String {
    let mut text = String::new();
    for seen in observations {
        let outcome = format!("{:?}", seen.outcome).to_lowercase();
        let _ = writeln!(text, "{outcome:<7} {} {} {}", seen.control, seen.kind, seen.target);
        for check in seen.checks.iter().filter(|check| check.verdict != medward_probe::Verdict::Held) {
            let _ = writeln!(text, "        expected: {}\n        seen:     {}", check.expected, check.seen);
        }
        if let Some(error) = &seen.error {
            let _ = writeln!(text, "        {error}");
        }
        if seen.outcome != medward_probe::Outcome::Passed {
            let by_hand = seen.repeat.replace('\n', "\n                  ");
            let _ = writeln!(text, "        by hand:  {by_hand}");
        }
    }
    for (probe, reason) in unable {
        let _ = writeln!(text, "unable  {probe}: {reason}");
    }
    let count = |outcome| observations.iter().filter(|seen| seen.outcome == outcome).count();
    let _ = writeln!(
        text,
        "{} passed, {} failed, {} in error, {} cannot run",
        count(medward_probe::Outcome::Passed),
        count(medward_probe::Outcome::Failed),
        count(medward_probe::Outcome::Error),
        unable.len()
    );
    text
}
