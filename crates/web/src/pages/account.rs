//! The account of who is signed in: passkeys, and signing out everywhere.

use super::View;
use super::passkey::site;
use crate::WebError;
use crate::guard::{cookie, now, token};
use crate::json::Json;
use crate::page::{moment, shown};
use crate::questions::For;
use crate::words::{self, mark};
use axum::Form;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use maud::html;
use medward_sign_in::{Answer, PASSKEY_ALGORITHMS, Passkey};
use std::sync::Arc;

/// Seconds after signing in for which somebody may take a new passkey: a session that was left open gives nobody a way in that stays.
const FRESH_SECONDS: u64 = 600;
/// Longest name of a passkey, in characters.
const NAME_MAX: usize = 60;

pub(crate) async fn show(view: View) -> Html<String> {
    let passkeys = view.gate.accounts.passkeys(&view.reader.person).unwrap_or_default();
    let made = |passkey: &Passkey| {
        i64::try_from(passkey.made).ok().and_then(|it| Timestamp::from_second(it).ok()).unwrap_or_default()
    };
    let csrf = &view.reader.csrf;
    let body = html! {
        section.card aria-labelledby="passkeys" {
            h2 #passkeys { "Passkeys" }
            p.hint { (words::PASSKEYS_LEAD) }
            ul.lines {
                @for passkey in &passkeys {
                    li {
                        span { (passkey.name) } span.hint { "since " (moment(made(passkey))) }
                        form method="post" action="/account/passkey/remove" {
                            input type="hidden" name="csrf" value=(csrf);
                            input type="hidden" name="id" value=(passkey.id);
                            button.plain aria-label={ "Remove " (passkey.name) } { "Remove" }
                        }
                    }
                }
            }
            p.alert role="alert" data-said hidden {}
            form.row data-add data-passkey hidden {
                input type="hidden" name="csrf" value=(csrf);
                label { "What it is called" " " input name="name" required maxlength=(NAME_MAX) placeholder="laptop"; }
                button { "Add a passkey" }
            }
            script src="/assets/passkey.js" defer {}
        }
        section.card aria-labelledby="sessions" {
            h2 #sessions { "Sessions" }
            p { (shown(mark("quiet", "·", "open"))) " " (view.gate.sessions.count(&view.reader.person, now())) }
            p.hint { (words::SESSIONS_LEAD) }
            form.row method="post" action="/account/sign-out" {
                input type="hidden" name="csrf" value=(csrf);
                button { "Sign out everywhere" }
            }
        }
    };
    view.page("/account", "Your account", words::ACCOUNT_LEAD, &body)
}

/// Whether the person signed in just now.
fn is_fresh(view: &View, headers: &HeaderMap) -> bool {
    let begun = token(headers).and_then(|token| view.gate.sessions.begun(&token));
    begun.is_some_and(|begun| now().saturating_sub(begun) <= FRESH_SECONDS)
}

fn stale() -> Response {
    (StatusCode::FORBIDDEN, words::NOT_FRESH).into_response()
}

pub(crate) async fn question(view: View, headers: HeaderMap) -> Response {
    if !is_fresh(&view, &headers) {
        return stale();
    }
    let person = view.reader.person.clone();
    let known = view.gate.accounts.passkeys(&person).unwrap_or_default();
    let known: Vec<_> = known.into_iter().map(|passkey| passkey.id).collect();
    match view.gate.questions.ask(For::Passkey(person.clone()), now()) {
        Some(challenge) => {
            let question = serde_json::json!({
                "challenge": challenge, "user": person, "algorithms": PASSKEY_ALGORITHMS, "known": known,
            });
            Json(question).into_response()
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    }
}

/// What a browser gives of a new passkey.
#[derive(serde::Deserialize)]
pub(crate) struct New {
    name: String,
    id: String,
    key: String,
    algorithm: i64,
    authenticator: String,
    client: String,
}

pub(crate) async fn add(view: View, headers: HeaderMap, Form(new): Form<New>) -> Response {
    if !is_fresh(&view, &headers) {
        return stale();
    }
    let (person, now) = (view.reader.person.clone(), now());
    let name: String = new.name.trim().chars().filter(|it| !it.is_control()).take(NAME_MAX).collect();
    let added = || {
        let challenge = medward_sign_in::challenge_of(&new.client)?;
        if !view.gate.questions.take(&challenge, &For::Passkey(person.clone()), now) {
            return Err(medward_sign_in::PasskeyError::Challenge.into());
        }
        let (origin, host) = site(&headers).ok_or(medward_sign_in::PasskeyError::Site)?;
        let site = medward_sign_in::Site { origin: &origin, host: &host };
        let answer = Answer { id: &new.id, client: &new.client, authenticator: &new.authenticator };
        let made = Passkey::register(&answer, (&new.key, new.algorithm), &challenge, &site, (&name, now))?;
        view.gate.accounts.add_passkey(&person, made)
    };
    match added() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(WebError::Passkey(error)) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Err(error) => {
            eprintln!("medward: no passkey can be kept: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response()
        }
    }
}

/// Which passkey goes.
#[derive(serde::Deserialize)]
pub(crate) struct Gone {
    id: String,
}

pub(crate) async fn remove(view: View, Form(Gone { id }): Form<Gone>) -> Response {
    let (gate, person) = (Arc::clone(&view.gate), view.reader.person.clone());
    match tokio::task::spawn_blocking(move || gate.accounts.remove_passkey(&person, &id)).await {
        Ok(Ok(())) => Redirect::to("/account").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    }
}

pub(crate) async fn sign_out_everywhere(view: View) -> Response {
    view.gate.sessions.end_all(&view.reader.person);
    ([(header::SET_COOKIE, cookie(None))], Redirect::to("/sign-in")).into_response()
}
