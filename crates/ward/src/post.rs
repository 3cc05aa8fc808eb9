//! Sending by STOW-RS (PS3.18 section 10.5): one object a request, on a connection that stays open, so that each is answered for by itself.
//!
//! Nothing but the destination of the file is ever spoken to: a redirection is an object that was not taken.

use crate::forward::{Forward, text};
use crate::outgoing::Outgoing;
use crate::part::{self, PIECES_WAITING};
use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use medward_dicomweb::multipart::Boundary;
use medward_dicomweb::{DICOM, DICOM_JSON, is_stored};
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// For an object to be sent and answered: this, and a second for each MiB.
const EXCHANGE: Duration = Duration::from_mins(1);

type Requests = SendRequest<Channel<Bytes, io::Error>>;

/// A connection to a DICOMweb service.
pub(crate) struct Post {
    requests: Requests,
    path: String,
}

impl Post {
    /// Connects.
    pub(crate) async fn new(forward: &Forward, path: &str) -> Result<Self, String> {
        Ok(Self { requests: connect(forward).await?, path: path.to_owned() })
    }

    /// Whether the destination took an object; after an error the connection is of no more use.
    pub(crate) async fn send(&mut self, forward: &Forward, object: &Outgoing) -> Result<bool, String> {
        if self.requests.ready().await.is_err() {
            // Closed after the last answer, as a server may.
            self.requests = connect(forward).await?;
        }
        let patience = EXCHANGE.saturating_add(Duration::from_secs(object.file_bytes() >> 20));
        timeout(patience, self.exchange(forward, object)).await.map_err(text)?
    }

    async fn exchange(&mut self, forward: &Forward, object: &Outgoing) -> Result<bool, String> {
        let boundary = Boundary::random().map_err(text)?;
        let (mut out, body) = Channel::new(PIECES_WAITING);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.path)
            .header(HOST, &forward.destination.address)
            .header(CONTENT_TYPE, boundary.content_type(DICOM))
            .header(CONTENT_LENGTH, part::body_bytes(object, &boundary))
            .header(ACCEPT, DICOM_JSON)
            .body(body)
            .map_err(text)?;
        let sending = async {
            let sent = async {
                part::send(&forward.vault, object, &boundary, &mut out).await?;
                part::end(&boundary, &mut out).await
            };
            if sent.await.is_err() {
                // The length that was announced is not reached: the peer sees that the object is not whole.
                out.abort(io::ErrorKind::BrokenPipe.into());
            }
        };
        let ((), answered) = tokio::join!(sending, self.requests.send_request(request));
        let answer = answered.map_err(text)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(text)?;
        Ok(match status {
            StatusCode::OK => true,
            // With a warning, or not: that says the answer.
            StatusCode::ACCEPTED => is_stored(&body.to_bytes(), &object.instance),
            _ => false,
        })
    }
}

async fn connect(forward: &Forward) -> Result<Requests, String> {
    let stream = forward.connect(&[b"http/1.1"]).await?;
    let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    // It ends with the last of its requests, or with the peer.
    tokio::spawn(async move { drop(connection.await) });
    Ok(requests)
}
