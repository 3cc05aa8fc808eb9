//! What people ask of a ward: through a socket in its directory while it runs, or of its directory itself while it does not.
//!
//! The socket belongs to the owner of the directory alone (mode 0600 inside 0700); whoever may use it could read the files as well.

mod socket;
mod tokens;

pub use socket::ask;
pub(crate) use socket::{serve, wake};
pub use tokens::Listed;

use crate::keep::{Keep, hex};
use crate::people::Permits;
use crate::state::State;
use crate::tokens::Secret;
use medward_deid::{Deidentifier, NotPassed};
use medward_vault::{QuarantineId, Quarantined, Receipt, StudyId, VaultError};
use medward_ward_ledger::{Event, Request, Vouchers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

/// Name of the socket in the directory of a ward.
pub const SOCKET: &str = "control";
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
    /// Delete what an emergency put into a directory.
    EmergencyShut {
        /// The directory.
        out: PathBuf,
    },
    /// Say what came of looking at an emergency.
    EmergencyReview {
        /// Number of its entry in the ledger.
        emergency: u64,
        /// Whether it had to be.
        is_justified: bool,
        /// Why.
        because: String,
    },
    /// Tell which study of the hospital is behind a pseudonymous one.
    Reidentify {
        /// Study Instance UID, as the AI knows it.
        study: String,
        /// Why.
        because: String,
    },
    /// Release again, after somebody looked at why the ledger lacks entries.
    Resume {
        /// What was found.
        because: String,
    },
    /// Write a mark into the ledger, which the audit messages carry on.
    Mark {
        /// What it says.
        text: String,
    },
    /// Any of these with the signatures of who asks.
    Signed {
        /// What is asked, and by whom.
        request: Box<Request<Ask>>,
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
    /// Directory of the ward.
    pub directory: PathBuf,
    /// What the ward keeps.
    pub state: State,
    /// What judges again.
    pub keep: Option<Arc<Keep>>,
    /// What knows the names of results.
    pub deidentifier: Option<Deidentifier>,
    /// Who may ask.
    pub permits: Permits,
    /// For how long originals are handed out, in seconds.
    pub emergency_seconds: i64,
}

type By = Option<Vouchers>;
pub(crate) type Answered = Result<Answer, String>;

pub(crate) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(crate) fn reason(text: &str) -> Result<String, String> {
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
pub(crate) fn done(said: String) -> Answered {
    Ok(Answer::Done { said })
}

impl Control {
    /// Answers a question, if who asks may.
    pub fn answer(&mut self, ask: Ask) -> Answer {
        let (ask, request) = match ask {
            Ask::Signed { request } => (request.ask.clone(), Some(request)),
            ask => (ask, None),
        };
        let answered = match self.permits.permit(&ask, request.as_deref(), &self.state.queue) {
            Ok(by) => self.permitted(ask, by),
            Err(why) => {
                // A ledger that cannot be written changes nothing about a refusal.
                let _ = self.state.watch.record(&self.permits.refused(&ask, request.as_deref(), &why));
                Err(why.said)
            }
        };
        answered.unwrap_or_else(|reason| Answer::Refused { reason })
    }

    fn permitted(&mut self, ask: Ask, by: By) -> Answered {
        match ask {
            Ask::QuarantineList => self.quarantined(None),
            Ask::QuarantineShow { id } => self.quarantined(Some(&id)),
            Ask::QuarantineRelease { id, because } => self.judge_again(&id, &because, by),
            Ask::QuarantineDiscard { id, because } => self.discard(&id, &because, by),
            Ask::Studies => self.studies(),
            Ask::TokenIssue { name, sender, days } => self.issue(&name, &sender, days, by),
            Ask::TokenList => Ok(self.tokens()),
            Ask::TokenRevoke { name } => self.revoke(name),
            Ask::Erase { study, because } => self.erase(&study, &because, &by),
            Ask::Emergency { study, out, because } => self.emergency(&study, &out, &because, by),
            Ask::EmergencyShut { out } => self.shut(&out),
            Ask::EmergencyReview { emergency, is_justified, because } => {
                self.review(emergency, is_justified, &because, by)
            }
            Ask::Reidentify { study, because } => self.reidentify(&study, &because, by),
            Ask::Resume { because } => self.resume(&because, by),
            Ask::Mark { text: said } => {
                self.state.watch.record(&Event::Marked { text: reason(&said)? }).map_err(text)?;
                done("it stands in the ledger".to_owned())
            }
            Ask::Signed { .. } => Err("a signed request holds no other".to_owned()),
        }
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

    fn judge_again(&self, id: &str, because: &str, by: By) -> Answered {
        let because = reason(because)?;
        let keep = self.keep.as_ref().ok_or("only a ward that runs can judge an object again; start it")?;
        let (id, held) = self.held(id)?;
        if let Err(refusal) = keep.again(id).map_err(text)? {
            return Err(format!("it still does not pass ({refusal}) and stays in the quarantine"));
        }
        self.decided(&held, "released", because, by)?;
        done("it passes, and goes its way".to_owned())
    }

    fn decided(&self, held: &Quarantined, decision: &str, because: String, by: By) -> Result<(), String> {
        let event = Event::Decided { object: hex(held.digest), decision: decision.to_owned(), because, by };
        self.state.watch.record(&event).map_err(text)
    }

    fn discard(&self, id: &str, because: &str, by: By) -> Answered {
        let because = reason(because)?;
        let (id, held) = self.held(id)?;
        // First the entry: what cannot be written down is not done.
        self.decided(&held, "discarded", because, by)?;
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
    pub(crate) fn originals(&self, study: &str) -> Result<(StudyId, Vec<Receipt>), String> {
        let study: StudyId = study.parse().map_err(text)?;
        let receipts = self.state.originals.objects(&study).map_err(text)?;
        Ok((study, receipts))
    }

    fn erase(&mut self, study: &str, because: &str, by: &By) -> Answered {
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
            let event = Event::Erased { study_key, objects, because, by: by.clone() };
            self.state.watch.record(&event).map_err(text)?;
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
}
