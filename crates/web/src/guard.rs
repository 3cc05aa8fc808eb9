//! What every request passes before a page: rate, origin, session, form token; and the headers that every answer leaves with.

use crate::accounts::Accounts;
use crate::browser::browser;
use crate::desk::{Desk, KeyThrottle, Sent};
use crate::device::{Device, Snapshot};
use crate::journal::Journal;
use crate::pages;
use crate::provider::SignInProvider;
use crate::questions::Questions;
use crate::rate::Rates;
use crate::rights::{self, Takes};
use crate::server::Source;
use crate::session::{COOKIE, Session, Sessions};
use crate::words;
use crate::work::Works;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use medward_file::kinds::Person;
use medward_ledger::Came;
use medward_sign_in::Throttle;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// Requests of a source: how many at once, and how many a second in the long run.
const BURST: f64 = 120.0;
const PER_SECOND: f64 = 20.0;
/// The same of a token of a program.
const PROGRAM_BURST: f64 = 400.0;
const PROGRAM_PER_SECOND: f64 = 50.0;
/// Largest form, in bytes.
const FORM_BYTES_MAX: usize = 64 << 10;
/// Passphrases hashed at once: each takes 64 MiB.
const HASHING_MAX: usize = 2;
/// Questions to a provider at once: one that hangs takes no thread from those who sign in with an account.
const ASKING_PROVIDER_MAX: usize = 4;
/// Sent by the page's own script when it asks by itself.
pub(crate) const BY_ITSELF: &str = "x-medward-refresh";

/// Headers of every answer. No script, style, frame or form of another place; nothing leaves to one.
pub(crate) const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers say `Origin: null` of our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// What is behind the pages.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) device: Device,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    /// Stamp of the removals of accounts that were acted on.
    removals_seen: AtomicU64,
    pub(crate) questions: Questions,
    pub(crate) provider: Option<SignInProvider>,
    pub(crate) throttle: Mutex<Throttle<IpAddr>>,
    pub(crate) hashing: Semaphore,
    pub(crate) asking_provider: Arc<Semaphore>,
    pub(crate) desk: Desk,
    pub(crate) journal: Journal,
    pub(crate) works: Works,
    pub(crate) sent: Sent,
    pub(crate) key_throttle: KeyThrottle,
    /// Held while a program tells something.
    pub(crate) reporting: tokio::sync::Mutex<()>,
    pub(crate) rates: Rates<IpAddr>,
    /// Requests of programs, by the names of their tokens.
    pub(crate) program_rates: Rates<String>,
}

/// Who asks, for the pages.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Id of the person.
    pub(crate) person: String,
    /// What forms carry.
    pub(crate) csrf: String,
    /// What their session is named by.
    pub(crate) session: String,
    /// When it began, in seconds since 1970-01-01.
    pub(crate) begun: u64,
}

impl Gate {
    pub(crate) fn new(device: Device, accounts: Accounts, desk: Desk) -> Self {
        let journal = Journal::open(&device.now().directory, &desk.ledger_key);
        Self {
            device,
            desk,
            journal,
            works: Works::default(),
            sent: Sent::default(),
            key_throttle: KeyThrottle::default(),
            reporting: tokio::sync::Mutex::default(),
            accounts,
            sessions: Sessions::default(),
            removals_seen: AtomicU64::default(),
            questions: Questions::default(),
            provider: None,
            throttle: Mutex::default(),
            hashing: Semaphore::new(HASHING_MAX),
            asking_provider: Arc::new(Semaphore::new(ASKING_PROVIDER_MAX)),
            rates: Rates::new(BURST, PER_SECOND),
            program_rates: Rates::new(PROGRAM_BURST, PROGRAM_PER_SECOND),
        }
    }

    /// Begins the session of a person who signed in; gives its token. One from before the sign-in never becomes that of a session.
    pub(crate) fn let_in(&self, headers: &HeaderMap, person: &str) -> Option<String> {
        if let Some(former) = token(headers) {
            self.sessions.end(&former);
        }
        let token = self.sessions.begin(person, &browser(headers), now())?;
        self.journal.note(Came::SignedIn, Some(person), "dashboard");
        Some(token)
    }

    fn reader(&self, headers: &HeaderMap, now: u64) -> Option<(Reader, Option<String>)> {
        let by_person = !headers.contains_key(BY_ITSELF);
        let (session, replacement) = self.session(&token(headers)?, now, by_person)?;
        let Session { person, csrf, name, begun, .. } = session;
        // Who left the file is out, whatever session they have.
        let is_of_file = is_of_file(&self.device.now(), &person);
        is_of_file.then_some((Reader { person, csrf, session: name, begun }, replacement))
    }

    /// The session of a token, as [`Sessions::find`] has it, unless its person's way in was taken away since it began.
    pub(crate) fn session(
        &self,
        token: &str,
        now: u64,
        by_person: bool,
    ) -> Option<(Session, Option<String>)> {
        let stamp = self.accounts.removals_stamp();
        if self.removals_seen.load(Ordering::Acquire) != stamp {
            match self.accounts.removals() {
                Ok(removals) => {
                    for (person, at) in &removals {
                        self.sessions.end_until(person, *at);
                    }
                    self.removals_seen.store(stamp, Ordering::Release);
                }
                // Looked at again with the next request.
                Err(error) => eprintln!("medward: it cannot be read whose account was removed: {error}"),
            }
        }
        self.sessions.find(token, now, by_person)
    }
}

/// Whether a person is in the file and holds their roles today.
pub(crate) fn is_of_file(snapshot: &Snapshot, person: &str) -> bool {
    let today: Date = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let found = snapshot.file.by_id::<Person>(person);
    found.is_some_and(|person| person.until.as_ref().is_none_or(|until| until.value >= today))
}

/// Seconds since 1970-01-01.
pub(crate) fn now() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or_default()
}

/// The token that a request brings.
pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    named(headers, COOKIE)
}

/// The value of a cookie that a request brings.
pub(crate) fn named(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
}

/// A cookie that keeps a session, or ends it where there is none.
pub(crate) fn cookie(token: Option<&str>) -> HeaderValue {
    let end = if token.is_none() { "; Max-Age=0" } else { "" };
    let text =
        format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict{end}", token.unwrap_or_default());
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The source for counting: of IPv6 the network, since a guesser has all addresses of it.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
        four @ IpAddr::V4(_) => four,
    }
}

/// Whether what changes something comes from a page of ours.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let own = text(header::HOST).map(|host| format!("https://{host}"));
    let site = text(HeaderName::from_static("sec-fetch-site"));
    own.is_some() && text(header::ORIGIN) == own.as_deref() && site.is_none_or(|site| site == "same-origin")
}

/// Compares in a time that does not depend on the content.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// The layer before all pages.
pub(crate) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = passed(&gate, request, next).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let kept = if path.starts_with("/assets/") { "private, max-age=3600" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

async fn passed(gate: &Gate, mut request: Request, next: Next) -> Response {
    let source = request.extensions().get::<Source>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |it| it.0);
    let source = network(source);
    request.extensions_mut().insert(Source(source));
    let now = now();
    if gate.rates.is_too_fast(source, now) {
        let mut refused = plain(StatusCode::TOO_MANY_REQUESTS, words::TOO_FAST);
        refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return refused;
    }
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    if changes && !is_own(request.headers()) {
        gate.journal.note(Came::Refused, None, "form");
        return plain(StatusCode::FORBIDDEN, words::FOREIGN_FORM);
    }
    let path = request.uri().path();
    if path == "/sign-in" || path.starts_with("/sign-in/") || path.starts_with("/assets/") {
        return next.run(request).await;
    }
    let Some((reader, replacement)) = gate.reader(request.headers(), now) else {
        if changes || request.headers().contains_key(BY_ITSELF) || path == "/events" {
            return plain(StatusCode::UNAUTHORIZED, words::SIGNED_OUT);
        }
        return Redirect::to("/sign-in").into_response();
    };
    match rights::takes(path) {
        Takes::Session => {}
        Takes::Right(known, right) => {
            if rights::by(&gate.device.now().file, &reader.person, right).is_empty() {
                gate.journal.note(Came::Refused, Some(&reader.person), known);
                return pages::refused();
            }
        }
        Takes::Nothing => return pages::missing(),
    }
    if changes {
        let (parts, body) = request.into_parts();
        let Ok(bytes) = to_bytes(body, FORM_BYTES_MAX).await else {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, words::FORM_TOO_LARGE);
        };
        let given = form_urlencoded::parse(&bytes).find(|(name, _)| name == "csrf");
        if !given.is_some_and(|(_, value)| is_same(value.as_bytes(), reader.csrf.as_bytes())) {
            gate.journal.note(Came::Refused, Some(&reader.person), "form");
            return plain(StatusCode::FORBIDDEN, words::FOREIGN_FORM);
        }
        request = Request::from_parts(parts, Body::from(bytes));
    }
    request.extensions_mut().insert(reader);
    let mut response = next.run(request).await;
    if let Some(replacement) = replacement
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie(Some(&replacement)));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_host_alone_and_answers_say_what_browsers_may_do() {
        for token in [Some("A"), None] {
            let text = cookie(token).to_str().unwrap().to_owned();
            assert!(text.starts_with("__Host-") && !text.contains("Domain"), "{text}");
            for attribute in ["; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
                assert!(text.contains(attribute), "{text}");
            }
        }
        let said =
            |name: &str| HEADERS.iter().find(|(header, _)| header == name).map(|(_, value)| *value).unwrap();
        let policy = said("content-security-policy");
        for directive in
            ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(directive), "{directive}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains('*'));
        assert_eq!(said("referrer-policy"), "same-origin");
        assert_eq!(said("x-content-type-options"), "nosniff");
        assert!(said("strict-transport-security").starts_with("max-age=31536000"));
    }
}
