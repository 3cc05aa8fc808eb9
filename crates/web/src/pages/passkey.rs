//! Signing in with a passkey: a question, and the answer of the authenticator.

use crate::WebError;
use crate::guard::{Gate, cookie, is_of_file, now, token};
use crate::json::Json;
use crate::questions::For;
use crate::server::Source;
use crate::words;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Form};
use medward_sign_in::{Answer, PasskeyError, Site, Standing};
use std::sync::{Arc, PoisonError};

/// Failures with passkeys are counted together for each source: there is no name to count them by.
const NOBODY: &str = "";

/// The address of the site that a request is for, and its host without the port. The guard has held the former against the origin.
pub(crate) fn site(headers: &HeaderMap) -> Option<(String, String)> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    Some((format!("https://{host}"), name.to_owned()))
}

pub(crate) async fn question(State(gate): State<Arc<Gate>>) -> Response {
    match gate.questions.ask(For::SignIn, now()) {
        Some(challenge) => Json(serde_json::json!({ "challenge": challenge })).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    }
}

/// What a browser answers.
#[derive(serde::Deserialize)]
pub(crate) struct Given {
    id: String,
    authenticator: String,
    client: String,
    signature: String,
}

pub(crate) async fn enter(
    State(gate): State<Arc<Gate>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    let throttle = || gate.throttle.lock().unwrap_or_else(PoisonError::into_inner);
    // Nobody guesses a signature: failures of others slow nobody down.
    let standing = throttle().emergency(NOBODY, &source, now());
    if let Standing::Wait(seconds) = standing {
        let said = format!("Too many tries. Wait {seconds} seconds.");
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], said)
            .into_response();
    }
    let tried = {
        let (gate, site) = (Arc::clone(&gate), site(&headers));
        tokio::task::spawn_blocking(move || {
            let challenge = medward_sign_in::challenge_of(&given.client)?;
            if !gate.questions.take(&challenge, &For::SignIn, now()) {
                return Err(WebError::Passkey(PasskeyError::Challenge));
            }
            let (origin, host) = site.ok_or(PasskeyError::Site)?;
            let site = Site { origin: &origin, host: &host };
            let answer = Answer { id: &given.id, client: &given.client, authenticator: &given.authenticator };
            gate.accounts.sign_in_by_passkey(&answer, &given.signature, &challenge, &site)
        })
        .await
    };
    let person = match tried {
        Ok(Ok(person)) if is_of_file(&gate.device.now(), &person) => person,
        Ok(Ok(_) | Err(WebError::Passkey(_))) => {
            throttle().failed(NOBODY, &source, now());
            return (StatusCode::UNAUTHORIZED, words::WRONG_PASSKEY).into_response();
        }
        Ok(Err(error)) => {
            eprintln!("medward: nobody can sign in with a passkey: {error}");
            return (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response();
        }
        Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    };
    throttle().signed_in(NOBODY, &source, now());
    // A token from before the sign-in never becomes one of a session.
    if let Some(former) = token(&headers) {
        gate.sessions.end(&former);
    }
    match gate.sessions.begin(&person, now()) {
        Some(token) => (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(Some(&token)))]).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    }
}
