//! Decisions of the ward as DICOM audit messages (PS3.15 A.5), sent to the audit repository that the file names.
//!
//! Messages are made of the entries of the ledger, which are there before a decision takes effect: a repository that is away, a full spool
//! or a kill delays messages and loses none. Studies go by their pseudonyms or by the fingerprint of their key, and objects not at all:
//! a message has no room for a patient.

use crate::configuration::Configuration;
use crate::follow::Follower;
use crate::nodes::Repository;
use crate::state::State;
use crate::tell::tell;
use crate::tls::{self, TlsError};
use crate::watch::Event;
use jiff::Timestamp;
use medward_audit_message::{
    Action, Alert, Event as Message, Forwarder, Node, Origin, Outcome, Party, Pseudonym, Reporter, Server,
    Spool, SpoolError, Study, Text, TextError,
};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes of messages that may wait for the repository; past that they wait in the ledger.
const SPOOL_BYTES_MAX: u64 = 64 << 20;
/// How often the ledger is looked into, and whether to end.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Wait after messages could not be kept.
const PAUSE: Duration = Duration::from_secs(5);

/// Why there are no audit messages.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What waits.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// A name of the file.
    #[error("an audit message cannot carry a name of the file: {0}")]
    Text(#[from] TextError),
    /// The system failed.
    #[error("audit messages: {0}")]
    Io(#[from] io::Error),
}

/// Starts sending, until told to end; what is not sent then is sent by the next run.
pub(crate) fn start(
    configuration: &Arc<Configuration>,
    repository: &Repository,
    state: &State,
    ends: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, AuditError> {
    let directory = configuration.state.join("audit");
    let (config, name) = tls::client(configuration, &repository.server_name, &repository.trust)?;
    let spool = Arc::new(Spool::open(&directory, SPOOL_BYTES_MAX)?);
    let ledger = configuration.state.join("ledger");
    let follower = Follower::open(&state.watch, &ledger, &directory.join("followed"))?;
    let server = Server { address: repository.address, name, tls: config };
    let forwarder = Forwarder::start(Arc::clone(&spool), server)?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let origin = Origin {
        host: host.trim().to_owned(),
        application: "medward".to_owned(),
        process: std::process::id(),
    };
    let reporter = Reporter { source: Text::new(&configuration.id)?, site: None, origin };
    let trail = Trail { configuration: Arc::clone(configuration), reporter, spool, follower };
    let ends = Arc::clone(ends);
    let run = move || trail.run(forwarder, &ends);
    Ok(std::thread::Builder::new().name("audit trail".to_owned()).spawn(run)?)
}

struct Trail {
    configuration: Arc<Configuration>,
    reporter: Reporter,
    spool: Arc<Spool>,
    follower: Follower,
}

impl Trail {
    fn run(mut self, forwarder: Forwarder, ends: &AtomicBool) {
        let mut wait = Duration::ZERO;
        while !ends.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK_EVERY);
            wait = wait.saturating_sub(LOOK_EVERY);
            if wait.is_zero()
                && let Err(error) = self.catch_up()
            {
                tell(&format!("audit messages wait in the ledger: {error}"));
                wait = PAUSE;
            }
        }
        let stopped = node(&self.configuration.id, &self.configuration).map(|application| {
            vec![(Message::ApplicationStopped { application, by: None }, Outcome::Success)]
        });
        let last = self.catch_up().and_then(|()| self.put(&[(Timestamp::now(), stopped?)]));
        if let Err(error) = last {
            tell(&format!("audit messages wait in the ledger: {error}"));
        }
        drop(forwarder);
    }

    /// Makes messages of all that is new.
    fn catch_up(&mut self) -> Result<(), AuditError> {
        loop {
            let news = self.follower.news()?;
            if news.is_empty() {
                return Ok(());
            }
            let mut made = Vec::new();
            for entry in news {
                let Some((at, event)) = entry else {
                    tell(
                        "an entry of the ledger is in a form of another version; there is no audit message of it",
                    );
                    continue;
                };
                made.push((at, messages(&event, &self.configuration)?));
            }
            self.put(&made)?;
            self.follower.settle()?;
        }
    }

    fn put(&self, made: &[(Timestamp, Vec<(Message, Outcome)>)]) -> Result<(), AuditError> {
        let mut lines = Vec::new();
        for (at, messages) in made {
            for (message, outcome) in messages {
                lines.push(self.reporter.line(message, *outcome, *at)?);
            }
        }
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        Ok(self.spool.put(&lines)?)
    }
}

/// An id as a message has it. With the identity layer off by a waiver, a sender may have none.
fn text(id: &str) -> Result<Text, TextError> {
    Text::new(if id.is_empty() { "unknown" } else { id })
}

/// The node of a record: the ward, a sender or a destination.
fn node(id: &str, configuration: &Configuration) -> Result<Node, TextError> {
    let sender = configuration.senders.iter().find(|one| one.id == id).map(|one| &one.title);
    let mut destinations = configuration.destinations.iter().chain(&configuration.results_to);
    let title = sender
        .or_else(|| destinations.find(|one| one.id == id).and_then(|one| one.title.as_ref()))
        .or_else(|| (configuration.id == id).then_some(&configuration.title));
    let ae_title = title.map(|title| Text::new(&title.to_string())).transpose()?;
    Ok(Node { id: text(id)?, ae_title, address: None })
}

fn study(id: &str) -> Result<Study, TextError> {
    Ok(Study { study: Pseudonym::new(id)?, patient: None, classes: Vec::new() })
}

/// What an entry is in words of the audit trail.
fn messages(event: &Event, configuration: &Configuration) -> Result<Vec<(Message, Outcome)>, TextError> {
    let ward = || node(&configuration.id, configuration);
    let by = || ward().map(Party::Node);
    let alert = |alert, about: &str, outcome| -> Result<_, TextError> {
        Ok((Message::SecurityAlert { alert, by: by()?, about: text(about)? }, outcome))
    };
    let transferred = |from, to, is_sender_requestor, studies| Message::InstancesTransferred {
        from,
        to,
        is_sender_requestor,
        studies,
    };
    let (success, minor, serious) = (Outcome::Success, Outcome::MinorFailure, Outcome::SeriousFailure);
    Ok(match event {
        Event::Started { layers_off, .. } => {
            let started = (Message::ApplicationStarted { application: ward()?, by: None }, success);
            let off = (!layers_off.is_empty())
                .then(|| alert(Alert::SecurityConfiguration, &configuration.id, serious));
            std::iter::once(Ok(started)).chain(off).collect::<Result<_, _>>()?
        }
        Event::Refused { layer, sender, .. } => {
            let about = sender.as_deref().unwrap_or(&configuration.id);
            let is_about_who = matches!(layer.as_str(), "perimeter" | "transport" | "identity");
            let why = if is_about_who { Alert::NodeAuthentication } else { Alert::UseOfRestrictedFunction };
            vec![alert(why, about, minor)?]
        }
        Event::Received { study_key, sender, .. } => {
            let from = node(sender, configuration)?;
            vec![(transferred(from, ward()?, true, vec![study(study_key)?]), success)]
        }
        Event::Quarantined { sender, .. } => {
            vec![(transferred(node(sender, configuration)?, ward()?, true, Vec::new()), serious)]
        }
        Event::Released { study: id, .. } => {
            let studies = vec![study(id)?];
            vec![(Message::InstancesAccessed { by: by()?, action: Action::Read, studies }, success)]
        }
        Event::Returned { study: id, sender, .. } => {
            vec![(transferred(node(sender, configuration)?, ward()?, true, vec![study(id)?]), success)]
        }
        Event::Queried { sender, .. } => {
            // The words of a query are not in the ledger, so that it is told as an access.
            let by = Party::Node(node(sender, configuration)?);
            vec![(Message::InstancesAccessed { by, action: Action::Execute, studies: Vec::new() }, success)]
        }
        Event::HandedOut { sender, destination, .. } => {
            let to = node(destination.as_ref().unwrap_or(sender), configuration)?;
            vec![(transferred(ward()?, to, false, Vec::new()), success)]
        }
        Event::Sent { destination, .. } => {
            vec![(transferred(ward()?, node(destination, configuration)?, true, Vec::new()), success)]
        }
        Event::Damaged { object, .. } => {
            vec![alert(Alert::ObjectSecurityAttributesChanged, object, serious)?]
        }
        Event::Erased { study_key, .. } => {
            vec![(Message::StudyDeleted { by: by()?, study: study(study_key)? }, success)]
        }
        Event::Decided { object, .. } => vec![alert(Alert::UseOfRestrictedFunction, object, success)?],
        Event::Emergency { study_key, .. } => {
            let to = Text::new("emergency access")?;
            let exported = Message::Exported { by: by()?, to, studies: vec![study(study_key)?] };
            vec![
                alert(Alert::EmergencyOverrideStarted, &configuration.id, serious)?,
                (exported, success),
                alert(Alert::EmergencyOverrideStopped, &configuration.id, success)?,
            ]
        }
        Event::TokenIssued { sender, .. } => vec![alert(Alert::SecurityConfiguration, sender, success)?],
        Event::TokenRevoked { .. } | Event::KeysRotated { .. } => {
            vec![alert(Alert::SecurityConfiguration, &configuration.id, success)?]
        }
    })
}
