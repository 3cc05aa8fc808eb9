//! `medward evidence import`: test results and records of other systems, into the ledger.

use super::attest::{digest, later};
use super::ledger::{DIRECTORY, KeyArguments};
use crate::command::whole_file;
use crate::files::{whole, whole_text};
use crate::output::{Error, Format, print, visible};
use crate::signing::{Signing, SigningArguments, vouched};
use jiff::Timestamp;
use jiff::civil::Date;
use medward_evidence::{Schedule, required};
use medward_file::SecurityFile;
use medward_file::kinds::Role;
use medward_import::junit::{BYTES_MAX, Results};
use medward_import::records::{self, Record};
use medward_import::{Imported, Verdict, entries, verdicts};
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Digest, Entry, Outcome};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Import files of other systems
    #[command(subcommand)]
    Import(Import),
}

/// What to import.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Import {
    /// JUnit XML: a control passes when every test of the file that verifies it and has a `case` passed
    Junit {
        /// Result files
        #[arg(required = true)]
        results: Vec<PathBuf>,
        /// How long it counts from the run of the tests, such as 30d
        #[arg(long, value_name = "INTERVAL")]
        valid: String,
        /// Day of the run, where the results do not say
        #[arg(long, value_name = "DAY")]
        observed: Option<Date>,
        #[command(flatten)]
        into: Into,
    },
    /// CSV with the columns control, outcome, observed and valid or `valid_until`; also probe and reference
    Csv {
        /// File of records
        records: PathBuf,
        #[command(flatten)]
        into: Into,
    },
}

/// Where it goes and who stands for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Into {
    /// Directory of the security file
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Role that stands for it
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    signing: SigningArguments,
    #[command(flatten)]
    key: KeyArguments,
}

/// What was read, before it becomes entries.
struct Found {
    records: Vec<Record>,
    observation: Digest,
    /// What is left out, and why.
    left_out: Vec<String>,
}

pub(super) fn run(Arguments::Import(import): &Arguments) -> Result<ExitCode, Error> {
    let (Import::Junit { into, .. } | Import::Csv { into, .. }) = import;
    let file = whole_file(&into.directory)?;
    if file.by_id::<Role>(&into.role).is_none() {
        return Err(Error::Usage(format!("there is no role `{}` in the file", into.role)));
    }
    let found = match import {
        Import::Junit { results, valid, observed, .. } => from_junit(&file, results, valid, *observed)?,
        Import::Csv { records, .. } => from_csv(records)?,
    };
    let imported = Imported { role: &into.role, received: Timestamp::now(), observation: &found.observation };
    let entries = entries(&file, &found.records, imported).map_err(|refused| nothing(&refused))?;
    append(&file, into, entries, &found.left_out)
}

/// Everything that is wrong, in one error: nothing is imported then.
fn nothing<E: ToString>(errors: &[E]) -> Error {
    let lines: Vec<_> = errors.iter().take(20).map(ToString::to_string).collect();
    let more = errors.len().saturating_sub(lines.len());
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    Error::Usage(format!("nothing was imported:\n{}{more}", lines.join("\n")))
}

fn from_csv(path: &Path) -> Result<Found, Error> {
    let records = records::read(&whole(path, BYTES_MAX)?).map_err(|errors| nothing(&errors))?;
    Ok(Found { records, observation: digest(path)?, left_out: Vec::new() })
}

fn from_junit(
    file: &SecurityFile,
    paths: &[PathBuf],
    valid: &str,
    observed: Option<Date>,
) -> Result<Found, Error> {
    let mut results = Results::default();
    let mut digests = Vec::new();
    for path in paths {
        let one = Results::read(&whole_text(path, BYTES_MAX)?)
            .map_err(|error| Error::Usage(format!("`{}` cannot be read: {error}", path.display())))?;
        results.join(one);
        digests.push(digest(path)?);
    }
    let day = |day: Date| jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let observed = observed.and_then(day).or(results.until).ok_or_else(|| {
        Error::Usage("the results do not say when the tests ran; give the day with --observed".into())
    })?;
    let valid = Schedule::parse(valid).map_err(|error| Error::Usage(error.to_string()))?;
    let needed = required(file);
    let mut found = Found { records: Vec::new(), observation: of_all(digests), left_out: Vec::new() };
    for (control, verdict) in verdicts(file, &results) {
        let outcome = match verdict {
            Verdict::Passed => Outcome::Passed,
            Verdict::Failed(_) => Outcome::Failed,
            Verdict::Incomplete(tests) => {
                let tests = tests.join(", ");
                found.left_out.push(format!("control.{control}: not in the results, or not run: {tests}"));
                continue;
            }
        };
        let stands = needed.iter().find(|needed| needed.control == control).map(|it| it.stands_for(None));
        match stands {
            None => found.left_out.push(format!("control.{control}: not implemented")),
            Some(Err(_)) => {
                found.left_out.push(format!("control.{control}: tests do not prove it, its own probes do"));
            }
            Some(Ok(_)) => found.records.push(Record {
                line: 0,
                control,
                probe: None,
                outcome,
                observed,
                valid_until: later(observed, valid.interval()),
                reference: None,
            }),
        }
    }
    if found.records.is_empty() && found.left_out.is_empty() {
        let message = "no test of the file that verifies a control has a `case`; name the cases first";
        return Err(Error::Usage(message.into()));
    }
    Ok(found)
}

/// The digest of one file, or of the digests of several, whatever their order.
fn of_all(mut digests: Vec<Digest>) -> Digest {
    digests.sort();
    digests.dedup();
    match digests.as_slice() {
        [one] => one.clone(),
        several => {
            let text: String = several.iter().fold(String::new(), |text, one| text + one.as_str() + "\n");
            Digest::of(Sha256::digest(text).into())
        }
    }
}

/// Control and probe, digest of what was seen, fingerprint, when, and whether it passed.
type Seen = (String, String, String, i64, bool);

/// What makes two entries the same observation, whenever they were received.
fn observation(entry: &Entry) -> Option<Seen> {
    match entry {
        Entry::Evidence { control, probe, outcome, observed_until, observation, fingerprint, .. } => Some((
            format!("{control} {probe}"),
            observation.to_string(),
            fingerprint.to_string(),
            *observed_until,
            *outcome == Outcome::Passed,
        )),
        _ => None,
    }
}

fn append(
    file: &SecurityFile,
    into: &Into,
    entries: Vec<Entry>,
    left_out: &[String],
) -> Result<ExitCode, Error> {
    let signing = Signing::begin(&into.signing, file)?;
    let entries: Vec<Entry> = entries
        .into_iter()
        .map(|entry| vouched(entry, &into.role, signing.as_ref(), file))
        .collect::<Result<_, _>>()?;
    let log = super::ledger::open(&into.directory, &into.key)?;
    let mut known = known(&into.directory.join(DIRECTORY))?;
    let (mut text, mut rows, mut there) = (String::new(), Vec::new(), 0_usize);
    let mut failed = false;
    for entry in entries {
        let Entry::Evidence { control, outcome, .. } = &entry else { continue };
        let word = if *outcome == Outcome::Passed { "passed" } else { "failed" };
        failed |= *outcome != Outcome::Passed;
        if observation(&entry).is_some_and(|one| !known.insert(one)) {
            there = there.saturating_add(1);
            continue;
        }
        let index = log.append(&entry.canonical()?)?.index;
        let _ = writeln!(text, "control.{control}: {word}, entry {index}");
        rows.push(serde_json::json!({"control": control.as_str(), "outcome": word, "entry": index}));
    }
    for one in left_out {
        let _ = writeln!(text, "left out  {one}");
    }
    let _ = writeln!(text, "{} imported, {there} already there, {} left out", rows.len(), left_out.len());
    print(&match into.format {
        Format::Human => visible(&text),
        Format::Json => {
            let answer = serde_json::json!({"imported": rows, "already_there": there, "left_out": left_out});
            serde_json::to_string_pretty(&answer)? + "\n"
        }
    })?;
    Ok(if failed || !left_out.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the ledger holds already.
fn known(ledger: &Path) -> Result<HashSet<Seen>, Error> {
    let mut reader = Reader::open(&ledger.join("segment")).map_err(Error::io("read", ledger))?;
    let mut known = HashSet::new();
    while let Step::Entry(bytes) = reader.step().map_err(Error::io("read", ledger))? {
        known.extend(Entry::parse(&bytes).ok().as_ref().and_then(observation));
    }
    Ok(known)
}
