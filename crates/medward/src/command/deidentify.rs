//! `medward deidentify`: DICOM files into a directory of de-identified ones, each whole or not at all.

mod settings;

use crate::files;
use crate::output::{Error, Format, counted, print, visible};
use indicatif::ProgressBar;
use medward_deid::mapping::{Links, MappingWriter};
use medward_deid::{Deidentifier, Detail, NotPassed, ProfileOption, Report};
use medward_ledger::Digest;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempPath;

/// Arguments of `deidentify`.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("secret").args(["key", "anonymise"])),
    after_help = "Results lie in OUT/PSEUDONYM/STUDY/INSTANCE.dcm. What may still identify is held back: a file with the \
    reason is written into the quarantine directory, the image itself is not copied. Started again, it makes each result anew, \
    leaves what is the same, and goes on where it stopped. Of 35 attributes that are new in edition 2026c of PS3.15 the columns of the \
    options were not seen: under every option they are treated as the basic profile says.\n\nExamples:\n  \
    medward deidentify study/ out/ --key project.key --create-key\n  \
    medward deidentify study/ out/ --key project.key --option retain-modified-dates,clean-descriptors --report report.json\n  \
    medward deidentify study/ out/ --anonymise\n\n\
    Exit codes: 0 everything passed, 1 some files were held back or refused, 2 could not run."
)]
pub(crate) struct Arguments {
    /// File, or directory with all that is below it
    input: PathBuf,
    /// Directory for the results
    output: PathBuf,
    /// Profile of PS3.15 Annex E
    #[arg(long, default_value = "basic", value_parser = ["basic"])]
    profile: String,
    #[arg(long, value_delimiter = ',', value_name = "OPTION", help = option_help())]
    option: Vec<String>,
    /// The site's policy, in TOML; it brings its own options
    #[arg(long, value_name = "FILE", conflicts_with = "option")]
    policy: Option<PathBuf>,
    /// Key of the project, sealed under a passphrase: the same key gives the same pseudonyms, UIDs and dates
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Make the key file if there is none
    #[arg(long, requires = "key")]
    create_key: bool,
    /// File whose first line is the passphrase of the key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// Under a key that is thrown away: no way back, and no link to any other run
    #[arg(long)]
    anonymise: bool,
    /// Append the way back to a sealed file, for `reidentify`
    #[arg(long, value_name = "FILE", requires = "role", conflicts_with = "anonymise")]
    mapping: Option<PathBuf>,
    /// Public key of a role that must be there to open the mapping; two of different roles are needed
    #[arg(long, value_name = "FILE", requires = "mapping")]
    role: Vec<PathBuf>,
    /// Write what was done to every element, one JSON object a line
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Directory for the reasons of what was held back [default: OUT-quarantine]
    #[arg(long, value_name = "DIRECTORY")]
    quarantine: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn option_help() -> String {
    let names: Vec<_> = ProfileOption::names().collect();
    format!("Options of the profile, separated by commas: {}", names.join(", "))
}

/// Two images under one name: which of them is the true one nobody here can tell.
const TAKEN: &str =
    "held back: another object with this SOP Instance UID is there already, with other content";

/// What one file came to.
enum Outcome {
    /// A finished part, its name to be, and what was done.
    Made(TempPath, PathBuf, Box<Report>, Option<Links>),
    /// The same result is there already.
    There,
    Held(String),
    Refused(String),
    Failed(String),
}

#[derive(Default)]
struct Total {
    made: u64,
    there: u64,
    held: u64,
    refused: u64,
}

struct Run<'r> {
    arguments: &'r Arguments,
    quarantine: PathBuf,
    report: Option<(File, &'r Path)>,
    mapping: Option<(MappingWriter<File>, &'r Path)>,
    total: Total,
    bar: ProgressBar,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let policy = settings::policy(arguments)?;
    let key = settings::key(arguments)?;
    let detail = if arguments.report.is_some() { Detail::Elements } else { Detail::Counts };
    let deidentifier = Deidentifier::new(policy, &key, detail);
    files::apart(&arguments.input, &arguments.output)?;
    settings::claim(&arguments.output, &deidentifier.fingerprint())?;
    let report = match &arguments.report {
        Some(path) => {
            let options = File::options().create(true).append(true).mode(0o600).open(path);
            Some((options.map_err(Error::io("write", path))?, path.as_path()))
        }
        None => None,
    };
    let mut run = Run {
        arguments,
        quarantine: settings::quarantine(arguments),
        report,
        mapping: settings::mapping(arguments)?,
        total: Total::default(),
        bar: files::progress(),
    };
    files::batches(std::slice::from_ref(&arguments.input), |batch| run.batch(batch, &deidentifier))?;
    run.bar.finish_and_clear();
    let Total { made, there, held, refused } = run.total;
    if matches!(arguments.format, Format::Human) {
        let mut text = format!(
            "{} de-identified, {there} already there, {held} held back, {refused} refused\n",
            counted(made, "file")
        );
        if held > 0 {
            let _ = writeln!(text, "reasons: {}", visible(&run.quarantine.display().to_string()));
        }
        print(&text)?;
    }
    Ok(if held + refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Run<'_> {
    fn batch(&mut self, paths: &[PathBuf], deidentifier: &Deidentifier) -> Result<(), Error> {
        let output = &self.arguments.output;
        let bar = &self.bar;
        let with_links = self.mapping.is_some();
        let outcomes: Vec<Outcome> = paths
            .par_iter()
            .map_init(
                || deidentifier.clone(),
                |deidentifier, path| {
                    let outcome = treat(deidentifier, path, output, with_links);
                    bar.inc(1);
                    outcome
                },
            )
            .collect();
        // The way back is safe before there is anything to come back from.
        if let Some((mapping, path)) = &mut self.mapping {
            for outcome in &outcomes {
                if let Outcome::Made(.., Some(links)) = outcome {
                    mapping
                        .append(links)
                        .map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))?;
                }
            }
            mapping.get_mut().sync_all().map_err(Error::io("write", path))?;
        }
        // One barrier for all: a name is given only to what is on stable storage.
        if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Made(..))) {
            let directory = File::open(output).map_err(Error::io("read", output))?;
            rustix::fs::syncfs(&directory).map_err(|error| Error::io("write", output)(error.into()))?;
        }
        let mut text = String::new();
        for (path, outcome) in paths.iter().zip(outcomes) {
            self.settle(path, outcome, &mut text)?;
        }
        self.bar.suspend(|| print(&text))
    }

    fn settle(&mut self, path: &Path, outcome: Outcome, text: &mut String) -> Result<(), Error> {
        let is_json = matches!(self.arguments.format, Format::Json);
        let (kind, reason) = match outcome {
            Outcome::Made(part, name, report, _) => {
                if let Some(directory) = name.parent() {
                    fs::create_dir_all(directory).map_err(Error::io("make", directory))?;
                }
                if let Err(taken) = part.persist_noclobber(&name) {
                    if taken.error.kind() != ErrorKind::AlreadyExists {
                        return Err(Error::io("write", &name)(taken.error));
                    }
                    let is_same = files::is_same(&taken.path, &name).map_err(Error::io("read", &name))?;
                    let outcome = if is_same { Outcome::There } else { Outcome::Held(TAKEN.to_owned()) };
                    return self.settle(path, outcome, text);
                }
                self.total.made += 1;
                let line = line(&name, &report);
                if let Some((file, path)) = &mut self.report {
                    file.write_all(line.as_bytes()).map_err(Error::io("write", path))?;
                }
                if is_json {
                    text.push_str(&line);
                }
                return Ok(());
            }
            Outcome::There => {
                self.total.there += 1;
                return Ok(());
            }
            Outcome::Held(reason) => {
                self.total.held += 1;
                self.hold(path, &reason)?;
                ("held", reason)
            }
            Outcome::Refused(reason) => {
                self.total.refused += 1;
                ("refused", reason)
            }
            Outcome::Failed(reason) => {
                return Err(Error::Usage(format!("{}: {reason}", path.display())));
            }
        };
        if is_json {
            let line = serde_json::json!({ "path": path.display().to_string(), kind: reason });
            let _ = writeln!(text, "{line}");
        } else {
            text.push_str(&visible(&format!("{}: {reason}\n", path.display())));
        }
        Ok(())
    }

    /// Writes the reason down. The image stays where it is: a copy would be one more place with a name in it.
    fn hold(&self, path: &Path, reason: &str) -> Result<(), Error> {
        fs::create_dir_all(&self.quarantine).map_err(Error::io("make", &self.quarantine))?;
        let name = Digest::of(Sha256::digest(path.as_os_str().as_encoded_bytes()).into());
        let file = self.quarantine.join(format!("{:.16}.txt", name.as_str()));
        fs::write(&file, format!("{}\n{reason}\n", path.display())).map_err(Error::io("write", &file))
    }
}

fn treat(deidentifier: &mut Deidentifier, path: &Path, output: &Path, with_links: bool) -> Outcome {
    let refuse = |error: std::io::Error| Outcome::Refused(format!("cannot be read: {error}"));
    let mut source = match File::open(path) {
        Ok(source) => source,
        Err(error) => return refuse(error),
    };
    let opened = match deidentifier.open(&mut source) {
        Ok(opened) => opened,
        Err(error) => return not_passed(&error),
    };
    let names = opened.names();
    let directory = output.join(component(&names.pseudonym)).join(component(&names.study));
    let name = directory.join(format!("{}.dcm", component(&names.instance)));
    let part = tempfile::Builder::new().prefix(files::UNFINISHED).tempfile_in(output);
    let mut part = match part {
        Ok(part) => part,
        Err(error) => return Outcome::Failed(format!("cannot write into the output directory: {error}")),
    };
    let out = part.as_file_mut();
    let made = if with_links {
        opened.write_with_links(out).map(|(report, links)| (report, Some(links)))
    } else {
        opened.write(out).map(|report| (report, None))
    };
    match made {
        Ok((report, links)) => Outcome::Made(part.into_temp_path(), name, Box::new(report), links),
        Err(error) => not_passed(&error),
    }
}

fn not_passed(error: &NotPassed) -> Outcome {
    match error {
        NotPassed::Refused(_) => Outcome::Refused(error.to_string()),
        NotPassed::Quarantined(_) => Outcome::Held(error.to_string()),
        NotPassed::Write(_) => Outcome::Failed(error.to_string()),
    }
}

/// A UID or pseudonym as a name of a file: with `retain-uids` it is what a stranger wrote.
fn component(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|one| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_'))
        .take(80)
        .collect();
    let plain = plain.trim_matches('.');
    if plain.is_empty() { "none".to_owned() } else { plain.to_owned() }
}

fn line(name: &Path, report: &Report) -> String {
    let counts = report.counts;
    let elements: Vec<_> = report
        .elements
        .iter()
        .map(|element| {
            let done = format!("{:?}", element.treatment).to_lowercase();
            serde_json::json!({ "tag": element.tag.to_string(), "depth": element.depth, "done": done })
        })
        .collect();
    let mut line = serde_json::json!({
        "result": name.display().to_string(),
        "pseudonym": report.pseudonym,
        "sop_class": report.sop_class,
        "sha256": report.digest.map(|digest| Digest::of(digest).as_str().to_owned()),
        "bytes": report.bytes,
        "regions_blanked": report.regions_blanked,
        "counts": {
            "removed": counts.removed, "emptied": counts.emptied, "replaced": counts.replaced, "uids": counts.uids,
            "shifted": counts.shifted, "cleaned": counts.cleaned, "kept": counts.kept,
        },
        "elements": elements,
    })
    .to_string();
    line.push('\n');
    line
}
