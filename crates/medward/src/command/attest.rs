//! `medward attest`: what people saw of a control, into the ledger.

use super::ledger::KeyArguments;
use crate::command::whole_file;
use crate::output::{Error, print, visible};
use crate::signing::{SigningArguments, signing as begin, vouched};
use jiff::{SignedDuration, Timestamp};
use medward_evidence::{Schedule, required};
use medward_file::SecurityFile;
use medward_file::kinds::{Control, Role};
use medward_ledger::{Digest, Entry, Fingerprint, Outcome, Reason, RecordId};
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `attest`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward attest C-36 lung-ct --evidence review.pdf --valid 365d --as quality --key ledger.key\n  \
    medward attest C-01 lung-ct --probe tls --failed --evidence scan.txt --valid 1d --as security --key ledger.key\n\n\
    The file given as evidence is not copied: its SHA-256 digest is. Keep the file; it may hold what a ledger must not. With \
    --keep it is sealed beside the ledger, and the digest is of what is sealed."
)]
pub(crate) struct Arguments {
    /// Id of the control
    control: String,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// File that shows what was seen: a report, a record, an output
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// How long it counts from the day observed, such as 365d
    #[arg(long, value_name = "INTERVAL")]
    valid: String,
    /// Role that attests
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// Probe of the control that it stands for, where the control has probes
    #[arg(long)]
    probe: Option<String>,
    /// The control was seen to fail
    #[arg(long)]
    failed: bool,
    /// Day until which it was observed; today when absent
    #[arg(long, value_name = "DAY")]
    observed: Option<jiff::civil::Date>,
    /// Keep the file sealed beside the ledger, where it can be erased (`medward ledger store`)
    #[arg(long)]
    keep: bool,
    /// A short remark; it stays for ever, so no names
    #[arg(long)]
    remark: Option<String>,
    #[command(flatten)]
    signing: SigningArguments,
    #[command(flatten)]
    key: KeyArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let file = whole_file(&arguments.directory)?;
    let signing = begin(&arguments.signing, &file)?;
    let mut entry = entry(arguments, &file, Timestamp::now())?;
    if let (true, Entry::Evidence { observation, .. }) = (arguments.keep, &mut entry) {
        *observation = super::ledger::keep(&arguments.directory, &arguments.key, &arguments.evidence)?;
    }
    let entry = vouched(entry, &arguments.role, signing.as_ref(), &file)?;
    let log = super::ledger::open(&arguments.directory, &arguments.key)?;
    let receipt = log.append(&entry.canonical()?)?;
    let outcome = if arguments.failed { "failed" } else { "passed" };
    print(&visible(&format!("control.{}: {outcome}, entry {}\n", arguments.control, receipt.index)))?;
    Ok(ExitCode::SUCCESS)
}

fn entry(arguments: &Arguments, file: &SecurityFile, now: Timestamp) -> Result<Entry, Error> {
    let usage = Error::Usage;
    let needed = required(file).into_iter().find(|needed| needed.control == arguments.control);
    let needed = needed.ok_or_else(|| {
        usage(match file.by_id::<Control>(&arguments.control) {
            Some(_) => {
                format!("`control.{}` is not implemented; there is nothing to attest", arguments.control)
            }
            None => format!("there is no control `{}`", arguments.control),
        })
    })?;
    if file.by_id::<Role>(&arguments.role).is_none() {
        return Err(usage(format!("there is no role `{}` in the file", arguments.role)));
    }
    let probe = needed
        .stands_for(arguments.probe.as_deref())
        .map_err(|reason| usage(format!("{reason}; name it with --probe")))?
        .to_owned();
    let observed = match arguments.observed {
        Some(day) => format!("{day}T00:00:00Z").parse().map_err(|_| usage(format!("`{day}` is no day")))?,
        None => now,
    };
    if observed > now {
        return Err(usage("what is observed cannot lie in the future".into()));
    }
    let valid = Schedule::parse(&arguments.valid).map_err(|error| usage(error.to_string()))?;
    let valid_until = later(observed, valid.interval());
    Ok(Entry::Evidence {
        control: RecordId::try_from(arguments.control.as_str())?,
        probe: RecordId::try_from(probe)?,
        outcome: if arguments.failed { Outcome::Failed } else { Outcome::Passed },
        observed_from: observed.as_second(),
        observed_until: observed.as_second(),
        received: now.as_second(),
        valid_until: valid_until.as_second(),
        fingerprint: Fingerprint::try_from(needed.fingerprint)?,
        observation: digest(&arguments.evidence)?,
        role: Some(RecordId::try_from(arguments.role.as_str())?),
        remark: arguments.remark.as_deref().map(Reason::try_from).transpose()?,
        signed: None,
    })
}

pub(super) fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// SHA-256 of a file, read in pieces.
pub(super) fn digest(path: &Path) -> Result<Digest, Error> {
    let io = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
    let mut file = std::fs::File::open(path).map_err(io)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let count = file.read(&mut buffer).map_err(io)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
    }
    Ok(Digest::of(hash.finalize().into()))
}
