//! Signing in and out.

use super::View;
use crate::WebError;
use crate::guard::{Gate, cookie, is_of_file, now, token};
use crate::page::bare;
use crate::server::Source;
use crate::words;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use maud::html;
use medward_sign_in::{AccountError, Standing};
use std::sync::{Arc, PoisonError};
use zeroize::Zeroizing;

/// Longest name asked for, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// What the form brings.
#[derive(serde::Deserialize)]
pub(crate) struct Credentials {
    person: String,
    passphrase: String,
    code: String,
}

fn page(gate: &Gate, status: StatusCode, said: Option<&str>) -> Response {
    let body = html! {
        form.sign-in method="post" action="/sign-in" {
            h1 { "Sign in" }
            p.lead { (words::SIGN_IN_LEAD) }
            @if let Some(said) = said { p.alert role="alert" { (said) } }
            label { "Name" input name="person" autocomplete="username" required autofocus maxlength=(NAME_BYTES_MAX) autocapitalize="none" spellcheck="false"; }
            label { "Passphrase" input name="passphrase" type="password" autocomplete="current-password" required maxlength="1024"; }
            label { "One-time code" input name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="12" pattern="[0-9 ]*"; }
            button { "Sign in" }
            div data-passkey hidden {
                p.alert role="alert" data-said hidden {}
                button.button type="button" data-sign-in { (words::BY_PASSKEY) }
            }
            @if let Some(provider) = &gate.provider {
                a.button href="/sign-in/provider" { (words::BY_PROVIDER) " " (provider.name()) }
            }
            script src="/assets/passkey.js" defer {}
        }
    };
    (status, Html(bare("Sign in", &body).into_string())).into_response()
}

pub(crate) async fn form(State(gate): State<Arc<Gate>>) -> Response {
    page(&gate, StatusCode::OK, None)
}

pub(crate) async fn enter(
    State(gate): State<Arc<Gate>>,
    Extension(Source(source)): Extension<Source>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Response {
    let person = given.person.trim().to_owned();
    if person.len() > NAME_BYTES_MAX {
        return page(&gate, StatusCode::UNAUTHORIZED, Some(words::WRONG));
    }
    let throttle = || gate.throttle.lock().unwrap_or_else(PoisonError::into_inner);
    // Bound to a name, so that the lock is free again before anything waits.
    let standing = throttle().standing(&person, &source, now());
    if let Standing::Wait(seconds) = standing {
        let said = format!("Too many tries. Wait {seconds} seconds.");
        let mut refused = page(&gate, StatusCode::TOO_MANY_REQUESTS, Some(&said));
        refused.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        return refused;
    }
    let Ok(_permit) = gate.hashing.acquire().await else {
        return page(&gate, StatusCode::SERVICE_UNAVAILABLE, Some(words::TRY_LATER));
    };
    let tried = {
        let (gate, person) = (Arc::clone(&gate), person.clone());
        let code: String = given.code.split_whitespace().collect();
        let passphrase = Zeroizing::new(given.passphrase);
        tokio::task::spawn_blocking(move || gate.accounts.sign_in(&person, &passphrase, &code, now())).await
    };
    match tried {
        Ok(Ok(())) if is_of_file(&gate.device.now(), &person) => {}
        Ok(Ok(()) | Err(WebError::Account(AccountError::Wrong))) => {
            throttle().failed(&person, &source, now());
            return page(&gate, StatusCode::UNAUTHORIZED, Some(words::WRONG));
        }
        Ok(Err(error)) => {
            eprintln!("medward: nobody can sign in: {error}");
            return page(&gate, StatusCode::SERVICE_UNAVAILABLE, Some(words::TRY_LATER));
        }
        Err(_) => return page(&gate, StatusCode::SERVICE_UNAVAILABLE, Some(words::TRY_LATER)),
    }
    throttle().signed_in(&person, &source, now());
    // A token from before the sign-in never becomes one of a session.
    if let Some(former) = token(&headers) {
        gate.sessions.end(&former);
    }
    match gate.sessions.begin(&person, now()) {
        Some(token) => ([(header::SET_COOKIE, cookie(Some(&token)))], Redirect::to("/")).into_response(),
        None => page(&gate, StatusCode::SERVICE_UNAVAILABLE, Some(words::TRY_LATER)),
    }
}

pub(crate) async fn leave(view: View, headers: HeaderMap) -> Response {
    if let Some(token) = token(&headers) {
        view.gate.sessions.end(&token);
    }
    ([(header::SET_COOKIE, cookie(None))], Redirect::to("/sign-in")).into_response()
}
