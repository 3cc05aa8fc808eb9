//! WADO-RS (PS3.18 section 10.4): a retrieval is a C-GET whose objects are the parts of one answer, streamed as they are unsealed.
//!
//! Nothing is transcoded: what was asked for in another transfer syntax than it lies in is left out.

use super::{Body, Call, answered, header, said, unable};
use crate::outgoing::Outgoing;
use crate::part::{self, BrokenOff, PIECES_WAITING, Pieces};
use crate::query::Query;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use medward_dicomweb::multipart::Boundary;
use medward_dicomweb::{DICOM, DICOM_JSON, Level, Names, RELATED, accepts, data_set};
use medward_upper_layer::{Operation, Uid};
use medward_vault::ObjectId;
use medward_ward_ledger::{Event, METADATA_LEVEL};
use std::collections::VecDeque;
use std::io;

/// In which transfer syntaxes objects are acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Syntaxes {
    /// As they lie.
    Any,
    These(Vec<String>),
}

impl Syntaxes {
    /// Of the ranges that hold DICOM files; `None` where there are none.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let ranges = accepts(header(headers, ACCEPT), RELATED);
        let ranges = ranges.iter().filter(|range| range.parameter("type").is_none_or(|kind| kind == DICOM));
        let mut these = Vec::new();
        let mut is_empty = true;
        for range in ranges {
            is_empty = false;
            match range.parameter("transfer-syntax") {
                None | Some("*") => return Some(Self::Any),
                Some(syntax) => these.push(syntax.to_owned()),
            }
        }
        (!is_empty).then_some(Self::These(these))
    }

    fn hold(&self, syntax: &Uid) -> bool {
        match self {
            Self::Any => true,
            Self::These(these) => these.iter().any(|one| one == syntax.as_str()),
        }
    }
}

impl Call {
    /// Objects that were asked for and may be known of; else the answer.
    async fn wanted(&self, level: Level, names: &Names) -> Result<VecDeque<ObjectId>, Box<Response<Body>>> {
        self.may(Operation::Get).await?;
        let query = Query::of_names(level, names);
        let ids = self.service.retrieval.wanted(&self.asked, &self.counted.sender, query).await;
        let ids = ids.map_err(|not_done| Box::new(unable(&not_done)))?;
        if ids.is_empty() {
            return Err(Box::new(said(StatusCode::NOT_FOUND, "nothing here by this name")));
        }
        Ok(ids.into())
    }

    /// The next object that may be handed out in an acceptable transfer syntax.
    async fn next(&self, ids: &mut VecDeque<ObjectId>, syntaxes: &Syntaxes) -> Option<Outgoing> {
        let retrieval = &self.service.retrieval;
        while let Some(id) = ids.pop_front() {
            let is_acceptable = |object: &Outgoing| syntaxes.hold(&object.syntax);
            let handed =
                retrieval.hand_out(&self.asked, &self.counted.sender, None, &id, is_acceptable).await;
            if handed.is_some() {
                return handed;
            }
        }
        None
    }
}

/// Answers with DICOM files.
pub(super) async fn retrieve(call: Call, level: Level, names: &Names, headers: &HeaderMap) -> Response<Body> {
    let Some(syntaxes) = Syntaxes::of(headers) else {
        return said(
            StatusCode::NOT_ACCEPTABLE,
            "the answer is multipart/related; type=\"application/dicom\"",
        );
    };
    let mut ids = match call.wanted(level, names).await {
        Ok(ids) => ids,
        Err(response) => return *response,
    };
    let Some(first) = call.next(&mut ids, &syntaxes).await else {
        let text = "none of it can be had in an acceptable transfer syntax, or now";
        return said(StatusCode::NOT_ACCEPTABLE, text);
    };
    let made = Boundary::random().map(|boundary| {
        let kind = HeaderValue::from_str(&boundary.content_type(DICOM));
        (boundary, kind)
    });
    let Ok((boundary, Ok(kind))) = made else {
        return said(StatusCode::SERVICE_UNAVAILABLE, "the system gives no random bytes");
    };
    let (mut sender, body) = Channel::new(PIECES_WAITING);
    tokio::spawn(async move {
        let (vault, mut next) = (call.service.retrieval.results.clone(), Some(first));
        while let Some(object) = next {
            if part::send(&vault, &object, &boundary, &mut sender).await.is_err() {
                // Without its end the answer is none: whoever reads it sees that.
                sender.abort(io::ErrorKind::BrokenPipe.into());
                return;
            }
            next = call.next(&mut ids, &syntaxes).await;
        }
        // Whether the peer still is there or not.
        let _ = part::end(&boundary, &mut sender).await;
    });
    answered(StatusCode::OK, kind, body.boxed_unsync())
}

/// Answers with what the objects say of themselves, in the JSON model and without bulk.
pub(super) async fn metadata(call: Call, level: Level, names: &Names, headers: &HeaderMap) -> Response<Body> {
    let kinds = [DICOM_JSON, "application/json"];
    if kinds.iter().all(|kind| accepts(header(headers, ACCEPT), kind).is_empty()) {
        return said(StatusCode::NOT_ACCEPTABLE, "the answer is application/dicom+json");
    }
    let ids = match call.wanted(level, names).await {
        Ok(ids) => ids,
        Err(response) => return *response,
    };
    let canaries = &call.service.retrieval.canaries;
    let canary = names.study.as_ref().is_some_and(|study| canaries.contains(study.as_str()));
    let (sender, answers) = (call.counted.sender.clone(), ids.len() as u64);
    let event = Event::Queried { sender, level: METADATA_LEVEL.to_owned(), answers, canary };
    if let Err(not_done) = call.service.retrieval.record(event).await {
        return unable(&not_done);
    }
    let (mut out, body) = Channel::new(PIECES_WAITING);
    tokio::spawn(async move {
        if described(&call, ids, &mut out).await.is_err() {
            out.abort(io::ErrorKind::BrokenPipe.into());
        }
    });
    answered(StatusCode::OK, HeaderValue::from_static(DICOM_JSON), body.boxed_unsync())
}

async fn described(call: &Call, ids: VecDeque<ObjectId>, out: &mut Pieces) -> Result<(), BrokenOff> {
    let mut before = "[";
    for id in ids {
        let vault = call.service.retrieval.results.clone();
        let made = tokio::task::spawn_blocking(move || {
            let object = Outgoing::open(&vault, &id).ok()?;
            serde_json::to_vec(&data_set(&object.data_set)).ok()
        });
        let text = made.await.ok().flatten().ok_or(BrokenOff)?;
        let piece = [before.as_bytes(), &text].concat();
        out.send_data(piece.into()).await.map_err(|_| BrokenOff)?;
        before = ",";
    }
    out.send_data(Bytes::from_static(b"]")).await.map_err(|_| BrokenOff)
}
