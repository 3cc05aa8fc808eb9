//! A sealed object as one part of a body of several (PS3.18 section 8.7): as WADO-RS answers with it and STOW-RS sends it.

use crate::outgoing::Outgoing;
use bytes::{Bytes, BytesMut};
use http_body_util::channel::Sender;
use medward_dicomweb::DICOM;
use medward_dicomweb::multipart::Boundary;
use medward_vault::Vault;
use std::io;
use tokio::io::AsyncReadExt as _;

/// Bytes that are sent at once, and how many such pieces wait for the peer.
const PIECE_BYTES: usize = 64 << 10;
pub(crate) const PIECES_WAITING: usize = 2;

/// Where the pieces of a body go.
pub(crate) type Pieces = Sender<Bytes, io::Error>;

/// The body breaks off: the peer is gone, or what was promised cannot be kept.
#[derive(Debug)]
pub(crate) struct BrokenOff;

/// What stands before an object.
fn head(object: &Outgoing, boundary: &Boundary) -> Vec<u8> {
    boundary.head(&format!("{DICOM}; transfer-syntax={}", object.syntax))
}

/// Length of a body that has one object as its only part, in bytes.
pub(crate) fn body_bytes(object: &Outgoing, boundary: &Boundary) -> u64 {
    let around = head(object, boundary).len().saturating_add(boundary.tail().len());
    object.file_bytes().saturating_add(around as u64)
}

/// Sends one object.
pub(crate) async fn send(
    vault: &Vault,
    object: &Outgoing,
    boundary: &Boundary,
    out: &mut Pieces,
) -> Result<(), BrokenOff> {
    out.send_data(head(object, boundary).into()).await.map_err(|_| BrokenOff)?;
    let (mut stream, mut left) = (object.file(vault), object.file_bytes());
    while left > 0 {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        // It ends early where a chunk does not verify.
        let Ok(read @ 1..) = stream.read_buf(&mut piece).await else { return Err(BrokenOff) };
        left = left.saturating_sub(read as u64);
        out.send_data(piece.freeze()).await.map_err(|_| BrokenOff)?;
    }
    Ok(())
}

/// Ends a body, behind its last part.
pub(crate) async fn end(boundary: &Boundary, out: &mut Pieces) -> Result<(), BrokenOff> {
    out.send_data(boundary.tail().into()).await.map_err(|_| BrokenOff)
}
