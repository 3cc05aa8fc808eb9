//! DICOM upper layer (PS3.8) and message exchange (PS3.7) over any byte stream; it never decides whom to trust.
//!
//! The lowest floor: the gateway hands in a stream, with TLS already on it, and decides on every request itself. This crate
//! keeps the protocol: the state table of PS3.8 section 9.2 ([`state`]), PDUs and their negotiation items, command sets, and data
//! sets as a stream of fragments that are never gathered. Every length is held against a limit before a byte is set aside for it,
//! and every wait has a deadline.
//!
//! Own code, although `dicom-ul` exists: its reader of negotiation items takes declared lengths from a buffer without asking whether
//! they are there, which panics on a lying peer, and its associations hide the moment at which a request can still be rejected.

mod acceptor;
mod association;
pub mod command;
mod connection;
mod error;
mod limits;
pub mod negotiation;
pub mod pdu;
mod quick_ack;
mod requestor;
pub mod state;
mod title;
mod uid;

pub use acceptor::{Pending, await_request};
pub use association::{Association, Message};
pub use command::{Command, CommandError, Operation, SubOperations};
pub use error::LinkError;
pub use limits::Limits;
pub use negotiation::{Answer, AssociateRequest, Context, ContextResult, Role};
pub use pdu::{Abort, Rejection};
pub use quick_ack::QuickAck;
pub use requestor::request;
pub use title::{AeTitle, TitleError};
pub use uid::{Uid, UidError};

/// Verification SOP class (PS3.4 section A.4).
pub const VERIFICATION: &str = "1.2.840.10008.1.1";
/// The one application context there is (PS3.7 section A.2.1).
pub const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
