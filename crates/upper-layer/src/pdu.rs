//! PDUs (PS3.8 section 9.3): headers, and those that are short enough to be all header. Negotiation has its own file.

use crate::Limits;
use std::fmt;

/// Bytes before the body of every PDU.
pub const HEADER_BYTES: usize = 6;
/// Bytes before the data of a presentation data value: length, context, control header.
pub(crate) const VALUE_HEADER_BYTES: usize = 6;
/// Bytes of the body of A-ASSOCIATE-RJ, A-RELEASE-RQ, A-RELEASE-RP and A-ABORT.
const SHORT_BODY_BYTES: u32 = 4;

/// Types of PDU, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A-ASSOCIATE-RQ.
    AssociateRequest = 1,
    /// A-ASSOCIATE-AC.
    AssociateAccept = 2,
    /// A-ASSOCIATE-RJ.
    AssociateReject = 3,
    /// P-DATA-TF.
    Data = 4,
    /// A-RELEASE-RQ.
    ReleaseRequest = 5,
    /// A-RELEASE-RP.
    ReleaseReply = 6,
    /// A-ABORT.
    Abort = 7,
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::AssociateRequest,
            2 => Self::AssociateAccept,
            3 => Self::AssociateReject,
            4 => Self::Data,
            5 => Self::ReleaseRequest,
            6 => Self::ReleaseReply,
            7 => Self::Abort,
            _ => return None,
        })
    }
}

/// What the header of a PDU says, held against the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Type; `None` for one that the standard does not have.
    pub kind: Option<Kind>,
    /// Bytes of the body.
    pub length: u32,
}

impl Header {
    /// Reads a header.
    pub fn read(bytes: [u8; HEADER_BYTES]) -> Self {
        let [kind, _, l0, l1, l2, l3] = bytes;
        Self { kind: Kind::of(kind), length: u32::from_be_bytes([l0, l1, l2, l3]) }
    }

    /// What is wrong with it, if anything: the body is not read then.
    pub fn problem(&self, limits: &Limits) -> Option<(&'static str, Reason)> {
        let Some(kind) = self.kind else { return Some(("an unknown type of PDU", Reason::UnrecognizedPdu)) };
        let fits = match kind {
            Kind::AssociateRequest | Kind::AssociateAccept => self.length <= limits.negotiation_bytes,
            Kind::Data => self.length <= limits.data_bytes,
            _ => self.length == SHORT_BODY_BYTES,
        };
        (!fits).then_some(("the length of a PDU is beyond what was agreed", Reason::InvalidParameter))
    }
}

/// A PDU of four bytes of body.
pub(crate) fn short(kind: Kind, body: [u8; 4]) -> [u8; 10] {
    let [b0, b1, b2, b3] = body;
    [kind as u8, 0, 0, 0, 0, 4, b0, b1, b2, b3]
}

/// Why a provider aborts (PS3.8 table 9-26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not said.
    NotSpecified = 0,
    /// Unrecognised PDU.
    UnrecognizedPdu = 1,
    /// Unexpected PDU.
    UnexpectedPdu = 2,
    /// Unrecognised PDU parameter.
    UnrecognizedParameter = 4,
    /// Unexpected PDU parameter.
    UnexpectedParameter = 5,
    /// Invalid PDU parameter value.
    InvalidParameter = 6,
}

/// Source and reason of an A-ABORT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abort {
    /// 0 the user of the service, 2 its provider.
    pub source: u8,
    /// For a provider, as in [`Reason`].
    pub reason: u8,
}

impl Abort {
    /// By the user of the service.
    pub const USER: Self = Self { source: 0, reason: 0 };

    /// By the provider.
    pub const fn provider(reason: Reason) -> Self {
        Self { source: 2, reason: reason as u8 }
    }

    pub(crate) fn bytes(self) -> [u8; 10] {
        short(Kind::Abort, [0, 0, self.source, self.reason])
    }
}

impl fmt::Display for Abort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            0 => "by its user",
            2 => "by its provider",
            _ => "by an unknown source",
        };
        write!(formatter, "{source}, reason {}", self.reason)
    }
}

/// An A-ASSOCIATE-RJ (PS3.8 table 9-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Trying again may help.
    pub is_transient: bool,
    /// 1 user, 2 provider (ACSE), 3 provider (presentation).
    pub source: u8,
    /// As the table says for the source.
    pub reason: u8,
}

impl Rejection {
    /// By the user, no reason given.
    pub const NO_REASON: Self = Self { is_transient: false, source: 1, reason: 1 };
    /// The application context is not DICOM's.
    pub const APPLICATION_CONTEXT: Self = Self { is_transient: false, source: 1, reason: 2 };
    /// The calling AE title is not known.
    pub const CALLING_TITLE: Self = Self { is_transient: false, source: 1, reason: 3 };
    /// The called AE title is not this node.
    pub const CALLED_TITLE: Self = Self { is_transient: false, source: 1, reason: 7 };
    /// Another version of the protocol.
    pub const PROTOCOL_VERSION: Self = Self { is_transient: false, source: 2, reason: 2 };
    /// Busy for the moment.
    pub const CONGESTION: Self = Self { is_transient: true, source: 3, reason: 1 };
    /// A limit is reached.
    pub const LOCAL_LIMIT: Self = Self { is_transient: true, source: 3, reason: 2 };

    pub(crate) fn bytes(self) -> [u8; 10] {
        let result = if self.is_transient { 2 } else { 1 };
        short(Kind::AssociateReject, [0, result, self.source, self.reason])
    }

    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let &[_, result, source, reason] = body.first_chunk::<4>()?;
        Some(Self { is_transient: result == 2, source, reason })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match (self.source, self.reason) {
            (1, 2) => "application context not supported",
            (1, 3) => "calling AE title not recognised",
            (1, 7) => "called AE title not recognised",
            (2, 2) => "protocol version not supported",
            (3, 1) => "temporary congestion",
            (3, 2) => "local limit exceeded",
            _ => "no reason given",
        };
        write!(formatter, "{}: {why}", if self.is_transient { "for now" } else { "for good" })
    }
}
