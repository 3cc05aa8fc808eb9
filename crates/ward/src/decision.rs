//! What is decided on, and how a decision reads: the evidence of each moment, and a refusal with its layer and reason.

use crate::nodes::KnownSender;
use crate::traces::Context;
use medward_dicom_scan::DataSet;
use medward_file::kinds::WardLayer;
use medward_upper_layer::{AeTitle, Uid};
use std::fmt;
use std::net::IpAddr;

/// What the transport knows of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// TLS 1.3, else 1.2.
    pub is_tls_1_3: bool,
    /// Its certificate in DER, if it showed one.
    pub certificate: Option<Vec<u8>>,
    /// SHA-256 of that, in hexadecimal digits; empty without one.
    pub fingerprint: String,
}

/// Where a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Where associations are made.
    Association,
    /// Where DICOMweb is spoken.
    Web,
}

/// A bearer token as far as it is known; nothing of it is secret any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Record of the sender that it was issued to; empty where nobody has it.
    pub sender: String,
    /// Why it does not hold.
    pub problem: Option<&'static str>,
}

impl Shown {
    /// The sender that it vouches for: `!` where it vouches for nobody.
    pub fn of(&self) -> &str {
        if self.problem.is_none() { &self.sender } else { "!" }
    }
}

/// A peer as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Where it came in.
    pub door: Door,
    /// Its address.
    pub address: IpAddr,
    /// Connections that it has open, this one included.
    pub connections: usize,
    /// Absent for plain TCP.
    pub secured: Option<Secured>,
}

/// An association that is asked for, or under way; a request to DICOMweb counts as one.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who asks.
    pub peer: Peer,
    /// What it calls itself.
    pub calling: AeTitle,
    /// Whom it calls.
    pub called: AeTitle,
    /// Its token, where it showed one.
    pub token: Option<Shown>,
    /// The span of all that is done for it.
    pub trace: Option<Context>,
}

/// What an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted<'w> {
    /// C-ECHO.
    Echo,
    /// C-STORE or STOW-RS of an object of a class in a transfer syntax.
    Store(&'w Uid, &'w Uid),
    /// C-FIND by an information model; QIDO-RS asks by that of studies.
    Find(&'w Uid),
    /// C-GET by an information model; so does WADO-RS.
    Get(&'w Uid),
    /// C-MOVE by an information model.
    Move(&'w Uid),
}

/// An object that came whole.
#[derive(Debug)]
pub struct Object<'o> {
    /// What the command said it is.
    pub sop_class: &'o Uid,
    /// The same.
    pub sop_instance: &'o Uid,
    /// Its length as a file, in bytes.
    pub bytes: u64,
    /// What it is.
    pub data_set: &'o DataSet,
}

/// An object that is about to leave.
#[derive(Debug)]
pub struct Leaving<'o> {
    /// The original.
    pub original: &'o DataSet,
    /// What would leave.
    pub result: &'o DataSet,
}

/// A result of the AI that is about to go back to the hospital, with its patient put back.
#[derive(Debug)]
pub struct Returning<'o> {
    /// Record of the sender.
    pub sender: &'o str,
    /// What the AI sent.
    pub received: &'o DataSet,
    /// The same with its patient.
    pub result: &'o DataSet,
    /// An image of the study that it answers.
    pub original: &'o DataSet,
    /// Studies, series, instances and frames of reference that it refers to and that are not of the study it answers.
    pub strays: usize,
}

/// A pseudonymised object that somebody asked for, or asked about.
#[derive(Debug)]
pub struct HandedOut<'o> {
    /// Who asked.
    pub asked: &'o Asked,
    /// Where it is to go; absent where it stays on the association, or is only told about.
    pub destination: Option<&'o str>,
    /// The object.
    pub object: &'o DataSet,
}

/// A moment at which layers decide, with the evidence there is.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'m> {
    /// A connection came; nothing was read from it.
    Connection(&'m Peer),
    /// Its handshake is done.
    Handshake(&'m Peer),
    /// An association is asked for.
    Association(&'m Asked),
    /// Something is asked for on it.
    Operation(&'m Asked, &'m Wanted<'m>),
    /// An object came.
    Object(&'m Object<'m>),
    /// An object is about to leave.
    Release(&'m Leaving<'m>),
    /// An object is about to be handed out, or told about.
    HandOut(&'m HandedOut<'m>),
    /// A result is about to go back.
    Return(&'m Returning<'m>),
}

/// Why a layer refuses, as a word of a closed list: it stands in the ledger and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The layer.
    pub layer: WardLayer,
    /// A few words in lower case, joined by hyphens.
    pub reason: &'static str,
}

impl Refusal {
    /// By a layer for a reason.
    pub const fn new(layer: WardLayer, reason: &'static str) -> Self {
        Self { layer, reason }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.layer.word(), self.reason.replace('-', " "))
    }
}

/// The sender that a title belongs to.
pub(crate) fn sender_by_title<'s>(senders: &'s [KnownSender], title: &AeTitle) -> Option<&'s KnownSender> {
    senders.iter().find(|sender| sender.title == *title)
}
