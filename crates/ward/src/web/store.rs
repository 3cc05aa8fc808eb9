//! STOW-RS (PS3.18 section 10.5): each part of the body is an object that goes the way of a C-STORE, and nothing is acknowledged before
//! it is on stable storage.
//!
//! Of a file only its data set is kept byte for byte, as by C-STORE: preamble and file meta information are written anew.

use super::{Body, Call, header, refused, said, whole};
use crate::intake::{self, Broken, Done, Fragments, Kept, Offer, Taken};
use crate::keep::Claim;
use crate::part10;
use crate::service::ends_association;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::{Request, Response, StatusCode};
use medward_dicomweb::multipart::{Boundary, Event, Head, MultipartError, Reader};
use medward_dicomweb::{DICOM, DICOM_JSON, Failed, MediaType, Outcome, RELATED, Stored, accepts};
use medward_upper_layer::Uid;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Bytes of a body, and parts in it.
const BODY_BYTES_MAX: u64 = 64 << 30;
const PARTS_MAX: usize = 20_000;
/// Objects of one body that are being kept while the next ones come: they share what they wait for.
const KEPT_AT_ONCE: usize = 4;

/// Failure reasons (PS3.18 table I.2-2) that C-STORE says otherwise.
const CANNOT_UNDERSTAND: u16 = 0xC000;
const SYNTAX_NOT_SUPPORTED: u16 = 0xC122;
const CLASS_NOT_SUPPORTED: u16 = 0x0122;

/// Why no more of a body can be read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("the body does not come")]
    Slow,
    #[error("the connection broke off")]
    Gone,
    #[error("the body is larger than what is taken")]
    TooLarge,
    #[error(transparent)]
    Multipart(#[from] MultipartError),
}

impl Unread {
    fn status(&self) -> StatusCode {
        match self {
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Gone | Self::Multipart(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The parts of a body, as they come.
struct Parts {
    body: Incoming,
    reader: Reader,
    idle: Duration,
    bytes_left: u64,
    is_inside: bool,
    /// Bytes of the part that were looked at and put back.
    put_back: Option<Bytes>,
}

impl Parts {
    async fn event(&mut self) -> Result<Event, Unread> {
        loop {
            if let Some(event) = self.reader.next_event()? {
                return Ok(event);
            }
            let frame = timeout(self.idle, self.body.frame()).await.map_err(|_| Unread::Slow)?;
            let Some(frame) = frame else {
                self.reader.finish()?;
                return Ok(Event::End);
            };
            // Trailers say nothing here.
            if let Ok(bytes) = frame.map_err(|_| Unread::Gone)?.into_data() {
                let left = self.bytes_left.checked_sub(bytes.len() as u64);
                self.bytes_left = left.ok_or(Unread::TooLarge)?;
                self.reader.push(&bytes);
            }
        }
    }

    /// The head of the next part; `None` behind the last.
    async fn next(&mut self) -> Result<Option<Head>, Unread> {
        while self.is_inside {
            self.fragment().await?;
        }
        match self.event().await? {
            Event::Part(head) => {
                self.is_inside = true;
                Ok(Some(head))
            }
            _ => Ok(None),
        }
    }

    /// What the head of a part's file says. The part stands behind it then.
    async fn meta(&mut self) -> Result<Option<part10::Meta>, Unread> {
        let mut begun: Vec<u8> = Vec::new();
        while let Some(bytes) = self.fragment().await? {
            begun.extend_from_slice(&bytes);
            match part10::data_set_at(&begun) {
                Some(at) if begun.len() >= at => {
                    let rest = begun.split_off(at);
                    self.put_back = (!rest.is_empty()).then(|| rest.into());
                    return Ok(part10::read(&begun));
                }
                None if begun.len() >= part10::LENGTH_BYTES => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }
}

impl Fragments for Parts {
    type Error = Unread;

    async fn fragment(&mut self) -> Result<Option<Bytes>, Unread> {
        if let Some(bytes) = self.put_back.take() {
            return Ok(Some(bytes));
        }
        if !self.is_inside {
            return Ok(None);
        }
        let event = self.event().await?;
        if let Event::Bytes(bytes) = event {
            return Ok(Some(bytes));
        }
        self.is_inside = false;
        Ok(None)
    }
}

/// What is known of what became of the parts, in their order.
#[derive(Default)]
struct Tally {
    outcome: Outcome,
    waiting: VecDeque<(Uid, Uid, JoinHandle<Kept>)>,
    /// What a part lay in that is kept.
    room: Vec<u8>,
}

impl Tally {
    fn note(&mut self, class: Uid, instance: Uid, done: &Done) {
        if done.status == 0 {
            self.outcome.stored.push(Stored { class, instance });
            return;
        }
        let reason = match done.refusal.as_ref().map(|refusal| refusal.reason) {
            Some("class-not-taken") => CLASS_NOT_SUPPORTED,
            Some("transfer-syntax-not-taken") => SYNTAX_NOT_SUPPORTED,
            _ => done.status,
        };
        self.outcome.failed.push(Failed { class: Some(class), instance: Some(instance), reason });
    }

    /// Waits until no more than so many are being kept.
    async fn wait_for_all_but(&mut self, count: usize) {
        while self.waiting.len() > count
            && let Some((class, instance, kept)) = self.waiting.pop_front()
        {
            let done = match kept.await {
                Ok(Kept { done, room }) => {
                    self.room = room;
                    done
                }
                Err(_) => intake::failed(),
            };
            self.note(class, instance, &done);
        }
    }
}

/// The boundary of a body of DICOM files; else what is wrong with the request.
fn boundary(headers: &HeaderMap) -> Result<Boundary, (StatusCode, String)> {
    let unsupported = |text: &str| (StatusCode::UNSUPPORTED_MEDIA_TYPE, text.to_owned());
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(unsupported("bodies are taken as they are, without a content encoding"));
    }
    let kind = header(headers, CONTENT_TYPE).and_then(MediaType::parse);
    let is_files = |kind: &MediaType| kind.essence() == RELATED && kind.parameter("type") == Some(DICOM);
    let Some(kind) = kind.filter(is_files) else {
        return Err(unsupported("wanted is multipart/related; type=\"application/dicom\""));
    };
    if accepts(header(headers, ACCEPT), DICOM_JSON).is_empty() {
        return Err((StatusCode::NOT_ACCEPTABLE, "the answer is application/dicom+json".to_owned()));
    }
    Boundary::of(&kind).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

/// Stores what a body holds; into one study, where the request names it.
pub(super) async fn store(call: &Call, study: Option<Uid>, request: Request<Incoming>) -> Response<Body> {
    let boundary = match boundary(request.headers()) {
        Ok(boundary) => boundary,
        Err((status, text)) => return said(status, &text),
    };
    let body = request.into_body();
    if body.size_hint().lower() > BODY_BYTES_MAX {
        return said(StatusCode::PAYLOAD_TOO_LARGE, &Unread::TooLarge.to_string());
    }
    let idle = call.service.configuration.bounds.idle;
    let (reader, bytes_left) = (Reader::new(&boundary), BODY_BYTES_MAX);
    let mut parts = Parts { body, reader, idle, bytes_left, is_inside: false, put_back: None };
    let mut tally = Tally::default();
    let read = all(call, study.as_ref(), &mut parts, &mut tally).await;
    tally.wait_for_all_but(0).await;
    let outcome = &tally.outcome;
    let is_empty = outcome.stored.is_empty() && outcome.failed.is_empty();
    let status = match read {
        Err(Stop::Refused(response)) => return response,
        Err(Stop::Unread(unread)) if is_empty => return said(unread.status(), &unread.to_string()),
        // What is kept stays, and is told.
        Err(Stop::Unread(unread)) => unread.status(),
        Ok(()) if is_empty => return said(StatusCode::BAD_REQUEST, "the body holds no part"),
        Ok(()) => StatusCode::from_u16(outcome.status()).unwrap_or(StatusCode::CONFLICT),
    };
    whole(status, DICOM_JSON, outcome.to_json())
}

/// Why the parts were not gone through to their end.
enum Stop {
    Unread(Unread),
    Refused(Response<Body>),
}

impl From<Unread> for Stop {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

async fn all(call: &Call, study: Option<&Uid>, parts: &mut Parts, tally: &mut Tally) -> Result<(), Stop> {
    let Call { service, asked, counted } = call;
    let mut number = 0_usize;
    while let Some(head) = parts.next().await? {
        number = number.saturating_add(1);
        if number > PARTS_MAX {
            return Err(Unread::TooLarge.into());
        }
        let is_file = head.content_type.is_some_and(|kind| kind.essence() == DICOM) && !head.is_encoded;
        let meta = if is_file { parts.meta().await? } else { None };
        let Some(part10::Meta { sop_class, sop_instance, transfer_syntax }) = meta else {
            let failed = Failed { class: None, instance: None, reason: CANNOT_UNDERSTAND };
            tally.outcome.failed.push(failed);
            continue;
        };
        let (class, instance) = (sop_class.clone(), sop_instance.clone());
        let (sender, trace, study) = (counted.sender.clone(), asked.trace, study.cloned());
        let claim = Claim { sender, sop_class, sop_instance, study, trace };
        let offer = Offer { claim, transfer_syntax, asked };
        let room = std::mem::take(&mut tally.room);
        let mut done = match intake::gather(parts, offer, service, room).await {
            Ok(Taken::Whole(claim, whole)) => {
                let kept = tokio::spawn(intake::kept(Arc::clone(&service.keep), claim, whole));
                tally.waiting.push_back((class, instance, kept));
                tally.wait_for_all_but(KEPT_AT_ONCE).await;
                continue;
            }
            Ok(Taken::Done(done)) => done,
            Err(Broken::TooLarge) => return Err(Unread::TooLarge.into()),
            Err(Broken::Source(unread)) => return Err(unread.into()),
        };
        tally.wait_for_all_but(0).await;
        tally.note(class, instance, &done);
        if let Some(refusal) = done.refusal.take() {
            let ends = ends_association(&refusal).then(|| refused(&refusal));
            service.refused(refusal, Some(counted.sender.clone()), asked.peer.address).await;
            if let Some(response) = ends {
                return Err(Stop::Refused(response));
            }
        }
    }
    Ok(())
}
