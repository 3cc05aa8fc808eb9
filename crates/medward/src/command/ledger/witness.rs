//! `medward ledger witness`: the head of the ledger, cosigned by the witnesses of the file.

use super::{DIRECTORY, public_key, signed_head};
use crate::outgoing::agent;
use crate::output::{Error, print, visible};
use medward_file::kinds::Witness;
use medward_file::{Limits, Record, load};
use medward_ledger::witness::{ANSWER_BYTES_MAX, Answer, WitnessError, answer, cosigned, request};
use medward_ledger::{Checkpoint, Note, Tree, VerifierKey, verify};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How long one question to a witness may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Arguments of `ledger witness`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The witnesses stand in the file as `[witness.ID]` with `key` and `url`. What they cosigned is kept in \
    ledger/witnessed/ID; `check` finds a ledger that was rolled back or forked since.\n\n\
    Exit codes: 0 every witness asked cosigned, 1 some did not, 2 could not run."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Only this witness; may be given several times
    #[arg(long, value_name = "ID")]
    witness: Vec<String>,
}

/// The ledger as its witnesses are told of it.
struct Told {
    ledger: PathBuf,
    key: VerifierKey,
    note: Note,
    head: Checkpoint,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, _) = load(&arguments.directory, Limits::default());
    let is_asked = |one: &&Record<Witness>| {
        arguments.witness.is_empty() || arguments.witness.iter().any(|id| id == one.id())
    };
    if let Some(unknown) = arguments.witness.iter().find(|id| file.by_id::<Witness>(id).is_none()) {
        return Err(Error::Usage(format!("there is no witness `{unknown}` in the file")));
    }
    let asked: Vec<_> = file.witnesses.iter().filter(is_asked).collect();
    if asked.is_empty() {
        let message = "the file names no witness; add `[witness.ID]` with `title`, `key` and `url`";
        return Err(Error::Usage(message.into()));
    }
    let ledger = arguments.directory.join(DIRECTORY);
    let key = public_key(&ledger, None)?;
    // A witness is asked to vouch only for what holds.
    if let Err(findings) = verify(&ledger, &key, &[]) {
        let reasons: Vec<_> = findings.iter().map(ToString::to_string).collect();
        return Err(Error::Usage(format!("the ledger does not hold: {}", reasons.join("; "))));
    }
    let (note, head) = signed_head(&ledger.join("checkpoint"), &key)?;
    let told = Told { ledger, key, note, head };
    let (mut text, mut all) = (String::new(), true);
    for one in asked {
        match told.ask(one) {
            Ok(time) => {
                let _ = writeln!(text, "witness.{}: {} entries cosigned, {time}", one.id(), told.head.size);
            }
            Err(reason) => {
                all = false;
                let _ = writeln!(text, "witness.{}: {reason}", one.id());
            }
        }
    }
    print(&visible(&text))?;
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Told {
    /// Asks a witness and keeps what it cosigned; gives the time it vouches for.
    fn ask(&self, one: &Record<Witness>) -> Result<jiff::Timestamp, String> {
        let key = VerifierKey::parse(&one.key).map_err(|error| format!("its key cannot be read: {error}"))?;
        let url = one.url.as_ref().ok_or("the file gives no `url` for it")?;
        let path = medward_live::witnessed(&self.ledger, one.id());
        let mut known = self.known(&path, &key)?;
        // The second question answers what the witness knows instead; a third would mean that it does not keep its word.
        for _ in 0..2 {
            let proof = Tree::new(&self.ledger, self.head.size).consistency(known);
            let proof = proof.map_err(|error| format!("no proof from entry {known} on: {error}"))?;
            let (status, body) = post(url, &request(known, &proof, &self.note))?;
            match answer(status, &body, &self.note, &key).map_err(|error| error.to_string())? {
                Answer::Cosigned(note, time) => {
                    keep(&path, &note)
                        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
                    return jiff::Timestamp::from_second(i64::try_from(time).unwrap_or(i64::MAX))
                        .map_err(|error| error.to_string());
                }
                Answer::KnowsSize(size) if size > self.head.size => {
                    return Err(format!(
                        "it cosigned {size} entries, the ledger has {}: the ledger was rolled back",
                        self.head.size
                    ));
                }
                Answer::KnowsSize(size) => known = size,
            }
        }
        Err("it does not stay with the size that it says it knows".to_owned())
    }

    /// Entries that a witness cosigned last, as kept here.
    fn known(&self, path: &Path, witness: &VerifierKey) -> Result<u64, String> {
        let unusable = |reason: String| format!("`{}` cannot be used: {reason}", path.display());
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            other => other.map_err(|error| unusable(error.to_string()))?,
        };
        let note = Note::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
        let head = cosigned(&note, &self.key, witness).map(|(head, _)| head);
        match head {
            Ok(head) if head.size > self.head.size => {
                Err(format!("{}, which counts {} entries", WitnessError::NoContinuation, head.size))
            }
            Ok(head) => Ok(head.size),
            Err(error) => Err(unusable(error.to_string())),
        }
    }
}

/// Keeps a cosigned head, whole or not at all.
fn keep(path: &Path, note: &Note) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut part = tempfile::NamedTempFile::new_in(directory)?;
    part.write_all(note.to_string().as_bytes())?;
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(directory)?.sync_all()
}

fn post(url: &str, body: &str) -> Result<(u16, String), String> {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let sent =
        agent(&url, DEADLINE).post(&url).header("Content-Type", "text/plain; charset=utf-8").send(body);
    let mut answered = sent.map_err(|error| format!("no answer from `{url}`: {error}"))?;
    let mut text = String::new();
    let read = answered.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| format!("no readable answer from `{url}`: {error}"))?;
    Ok((answered.status().as_u16(), text))
}
