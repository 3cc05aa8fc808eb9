//! What people ask of a ward: through a socket in its directory while it runs, or of its directory itself while it does not.
//!
//! The socket belongs to the owner of the directory alone (mode 0600 inside 0700); whoever may use it could read the files as well.

mod tokens;

pub use tokens::Listed;

use crate::keep::{Keep, hex};
use crate::state::State;
use crate::tokens::Secret;
use crate::watch::Event;
use medward_deid::{Deidentifier, NotPassed};
use medward_vault::{QuarantineId, Quarantined, Receipt, StudyId, VaultError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{self, Cursor, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Name of the socket in the directory of a ward.
pub const SOCKET: &str = "control";
/// Most bytes of a question, and of an answer.
const BYTES_MAX: u64 = 16 << 20;
/// For a question to come whole.
const QUESTION: Duration = Duration::from_secs(5);
/// Most characters of a reason.
const REASON_CHARACTERS_MAX: usize = 300;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// What is held back, and why.
    QuarantineList,
    /// One object that is held back.
    QuarantineShow {
        /// Its number.
        id: String,
    },
    /// Judge an object again, by what the file says today.
    QuarantineRelease {
        /// Its number.
        id: String,
        /// Why.
        because: String,
    },
    /// Destroy an object.
    QuarantineDiscard {
        /// Its number.
        id: String,
        /// Why.
        because: String,
    },
    /// What is kept, and what waits.
    Studies,
    /// Destroy the keys of a study, and with them every copy of its images here.
    Erase {
        /// Study Instance UID, as senders know it.
        study: String,
        /// Why.
        because: String,
    },
    /// Make a bearer token for a sender.
    TokenIssue {
        /// Its name.
        name: String,
        /// Record of the sender.
        sender: String,
        /// How many days it lives.
        days: u16,
    },
    /// Which tokens there are.
    TokenList,
    /// End a token.
    TokenRevoke {
        /// Its name.
        name: String,
    },
    /// Hand out the originals of one study as files.
    Emergency {
        /// Study Instance UID, as senders know it.
        study: String,
        /// Directory for the files.
        out: PathBuf,
        /// Why.
        because: String,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// What is held back.
    Quarantined {
        /// Each.
        objects: Vec<Held>,
    },
    /// What is kept.
    Studies {
        /// Each.
        studies: Vec<Kept>,
        /// Results that wait, by destination.
        waiting: Vec<(String, i64)>,
    },
    /// A token, which is told this once.
    Issued {
        /// When it ends, in seconds since 1970-01-01.
        expires: i64,
        /// The token.
        token: Secret,
    },
    /// Which tokens there are, by name.
    Tokens {
        /// Each.
        tokens: BTreeMap<String, Listed>,
    },
    /// It is done.
    Done {
        /// In a line for people.
        said: String,
    },
    /// It is not.
    Refused {
        /// Why.
        reason: String,
    },
}

/// An object that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its number.
    pub id: String,
    /// Why.
    pub reason: String,
    /// What is known of it.
    pub note: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256, as in the ledger.
    pub digest: String,
    /// When, in seconds since 1970-01-01.
    pub received: i64,
}

/// A study that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Study Instance UID, as senders know it.
    pub study: String,
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When it came, in seconds since 1970-01-01.
    pub opened: i64,
    /// When it was erased.
    pub erased: Option<i64>,
}

impl From<Quarantined> for Held {
    fn from(held: Quarantined) -> Self {
        let Quarantined { id, reason, note, bytes, digest, received, .. } = held;
        Self { id: id.to_string(), reason, note, bytes, digest: hex(digest), received }
    }
}

/// Answers questions. Without `keep` nothing can be judged again, and without `deidentifier` nothing erased.
#[derive(Debug, Clone)]
pub struct Control {
    /// What the ward keeps.
    pub state: State,
    /// What judges again.
    pub keep: Option<Arc<Keep>>,
    /// What knows the names of results.
    pub deidentifier: Option<Deidentifier>,
}

type Answered = Result<Answer, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn reason(text: &str) -> Result<String, String> {
    let count = text.trim().chars().count();
    if (4..=REASON_CHARACTERS_MAX).contains(&count) && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err(format!(
            "a reason of 4 to {REASON_CHARACTERS_MAX} characters is needed; it stays in the ledger, so name nobody"
        ))
    }
}

#[allow(clippy::unnecessary_wraps, reason = "what every answer ends with")]
fn done(said: String) -> Answered {
    Ok(Answer::Done { said })
}

impl Control {
    /// Answers a question.
    pub fn answer(&mut self, ask: Ask) -> Answer {
        let answered = match ask {
            Ask::QuarantineList => self.quarantined(None),
            Ask::QuarantineShow { id } => self.quarantined(Some(&id)),
            Ask::QuarantineRelease { id, because } => self.judge_again(&id, &because),
            Ask::QuarantineDiscard { id, because } => self.discard(&id, &because),
            Ask::Studies => self.studies(),
            Ask::Erase { study, because } => self.erase(&study, &because),
            Ask::TokenIssue { name, sender, days } => self.issue(&name, &sender, days),
            Ask::TokenList => Ok(self.tokens()),
            Ask::TokenRevoke { name } => self.revoke(name),
            Ask::Emergency { study, out, because } => self.emergency(&study, &out, &because),
        };
        answered.unwrap_or_else(|reason| Answer::Refused { reason })
    }

    fn quarantined(&self, id: Option<&str>) -> Answered {
        let all = self.state.originals.quarantined().map_err(text)?;
        let objects: Vec<_> =
            all.into_iter().map(Held::from).filter(|held| id.is_none_or(|id| held.id == id)).collect();
        match id {
            Some(id) if objects.is_empty() => Err(format!("no object {id} in the quarantine")),
            _ => Ok(Answer::Quarantined { objects }),
        }
    }

    fn held(&self, id: &str) -> Result<(QuarantineId, Quarantined), String> {
        let id: QuarantineId = id.parse().map_err(text)?;
        let all = self.state.originals.quarantined().map_err(text)?;
        let held = all.into_iter().find(|held| held.id == id);
        held.map(|held| (id, held)).ok_or_else(|| format!("no object {id} in the quarantine"))
    }

    fn judge_again(&self, id: &str, because: &str) -> Answered {
        let because = reason(because)?;
        let keep = self.keep.as_ref().ok_or("only a ward that runs can judge an object again; start it")?;
        let (id, held) = self.held(id)?;
        if let Err(refusal) = keep.again(id).map_err(text)? {
            return Err(format!("it still does not pass ({refusal}) and stays in the quarantine"));
        }
        self.decided(&held, "released", because)?;
        done("it passes, and goes its way".to_owned())
    }

    fn decided(&self, held: &Quarantined, decision: &str, because: String) -> Result<(), String> {
        let event = Event::Decided { object: hex(held.digest), decision: decision.to_owned(), because };
        self.state.watch.record(&event).map_err(text)
    }

    fn discard(&self, id: &str, because: &str) -> Answered {
        let because = reason(because)?;
        let (id, held) = self.held(id)?;
        // First the entry: what cannot be written down is not done.
        self.decided(&held, "discarded", because)?;
        self.state.originals.discard(id).map_err(text)?;
        done("destroyed".to_owned())
    }

    fn studies(&self) -> Answered {
        let studies = self.state.originals.studies().map_err(text)?.into_iter().map(|study| Kept {
            study: study.study.to_string(),
            objects: study.objects,
            bytes: study.bytes,
            opened: study.opened,
            erased: study.erased,
        });
        Ok(Answer::Studies { studies: studies.collect(), waiting: self.state.queue.waiting().map_err(text)? })
    }

    /// The originals of a study, and under which key they lie.
    fn originals(&self, study: &str) -> Result<(StudyId, Vec<Receipt>), String> {
        let study: StudyId = study.parse().map_err(text)?;
        let receipts = self.state.originals.objects(&study).map_err(text)?;
        Ok((study, receipts))
    }

    fn erase(&mut self, study: &str, because: &str) -> Answered {
        let because = reason(because)?;
        let (study, receipts) = self.originals(study)?;
        let of_results = self.study_of_results(&receipts)?;
        let results = match &of_results {
            Some(made) => match self.state.results.objects(made) {
                Ok(results) => results,
                Err(VaultError::NoStudy(_)) => Vec::new(),
                Err(error) => return Err(text(error)),
            },
            None => Vec::new(),
        };
        let identified = match self.state.identified.objects(&study) {
            Ok(identified) => identified,
            Err(VaultError::NoStudy(_)) => Vec::new(),
            Err(error) => return Err(text(error)),
        };
        let objects: Vec<_> =
            results.iter().chain(&identified).map(|receipt| receipt.object.to_string()).collect();
        self.state.queue.forget(&objects).map_err(text)?;
        let mut total = 0_u64;
        let erased = [
            of_results.filter(|_| !results.is_empty()).map(|made| self.state.results.erase(&made)),
            (!identified.is_empty()).then(|| self.state.identified.erase(&study)),
            Some(self.state.originals.erase(&study)),
        ];
        for erasure in erased.into_iter().flatten() {
            let erasure = erasure.map_err(text)?;
            total = total.saturating_add(erasure.objects);
            let (study_key, objects, because) = (hex(erasure.key), erasure.objects, because.clone());
            self.state.watch.record(&Event::Erased { study_key, objects, because }).map_err(text)?;
        }
        done(format!("{total} objects cannot be read any more; the proof is in the ledger"))
    }

    /// Under which name the results of a study lie: it is derived from the original, and stands nowhere.
    fn study_of_results(&mut self, receipts: &[Receipt]) -> Result<Option<StudyId>, String> {
        let Some(first) = receipts.first() else { return Ok(None) };
        let deidentifier = self.deidentifier.as_mut().ok_or("the key of the pseudonyms cannot be read")?;
        let mut reader = match self.state.originals.get(&first.object) {
            Ok(reader) => reader,
            // Erased before: what was cut short then is finished now.
            Err(VaultError::Erased(_)) => return Ok(None),
            Err(error) => return Err(text(error)),
        };
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(text)?;
        let mut source = Cursor::new(bytes);
        let opened = deidentifier.open(&mut source).map_err(|error: NotPassed| text(error))?;
        Ok(opened.names().study.parse().ok())
    }

    /// Works with nothing but the vault: a policy that is broken or a ledger that is full does not stand in the way, and is told.
    fn emergency(&self, study: &str, out: &Path, because: &str) -> Answered {
        let because = reason(because)?;
        let (_, receipts) = self.originals(study)?;
        let Some(first) = receipts.first() else { return Err("the study has no images here".to_owned()) };
        let count = receipts.len() as u64;
        let event = Event::Emergency { study_key: hex(first.key), objects: count, because };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(out).map_err(text)?;
        let is_written = self.written_somewhere(&event, out)?;
        for (number, receipt) in (1..).zip(&receipts) {
            let path = out.join(format!("{number:06}.dcm"));
            let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(&path);
            let mut file = file.map_err(|error| format!("`{}`: {error}", path.display()))?;
            let mut reader = self.state.originals.get(&receipt.object).map_err(text)?;
            while let Some(chunk) = reader.next_chunk().map_err(text)? {
                file.write_all(chunk).map_err(text)?;
            }
        }
        let where_to = out.display();
        done(format!(
            "{count} originals are in `{where_to}`; delete them when they are not needed any more. {is_written}"
        ))
    }

    /// An emergency is written down before anything is handed out: in the ledger, else in the queue of what it is owed, else in a file
    /// beside the images. With none of them it is refused: no path is without audit.
    fn written_somewhere(&self, event: &Event, out: &Path) -> Result<&'static str, String> {
        if self.state.watch.record(event).is_ok() {
            return Ok("The ledger has it, and it needs a review");
        }
        let entry = serde_json::to_string(event).map_err(text)?;
        if self.state.queue.owe(&entry).is_ok() {
            return Ok("The ledger cannot be written: it is owed, and needs a review");
        }
        let beside = std::fs::File::create_new(out.join("emergency.json"));
        let written = beside.and_then(|mut file| {
            file.write_all(entry.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| {
            format!("it cannot be written down anywhere, so nothing is handed out: {error}")
        })?;
        Ok("The disk of the ward is full: emergency.json beside them must be brought to whoever reviews")
    }
}

/// Takes questions at the socket of a directory, on a thread of its own, until told to end and woken.
pub(crate) fn serve(
    directory: &Path,
    control: Control,
    ends: &Arc<AtomicBool>,
) -> io::Result<JoinHandle<()>> {
    let path = directory.join(SOCKET);
    // Of a ward that did not end well; another one that runs holds the lock of the vault, and this one would not be here.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    let (mut control, ends) = (control, Arc::clone(ends));
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            if ends.load(Ordering::Relaxed) {
                return;
            }
            // Whoever asked may have gone, or asked too slowly.
            let _ = stream.and_then(|stream| converse(&stream, &mut control));
        }
    })
}

fn converse(mut stream: &UnixStream, control: &mut Control) -> io::Result<()> {
    stream.set_read_timeout(Some(QUESTION))?;
    let mut question = Vec::new();
    stream.take(BYTES_MAX).read_to_end(&mut question)?;
    let answer = match serde_json::from_slice(&question) {
        Ok(ask) => control.answer(ask),
        Err(error) => Answer::Refused { reason: error.to_string() },
    };
    stream.write_all(&serde_json::to_vec(&answer)?)
}

/// Has the thread look whether to end.
pub(crate) fn wake(directory: &Path) {
    // Nobody listens: it has ended.
    let _ = UnixStream::connect(directory.join(SOCKET));
}

/// Asks a ward that runs; `None` where none does.
pub fn ask(directory: &Path, ask: &Ask) -> io::Result<Option<Answer>> {
    let stream = match UnixStream::connect(directory.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    (&stream).write_all(&serde_json::to_vec(ask)?)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    (&stream).take(BYTES_MAX).read_to_end(&mut answer)?;
    Ok(Some(serde_json::from_slice(&answer)?))
}
