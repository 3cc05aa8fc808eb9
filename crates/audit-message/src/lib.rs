//! DICOM audit messages (PS3.15 A.5): what happened, as XML that every audit repository reads, kept on disk until a syslog
//! server has it.
//!
//! The ward makes an [`Event`] of each decision, the [`Reporter`] a message of it, the [`Spool`] makes that durable before the decision
//! takes effect, and the [`Forwarder`] sends it over TLS. No identifier of a patient fits into a message: people, studies and queries go by
//! [`Pseudonym`] and digest, and nothing takes free text.

mod code;
mod event;
mod forward;
mod spool;
mod syslog;
mod text;
mod xml;

pub use code::{Action, Alert, Outcome};
pub use event::{Event, Node, Party, Study};
pub use forward::{Forwarder, Server, Status};
pub use spool::{Spool, SpoolError};
pub use syslog::{Origin, Reporter};
pub use text::{Pseudonym, Text, TextError};
