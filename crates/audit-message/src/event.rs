//! Events: one variant for each message of PS3.15 A.5.3 that a gateway has, with what that message says of it.
//!
//! Not here: Order, Patient and Procedure Record, which systems with such records send.

use crate::code::{
    APPLICATION_ACTIVITY, APPLICATION_START, APPLICATION_STOP, ATTACH, AUDIT_LOG_USED, Action, Alert,
    BEGIN_TRANSFERRING, Code, DETACH, EXPORT, IMPORT, INSTANCES_ACCESSED, INSTANCES_TRANSFERRED, LOGIN,
    LOGOUT, MEDIA_URI, NETWORK_ENTRY, NODE_ID, QUERY, ROLE_APPLICATION, ROLE_DESTINATION, ROLE_LAUNCHER,
    ROLE_SOURCE, SECURITY_ALERT, STUDY_DELETED, USER_AUTHENTICATION,
};
use crate::text::{Pseudonym, Text};

/// A node of the network: an application with its AE title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The id of its record in the security file, or its process.
    pub id: Text,
    /// Its AE title.
    pub ae_title: Option<Text>,
    /// Its address.
    pub address: Option<std::net::IpAddr>,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A person, by the id of the record in the security file.
    Person(Text),
    /// A node.
    Node(Node),
}

/// A study, by what de-identification made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    /// Stands for its UID.
    pub study: Pseudonym,
    /// Stands for the patient, where it is known.
    pub patient: Option<Pseudonym>,
    /// SOP classes, each with the number of instances.
    pub classes: Vec<(Pseudonym, u32)>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An application started (A.5.3.1).
    ApplicationStarted {
        /// Which.
        application: Node,
        /// Who started it, where that is known.
        by: Option<Party>,
    },
    /// An application stopped (A.5.3.1).
    ApplicationStopped {
        /// Which.
        application: Node,
        /// Who stopped it, where that is known.
        by: Option<Party>,
    },
    /// Somebody read the audit log or the ledger (A.5.3.2).
    AuditLogUsed {
        /// Who.
        by: Party,
        /// Which log.
        log: Text,
    },
    /// Instances are about to be sent (A.5.3.3).
    BeginTransferring {
        /// Who sends.
        from: Node,
        /// Who receives.
        to: Node,
        /// Of what studies.
        studies: Vec<Study>,
    },
    /// Somebody used instances (A.5.3.6).
    InstancesAccessed {
        /// Who.
        by: Party,
        /// How.
        action: Action,
        /// Of what studies.
        studies: Vec<Study>,
    },
    /// Instances were sent: created where they arrived, or read where they were asked for (A.5.3.7).
    InstancesTransferred {
        /// Who sent.
        from: Node,
        /// Who received.
        to: Node,
        /// Whether the sender began it; else the receiver asked for it.
        is_sender_requestor: bool,
        /// Of what studies.
        studies: Vec<Study>,
    },
    /// A study was deleted: its key destroyed (A.5.3.8).
    StudyDeleted {
        /// Who.
        by: Party,
        /// Which.
        study: Study,
    },
    /// Data left the system (A.5.3.4).
    Exported {
        /// Who.
        by: Party,
        /// To where.
        to: Text,
        /// What.
        studies: Vec<Study>,
    },
    /// Data came into the system (A.5.3.5).
    Imported {
        /// Who.
        by: Party,
        /// From where.
        from: Text,
        /// What.
        studies: Vec<Study>,
    },
    /// A node came onto the network (A.5.3.9).
    NetworkAttached(Node),
    /// A node left the network (A.5.3.9).
    NetworkDetached(Node),
    /// Somebody searched (A.5.3.10). What for holds names of patients, so that its digest stands for it here; the ledger has the same.
    Queried {
        /// Who asked.
        from: Node,
        /// Who was asked.
        to: Node,
        /// SOP class of the query.
        class: Pseudonym,
        /// SHA-256 of the query.
        digest: [u8; 32],
    },
    /// Something that somebody should look at (A.5.3.11).
    SecurityAlert {
        /// Why.
        alert: Alert,
        /// Who reports it or did it.
        by: Party,
        /// The node or resource it is about.
        about: Text,
        /// What happened, in words that name no patient.
        description: Option<Text>,
    },
    /// A person signed in, or tried (A.5.3.12).
    Login {
        /// Who.
        person: Text,
        /// Where.
        at: Node,
    },
    /// A person signed out (A.5.3.12).
    Logout {
        /// Who.
        person: Text,
        /// Where.
        at: Node,
    },
}

/// A participant as a message has it.
pub(crate) struct Participant<'e> {
    pub user_id: &'e str,
    pub alternative: Option<String>,
    pub is_requestor: bool,
    pub roles: Vec<Code>,
    pub address: Option<std::net::IpAddr>,
    /// Where media of a role stand for a place.
    pub is_media: bool,
}

/// An object as a message has it.
pub(crate) enum Object<'e> {
    Study(&'e Study, Option<&'static str>),
    Patient(&'e Pseudonym),
    Query(&'e Pseudonym, &'e [u8; 32]),
    /// What, what kind of name that is, its role, and a description.
    Resource(&'e Text, Code, &'static str, Option<&'e Text>),
}

/// `ParticipantObjectDataLifeCycle` of what was destroyed for good.
const DESTROYED: &str = "14";
/// `ParticipantObjectTypeCodeRole` of a security resource, and of a master file.
const SECURITY_RESOURCE: &str = "13";

impl Event {
    /// Code of the event, of its type, and of what was done.
    pub(crate) fn codes(&self) -> (Code, Option<Code>, Action) {
        match self {
            Self::ApplicationStarted { .. } => {
                (APPLICATION_ACTIVITY, Some(APPLICATION_START), Action::Execute)
            }
            Self::ApplicationStopped { .. } => {
                (APPLICATION_ACTIVITY, Some(APPLICATION_STOP), Action::Execute)
            }
            Self::AuditLogUsed { .. } => (AUDIT_LOG_USED, None, Action::Read),
            Self::BeginTransferring { .. } => (BEGIN_TRANSFERRING, None, Action::Execute),
            Self::InstancesAccessed { action, .. } => (INSTANCES_ACCESSED, None, *action),
            Self::InstancesTransferred { is_sender_requestor: true, .. } => {
                (INSTANCES_TRANSFERRED, None, Action::Create)
            }
            Self::InstancesTransferred { .. } => (INSTANCES_TRANSFERRED, None, Action::Read),
            Self::StudyDeleted { .. } => (STUDY_DELETED, None, Action::Delete),
            Self::Exported { .. } => (EXPORT, None, Action::Read),
            Self::Imported { .. } => (IMPORT, None, Action::Create),
            Self::NetworkAttached(_) => (NETWORK_ENTRY, Some(ATTACH), Action::Execute),
            Self::NetworkDetached(_) => (NETWORK_ENTRY, Some(DETACH), Action::Execute),
            Self::Queried { .. } => (QUERY, None, Action::Execute),
            Self::SecurityAlert { alert, .. } => (SECURITY_ALERT, Some(alert.code()), Action::Execute),
            Self::Login { .. } => (USER_AUTHENTICATION, Some(LOGIN), Action::Execute),
            Self::Logout { .. } => (USER_AUTHENTICATION, Some(LOGOUT), Action::Execute),
        }
    }

    /// Who took part.
    pub(crate) fn participants(&self) -> Vec<Participant<'_>> {
        match self {
            Self::ApplicationStarted { application, by } | Self::ApplicationStopped { application, by } => {
                let launcher = by.as_ref().map(|by| by.participant(true, &[ROLE_LAUNCHER]));
                let application = application.participant(by.is_none(), &[ROLE_APPLICATION]);
                std::iter::once(application).chain(launcher).collect()
            }
            Self::AuditLogUsed { by, .. }
            | Self::InstancesAccessed { by, .. }
            | Self::StudyDeleted { by, .. }
            | Self::SecurityAlert { by, .. } => vec![by.participant(true, &[])],
            Self::BeginTransferring { from, to, .. } | Self::Queried { from, to, .. } => {
                vec![from.participant(true, &[ROLE_SOURCE]), to.participant(false, &[ROLE_DESTINATION])]
            }
            Self::InstancesTransferred { from, to, is_sender_requestor, .. } => vec![
                from.participant(*is_sender_requestor, &[ROLE_SOURCE]),
                to.participant(!is_sender_requestor, &[ROLE_DESTINATION]),
            ],
            Self::Exported { by, to, .. } => {
                vec![by.participant(true, &[ROLE_SOURCE]), media(to, ROLE_DESTINATION)]
            }
            Self::Imported { by, from, .. } => {
                vec![by.participant(true, &[ROLE_DESTINATION]), media(from, ROLE_SOURCE)]
            }
            Self::NetworkAttached(node) | Self::NetworkDetached(node) => vec![node.participant(false, &[])],
            Self::Login { person, at } | Self::Logout { person, at } => {
                vec![participant(person, true), at.participant(false, &[])]
            }
        }
    }

    /// What it was about.
    pub(crate) fn objects(&self) -> Vec<Object<'_>> {
        match self {
            Self::BeginTransferring { studies, .. }
            | Self::InstancesAccessed { studies, .. }
            | Self::InstancesTransferred { studies, .. }
            | Self::Exported { studies, .. }
            | Self::Imported { studies, .. } => objects_of(studies, None),
            Self::StudyDeleted { study, .. } => objects_of(std::slice::from_ref(study), Some(DESTROYED)),
            Self::AuditLogUsed { log, .. } => vec![Object::Resource(log, MEDIA_URI, SECURITY_RESOURCE, None)],
            Self::Queried { class, digest, .. } => vec![Object::Query(class, digest)],
            Self::SecurityAlert { about, description, .. } => {
                vec![Object::Resource(about, NODE_ID, SECURITY_RESOURCE, description.as_ref())]
            }
            Self::ApplicationStarted { .. }
            | Self::ApplicationStopped { .. }
            | Self::NetworkAttached(_)
            | Self::NetworkDetached(_)
            | Self::Login { .. }
            | Self::Logout { .. } => Vec::new(),
        }
    }
}

fn objects_of<'e>(studies: &'e [Study], life_cycle: Option<&'static str>) -> Vec<Object<'e>> {
    let mut patients: Vec<&Pseudonym> = Vec::new();
    for patient in studies.iter().filter_map(|study| study.patient.as_ref()) {
        if !patients.contains(&patient) {
            patients.push(patient);
        }
    }
    let studies = studies.iter().map(|study| Object::Study(study, life_cycle));
    studies.chain(patients.into_iter().map(Object::Patient)).collect()
}

fn participant(user_id: &Text, is_requestor: bool) -> Participant<'_> {
    let (alternative, address) = (None, None);
    Participant {
        user_id: user_id.as_str(),
        alternative,
        is_requestor,
        roles: Vec::new(),
        address,
        is_media: false,
    }
}

/// A place that data goes to or comes from.
fn media(place: &Text, role: Code) -> Participant<'_> {
    Participant { roles: vec![role], is_media: true, ..participant(place, false) }
}

impl Node {
    fn participant(&self, is_requestor: bool, roles: &[Code]) -> Participant<'_> {
        // PS3.15 A.5.2.2: AE titles as `AETITLES=` and, were there several, semicolons between them.
        let alternative = self.ae_title.as_ref().map(|title| format!("AETITLES={title}"));
        let (address, roles) = (self.address, roles.to_vec());
        Participant { alternative, roles, address, ..participant(&self.id, is_requestor) }
    }
}

impl Party {
    fn participant(&self, is_requestor: bool, roles: &[Code]) -> Participant<'_> {
        match self {
            Self::Person(id) => Participant { roles: roles.to_vec(), ..participant(id, is_requestor) },
            Self::Node(node) => node.participant(is_requestor, roles),
        }
    }
}
