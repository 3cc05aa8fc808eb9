//! What every request of a program passes: token, rate, scope; and the headers that every answer leaves with.

use super::problem::Problem;
use crate::device::Snapshot;
use crate::guard::{Gate, HEADERS, is_of_file, network, now};
use crate::rights::{self, Right};
use crate::server::Source;
use crate::tokens::Scope;
use crate::words;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use medward_ledger::Came;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Largest answer that is told apart by its content, in bytes.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// That a token counts; whose it is and what for.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Name of the token.
    pub(crate) token: String,
    owner: String,
    scopes: BTreeSet<Scope>,
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The guard lets nobody else through; without it nobody is let in.
        let unknown = || Problem::new(StatusCode::UNAUTHORIZED, words::NO_TOKEN);
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}

/// A scope that an operation asks for.
pub(crate) trait Needs {
    const SCOPE: Scope;
}

/// The device as it stands, for whom the scope allows to read it. There is no other way to it.
pub(crate) struct Reading<N> {
    pub(crate) snapshot: Arc<Snapshot>,
    needs: PhantomData<N>,
}

impl<N: Needs> FromRequestParts<Arc<Gate>> for Reading<N> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Response> {
        scoped::<N>(parts, gate).await?;
        Ok(Self { snapshot: gate.device.now(), needs: PhantomData })
    }
}

/// What an operation that writes asks for besides: a right of the person who answers for the token.
pub(crate) trait Writes: Needs {
    const RIGHT: Right;
}

/// That a program may write: by the scope of its token, and by what the roles of the token's owner allow on the pages today.
pub(crate) struct Writing<W> {
    pub(crate) known: Known,
    writes: PhantomData<W>,
}

impl<W: Writes> FromRequestParts<Arc<Gate>> for Writing<W> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Response> {
        let known = scoped::<W>(parts, gate).await?;
        if rights::by(&gate.device.now().file, &known.owner, W::RIGHT).is_empty() {
            gate.journal.note(Came::Refused, Some(&known.owner), "api");
            let may = rights::words(W::RIGHT);
            let detail =
                format!("`{}` answers for this token, and none of their roles may {may}.", known.owner);
            return Err(Problem::new(StatusCode::FORBIDDEN, detail).into_response());
        }
        Ok(Self { known, writes: PhantomData })
    }
}

/// The token, if it has the scope.
async fn scoped<N: Needs>(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Known, Response> {
    let known = Known::from_request_parts(parts, gate).await.map_err(Problem::into_response)?;
    if known.scopes.contains(&N::SCOPE) {
        return Ok(known);
    }
    let word = N::SCOPE.word();
    let detail = format!("The token lacks the scope `{word}`.");
    let mut refused = Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{word}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    Err(refused)
}

fn too_fast() -> Response {
    let mut refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, words::TOO_FAST).into_response();
    refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    refused
}

/// The token that a request brings (RFC 6750 section 2.1); never in an address, where logs keep it.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The layer before all operations.
pub(crate) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let mut response = passed(&gate, request, next).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

async fn passed(gate: &Arc<Gate>, mut request: Request, next: Next) -> Response {
    let source = request.extensions().get::<Source>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |it| it.0);
    let now = now();
    let known = match known(gate, request.headers(), now).await {
        Ok(known) => known,
        // Who guesses waits like whoever asks for pages too fast.
        Err(_) if gate.rates.is_too_fast(network(source), now) => return too_fast(),
        Err(refused) => return *refused,
    };
    if gate.program_rates.is_too_fast(known.token.clone(), now) {
        return too_fast();
    }
    let seen = request.headers().get(header::IF_NONE_MATCH).cloned();
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    request.extensions_mut().insert(known);
    let answer = next.run(request).await;
    if is_read { tagged(answer, seen.as_ref()).await } else { answer }
}

/// Who asks, and what for.
async fn known(gate: &Arc<Gate>, headers: &HeaderMap, now: u64) -> Result<Known, Box<Response>> {
    let refused = |challenge: &'static str| {
        let mut refused = Problem::new(StatusCode::UNAUTHORIZED, words::NO_TOKEN).into_response();
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        Box::new(refused)
    };
    let text = zeroize::Zeroizing::new(bearer(headers).ok_or_else(|| refused("Bearer"))?.to_owned());
    let tokens = Arc::clone(gate);
    let found = tokio::task::spawn_blocking(move || tokens.accounts.tokens().find(&text, now)).await;
    let (name, token) = match found {
        Ok(Ok(Some(found))) if is_of_file(&gate.device.now(), &found.1.owner) => found,
        Ok(Ok(_)) => return Err(refused("Bearer error=\"invalid_token\"")),
        Ok(Err(error)) => {
            eprintln!("medward: no token can be looked up: {error}");
            return Err(Box::new(Problem::unreadable(words::TRY_LATER).into_response()));
        }
        Err(_) => return Err(Box::new(Problem::unreadable(words::TRY_LATER).into_response())),
    };
    Ok(Known { token: name, owner: token.owner, scopes: token.scopes })
}

/// Names an answer by its content (RFC 9110 section 8.8.3), and leaves out what the program has.
async fn tagged(response: Response, seen: Option<&HeaderValue>) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return Problem::unreadable("The answer is too large; ask for less of it.").into_response();
    };
    let digest = medward_ledger::Digest::of(Sha256::digest(&bytes).into());
    let tag = format!("\"{}\"", digest.as_str().get(..32).unwrap_or_default());
    let mut tags = seen.and_then(|seen| seen.to_str().ok()).unwrap_or_default().split(',').map(str::trim);
    let is_seen = tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag);
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if is_seen {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
