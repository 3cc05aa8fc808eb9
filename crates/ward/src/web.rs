//! DICOMweb (PS3.18) at a door of its own: each request is asked of the same layers as an association and its operations, and what it
//! stores, searches or retrieves goes the same ways. It speaks HTTP/1.1 over the transport of the ward, and nothing else.

mod patient;
mod retrieval;
mod search;
mod store;

use crate::decision::{Asked, Moment, Peer, Refusal, Shown};
use crate::retrieve::{self, NotDone};
use crate::service::{Counted, Service};
use crate::tokens::Tokens;
use crate::traces::Name;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::header::{RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use medward_dicomweb::{Level, Resource};
use medward_file::kinds::WardLayer;
use medward_upper_layer::{Operation, Uid};
use patient::Patient;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// Where the service is, below the address of its door.
pub const ROOT: &str = "/dicom-web";
/// For the head of a request to come whole, and for the next one on the same connection.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a head, and what is read of a body at once; headers in it.
const BUFFER_BYTES: usize = 128 << 10;
const HEADERS_MAX: usize = 64;

/// Body of an answer.
type Body = UnsyncBoxBody<Bytes, io::Error>;

/// One request that the layers let in, and on whose behalf.
struct Call {
    service: Arc<Service>,
    asked: Asked,
    counted: Counted,
}

/// Serves a connection to its end.
pub(crate) async fn serve<S>(service: Arc<Service>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let bounds = service.configuration.bounds;
    let mut stopped = service.stopped.clone();
    // A gateway that is gone has stopped as well.
    let stopping = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    let handle = service_fn(move |request| {
        let (service, peer) = (Arc::clone(&service), peer.clone());
        async move { Ok::<_, Infallible>(answer(service, peer, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD.min(bounds.idle))
        .max_buf_size(BUFFER_BYTES)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Patient::new(stream, bounds.idle)), handle);
    let mut connection = pin!(connection);
    let whole = async {
        tokio::select! {
            // How a connection ends is between the peers; what came of its objects was written down one by one.
            _ = connection.as_mut() => {}
            () = stopping => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    };
    let _ = timeout(bounds.association, whole).await;
}

/// An answer of a few words.
fn said(status: StatusCode, text: &str) -> Response<Body> {
    let line = format!("{text}\n");
    whole(status, "text/plain; charset=utf-8", line.into_bytes())
}

/// An answer that is in memory.
fn whole(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let body = Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync();
    answered(status, HeaderValue::from_static(kind), body)
}

fn answered(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// How a refusal is told: whether it is about who asks, and nothing more.
fn refused(refusal: &Refusal) -> Response<Body> {
    if refusal.layer == WardLayer::Identity {
        unknown()
    } else {
        said(StatusCode::FORBIDDEN, "not permitted")
    }
}

fn unknown() -> Response<Body> {
    let mut response = said(StatusCode::UNAUTHORIZED, "not known, or not by this way");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The token of a request. One that cannot be read is one that nobody has.
fn shown(service: &Service, headers: &HeaderMap) -> Option<Shown> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (found.next()?, found.next());
    let text = first.to_str().ok().filter(|_| second.is_none());
    let token = text.and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map_or("", |(_, token)| token.trim_matches(' '));
    let now = Timestamp::now().as_second();
    Some(match &service.issuer {
        Some(issuer) if !Tokens::are_like(token) => issuer.look(token, now),
        _ => service.tokens.look(token, now),
    })
}

/// An answer that something failed which is not about the request; it may be tried again.
fn unable(not_done: &NotDone) -> Response<Body> {
    said(StatusCode::SERVICE_UNAVAILABLE, &not_done.1)
}

/// A header as text; one that is none counts as not there.
fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn answer(service: Arc<Service>, peer: Peer, request: Request<Incoming>) -> Response<Body> {
    let configuration = Arc::clone(&service.configuration);
    let token = shown(&service, request.headers());
    // Who it is says the certificate, else the token; that both agree is for the layers to see.
    let fingerprint = peer.secured.as_ref().map_or("", |secured| secured.fingerprint.as_str());
    let by_token = |shown: &Shown| configuration.senders.iter().find(|sender| sender.id == shown.sender);
    let sender = configuration.sender_by_certificate(fingerprint).or_else(|| by_token(token.as_ref()?));
    let Some(sender) = sender else {
        // Whatever the layers think: nothing is done for nobody.
        let is_on = configuration.is_on(WardLayer::Identity);
        let layer = if is_on { WardLayer::Identity } else { WardLayer::Vault };
        service.refused(Refusal::new(layer, "nobody-known"), None, peer.address).await;
        return unknown();
    };
    let asked = Asked {
        peer,
        calling: sender.title.clone(),
        called: configuration.title.clone(),
        token,
        trace: None,
    };
    if let Err(refusal) = service.layers.decide(&Moment::Association(&asked)) {
        service.refused(refusal.clone(), Some(sender.id.clone()), asked.peer.address).await;
        return refused(&refusal);
    }
    let Some(counted) = service.count(&asked) else {
        let mut response = said(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once, try again");
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    };
    let mut span = service.watch.span(Name::Request, None);
    span.record("medward.sender", &counted.sender);
    let asked = Asked { trace: span.context(), ..asked };
    let response = Call { service, asked, counted }.answer(request).await;
    span.number("http.response.status_code", response.status().as_u16().into());
    let is_well = response.status().is_success();
    span.outcome(if is_well { "answered" } else { "refused" }, is_well);
    response
}

impl Call {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        let resource = request.uri().path().strip_prefix(ROOT).map(Resource::of);
        let Some(Ok(resource)) = resource else {
            return said(StatusCode::NOT_FOUND, "no such resource");
        };
        match (request.method(), resource) {
            (&Method::POST, Resource::All(Level::Study, names) | Resource::One(Level::Study, names)) => {
                store::store(&self, names.study, request).await
            }
            (&Method::GET, Resource::All(level, names)) => search::search(self, level, names, request).await,
            (&Method::GET, Resource::One(level, names)) => {
                retrieval::retrieve(self, level, &names, request.headers()).await
            }
            (&Method::GET, Resource::Metadata(level, names)) => {
                retrieval::metadata(self, level, &names, request.headers()).await
            }
            _ => {
                let mut response = said(StatusCode::METHOD_NOT_ALLOWED, "not by this method");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
                response
            }
        }
    }

    /// Asks all layers about an operation; the answer where one refuses.
    async fn may(&self, operation: Operation) -> Result<(), Box<Response<Body>>> {
        let model: Option<Uid> = retrieve::model(operation).and_then(|model| model.parse().ok());
        let Some(wanted) = model.as_ref().and_then(retrieve::wanted) else {
            return Err(Box::new(said(StatusCode::METHOD_NOT_ALLOWED, "not by this method")));
        };
        let refusal = match self.service.layers.decide(&Moment::Operation(&self.asked, &wanted)) {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        let (sender, address) = (self.counted.sender.clone(), self.asked.peer.address);
        self.service.refused(refusal.clone(), Some(sender), address).await;
        Err(Box::new(refused(&refusal)))
    }
}
