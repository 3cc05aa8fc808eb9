//! The account of who is signed in: passkeys, and sessions with the way to end each or all.

use super::View;
use super::passkey::site;
use crate::WebError;
use crate::guard::{cookie, now};
use crate::json::Json;
use crate::page::{moment, shown};
use crate::questions::For;
use crate::words::{self, mark};
use axum::Form;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use medward_ledger::Came;
use medward_sign_in::{Answer, PASSKEY_ALGORITHMS, Passkey};
use std::sync::Arc;

/// Seconds after signing in for which somebody may take a new passkey: a session that was left open gives nobody a way in that stays.
const FRESH_SECONDS: u64 = 600;
/// Longest name of a passkey, in characters.
const NAME_MAX: usize = 60;

pub(crate) async fn show(view: View) -> Html<String> {
    let passkeys = view.gate.accounts.passkeys(&view.reader.person).unwrap_or_default();
    let at = |seconds: u64| medward_evidence::moment(i64::try_from(seconds).unwrap_or(i64::MAX));
    let csrf = &view.reader.csrf;
    let body = html! {
        section.card aria-labelledby="passkeys" {
            h2 #passkeys { "Passkeys" }
            p.hint { (words::PASSKEYS_LEAD) }
            ul.lines {
                @for passkey in &passkeys {
                    li {
                        span { (passkey.name) } span.hint { "since " (moment(at(passkey.made))) }
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
            p.hint { (words::SESSIONS_LEAD) }
            ul.lines {
                @for session in view.gate.sessions.of(&view.reader.person, now()) {
                    @let is_this = session.name == view.reader.session;
                    li {
                        span { (session.browser) }
                        @if is_this { (shown(mark("good", "●", "this one"))) }
                        span.hint { "since " (moment(at(session.begun))) " · last page " (moment(at(session.seen))) }
                        form method="post" action="/account/session/end" {
                            input type="hidden" name="csrf" value=(csrf);
                            input type="hidden" name="session" value=(session.name);
                            button.plain aria-label={ "End the session in " (session.browser) " since " (at(session.begun)) } { "End" }
                        }
                    }
                }
            }
            form.row method="post" action="/account/sign-out" {
                input type="hidden" name="csrf" value=(csrf);
                button { "Sign out everywhere" }
            }
        }
    };
    view.page("/account", "Your account", words::ACCOUNT_LEAD, &body)
}

/// Whether the person signed in just now.
fn is_fresh(view: &View) -> bool {
    now().saturating_sub(view.reader.begun) <= FRESH_SECONDS
}

fn stale() -> Response {
    (StatusCode::FORBIDDEN, words::NOT_FRESH).into_response()
}

pub(crate) async fn question(view: View) -> Response {
    if !is_fresh(&view) {
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
        None => (StatusCode::SERVICE_UNAVAILABLE, words::NOT_NOW).into_response(),
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
    if !is_fresh(&view) {
        return stale();
    }
    let (gate, person, now) = (Arc::clone(&view.gate), view.reader.person.clone(), now());
    let site = site(&headers);
    let name: String = new.name.trim().chars().filter(|it| !it.is_control()).take(NAME_MAX).collect();
    let added = tokio::task::spawn_blocking(move || {
        let challenge = medward_sign_in::challenge_of(&new.client)?;
        if !gate.questions.take(&challenge, &For::Passkey(person.clone()), now) {
            return Err(medward_sign_in::PasskeyError::Challenge.into());
        }
        let (origin, host) = site.ok_or(medward_sign_in::PasskeyError::Site)?;
        let site = medward_sign_in::Site { origin: &origin, host: &host };
        let answer = Answer { id: &new.id, client: &new.client, authenticator: &new.authenticator };
        let made = Passkey::register(&answer, (&new.key, new.algorithm), &challenge, &site, (&name, now))?;
        gate.accounts.add_passkey(&person, made)
    });
    match added.await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(WebError::Passkey(error))) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Ok(Err(error)) => {
            eprintln!("medward: no passkey can be kept: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, words::NOT_NOW).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, words::NOT_NOW).into_response(),
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
        _ => (StatusCode::SERVICE_UNAVAILABLE, words::NOT_NOW).into_response(),
    }
}

/// Which session ends.
#[derive(serde::Deserialize)]
pub(crate) struct Ended {
    session: String,
}

pub(crate) async fn end_session(view: View, Form(Ended { session }): Form<Ended>) -> Response {
    view.gate.sessions.end_named(&view.reader.person, &session);
    view.gate.journal.note(Came::SignedOut, Some(&view.reader.person), "dashboard");
    if session != view.reader.session {
        return Redirect::to("/account").into_response();
    }
    ([(header::SET_COOKIE, cookie(None))], Redirect::to("/sign-in")).into_response()
}

pub(crate) async fn sign_out_everywhere(view: View) -> Response {
    view.gate.sessions.end_all(&view.reader.person);
    view.gate.journal.note(Came::SignedOut, Some(&view.reader.person), "dashboard");
    ([(header::SET_COOKIE, cookie(None))], Redirect::to("/sign-in")).into_response()
}
