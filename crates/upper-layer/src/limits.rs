//! What a peer may cost; every limit is checked before anything is set aside.

use std::time::Duration;

/// Bounds of one association.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest A-ASSOCIATE PDU, in bytes after its header.
    pub negotiation_bytes: u32,
    /// Longest P-DATA-TF PDU that is received, in bytes after its header; told to the peer (PS3.8 section D.1).
    pub data_bytes: u32,
    /// Longest P-DATA-TF PDU that is sent, whatever the peer would take.
    pub sent_bytes: u32,
    /// Longest command set, in bytes.
    pub command_bytes: u32,
    /// ARTIM (PS3.8 section 9.1.5): for the request to come whole, and for the peer to close.
    pub artim: Duration,
    /// For the next PDU to come whole, and for one to be taken by the peer.
    pub idle: Duration,
    /// For the association as a whole.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            negotiation_bytes: 128 << 10,
            data_bytes: 128 << 10,
            sent_bytes: 128 << 10,
            command_bytes: 16 << 10,
            artim: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_hours(4),
        }
    }
}
