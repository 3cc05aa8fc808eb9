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
use jiff::Timestamp;
use medward_audit_message::{
    Action, Alert, Event as Message, Forwarder, Node, Origin, Outcome, Party, Pseudonym, Reporter, Server,
    Spool, SpoolError, Study, Text,
};
use medward_ward_ledger::{Entry, Event};
use std::cell::Cell;
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
    let (follower, _) = Follower::open::<()>(&state.watch, &ledger, &directory.join("followed"))?;
    let server = Server { address: repository.address, name, tls: config };
    let forwarder = Forwarder::start(Arc::clone(&spool), server)?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let origin = Origin {
        host: host.trim().to_owned(),
        application: "medward".to_owned(),
        process: std::process::id(),
    };
    let reporter = Reporter { source: Text::carried(&configuration.id), site: None, origin };
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
        let application = Words::of(&self.configuration).node(&self.configuration.id);
        let stopped = vec![(Message::ApplicationStopped { application, by: None }, Outcome::Success)];
        let last = self.catch_up().and_then(|()| self.put(&[(Timestamp::now(), stopped)]));
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
            let (mut made, words) = (Vec::new(), Words::of(&self.configuration));
            for entry in news {
                let Some(Entry { at, event }) = entry else {
                    tell(
                        "an entry of the ledger is in a form of another version; there is no audit message of it",
                    );
                    continue;
                };
                made.push((Timestamp::from_second(at).unwrap_or_default(), words.messages(&event)));
            }
            if words.is_replaced.get() {
                tell(
                    "an audit message cannot carry a text of the ledger as it is; it has another in its place",
                );
            }
            self.put(&made)?;
            self.follower.settle(())?;
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

/// Makes messages of entries. A text that a message cannot carry is replaced: one entry must not keep back those after it.
struct Words<'c> {
    configuration: &'c Configuration,
    is_replaced: Cell<bool>,
}

impl<'c> Words<'c> {
    fn of(configuration: &'c Configuration) -> Self {
        Self { configuration, is_replaced: Cell::new(false) }
    }

    /// An id as a message has it. With the identity layer off by a waiver, a sender may have none.
    fn text(&self, id: &str) -> Text {
        let carried = Text::carried(id);
        self.is_replaced.set(self.is_replaced.get() || (carried.as_str() != id && !id.is_empty()));
        carried
    }

    fn study(&self, id: &str) -> Study {
        let study = Pseudonym::carried(id);
        self.is_replaced.set(self.is_replaced.get() || study.as_str() != id);
        Study { study, patient: None, classes: Vec::new() }
    }

    /// The node of a record: the ward, a sender or a destination.
    fn node(&self, id: &str) -> Node {
        let Configuration { senders, destinations, results_to, .. } = self.configuration;
        let sender = senders.iter().find(|one| one.id == id).map(|one| &one.title);
        let title = sender
            .or_else(|| {
                let destination = destinations.iter().chain(results_to).find(|one| one.id == id);
                destination.and_then(|one| one.title.as_ref())
            })
            .or_else(|| (self.configuration.id == id).then_some(&self.configuration.title));
        let ae_title = title.map(|title| self.text(&title.to_string()));
        Node { id: self.text(id), ae_title, address: None }
    }

    /// What an entry is in words of the audit trail.
    fn messages(&self, event: &Event) -> Vec<(Message, Outcome)> {
        let own = self.configuration.id.as_str();
        let ward = || self.node(own);
        let by = || Party::Node(ward());
        let described = |alert, about: &str, outcome, description: Option<&str>| {
            let (about, description) = (self.text(about), description.map(|text| self.text(text)));
            (Message::SecurityAlert { alert, by: by(), about, description }, outcome)
        };
        let alert = |kind, about: &str, outcome| described(kind, about, outcome, None);
        let transferred = |from, to, is_sender_requestor, studies| Message::InstancesTransferred {
            from,
            to,
            is_sender_requestor,
            studies,
        };
        let (success, minor, serious) = (Outcome::Success, Outcome::MinorFailure, Outcome::SeriousFailure);
        match event {
            Event::Started { layers_off, .. } => {
                let started = (Message::ApplicationStarted { application: ward(), by: None }, success);
                let off = (!layers_off.is_empty()).then(|| alert(Alert::SecurityConfiguration, own, serious));
                std::iter::once(started).chain(off).collect()
            }
            Event::Refused { layer, sender, .. } => {
                let about = sender.as_deref().unwrap_or(own);
                let is_about_who = matches!(layer.as_str(), "perimeter" | "transport" | "identity");
                let why =
                    if is_about_who { Alert::NodeAuthentication } else { Alert::UseOfRestrictedFunction };
                vec![alert(why, about, minor)]
            }
            Event::Received { study_key, sender, .. } => {
                vec![(transferred(self.node(sender), ward(), true, vec![self.study(study_key)]), success)]
            }
            Event::Quarantined { sender, .. } => {
                vec![(transferred(self.node(sender), ward(), true, Vec::new()), serious)]
            }
            Event::Released { study, .. } => {
                let studies = vec![self.study(study)];
                vec![(Message::InstancesAccessed { by: by(), action: Action::Read, studies }, success)]
            }
            Event::Returned { study, sender, .. } => {
                vec![(transferred(self.node(sender), ward(), true, vec![self.study(study)]), success)]
            }
            Event::Queried { sender, .. } => {
                // The words of a query are not in the ledger, so that it is told as an access.
                let by = Party::Node(self.node(sender));
                vec![(
                    Message::InstancesAccessed { by, action: Action::Execute, studies: Vec::new() },
                    success,
                )]
            }
            Event::HandedOut { sender, destination, .. } => {
                let to = self.node(destination.as_ref().unwrap_or(sender));
                vec![(transferred(ward(), to, false, Vec::new()), success)]
            }
            Event::Sent { destination, .. } => {
                vec![(transferred(ward(), self.node(destination), true, Vec::new()), success)]
            }
            Event::Damaged { object, .. } | Event::Found { object, .. } => {
                vec![alert(Alert::ObjectSecurityAttributesChanged, object, serious)]
            }
            Event::RolledBack { .. } => vec![alert(Alert::ObjectSecurityAttributesChanged, own, serious)],
            Event::Erased { study_key, .. } => {
                vec![(Message::StudyDeleted { by: by(), study: self.study(study_key) }, success)]
            }
            Event::Decided { object, because, .. } => {
                vec![described(Alert::UseOfRestrictedFunction, object, success, Some(because))]
            }
            Event::Emergency { study_key, because, .. } => {
                let to = Text::carried("emergency access");
                let exported = Message::Exported { by: by(), to, studies: vec![self.study(study_key)] };
                vec![
                    described(Alert::EmergencyOverrideStarted, own, serious, Some(because)),
                    (exported, success),
                ]
            }
            Event::NotPermitted { people, reason, .. } => {
                let who = if people.is_empty() { "nobody signed".to_owned() } else { people.join(", ") };
                let said = format!("{reason}: {who}");
                vec![described(Alert::UseOfRestrictedFunction, own, minor, Some(&said))]
            }
            Event::EmergencyEnded { .. } | Event::Reviewed { .. } => {
                vec![alert(Alert::EmergencyOverrideStopped, own, success)]
            }
            Event::Reidentified { study_key, .. } => {
                let studies = vec![self.study(study_key)];
                vec![(Message::InstancesAccessed { by: by(), action: Action::Read, studies }, success)]
            }
            Event::Alarmed { about, title, .. } => {
                vec![described(Alert::UseOfRestrictedFunction, about, serious, Some(title))]
            }
            Event::Marked { text } | Event::Resumed { because: text, .. } => {
                vec![described(Alert::SecurityConfiguration, own, success, Some(text))]
            }
            Event::TokenIssued { sender, .. } => {
                vec![alert(Alert::SecurityConfiguration, sender, success)]
            }
            Event::TokenRevoked { .. } | Event::KeysRotated { .. } => {
                vec![alert(Alert::SecurityConfiguration, own, success)]
            }
        }
    }
}
