//! Signing in through a provider: the way there, and back.

use super::passkey::site;
use crate::guard;
use crate::guard::{Gate, is_of_file, now, token};
use crate::page::bare;
use crate::provider::Return;
use crate::words;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// Name of the cookie that binds a way to its browser. It comes along from the provider's page, which `SameSite=Strict` would not.
const COOKIE: &str = "__Host-medward-provider";

fn kept(browser: &str, seconds: u32) -> HeaderValue {
    let text = format!("{COOKIE}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn refused(said: &str) -> Response {
    let body = html! {
        h1 { "Sign in" }
        p.alert role="alert" { (said) }
        p { a href="/sign-in" { (words::BY_ACCOUNT) } }
    };
    (StatusCode::UNAUTHORIZED, Html(bare("Sign in", &body).into_string())).into_response()
}

pub(crate) async fn go(State(gate): State<Arc<Gate>>, headers: HeaderMap) -> Response {
    let Some((origin, _)) = site(&headers) else { return refused(words::TRY_LATER) };
    let begun = tokio::task::spawn_blocking(move || {
        gate.provider.as_ref().map(|provider| provider.begin(&origin, now()))
    });
    match begun.await {
        Ok(Some(Ok(way))) => {
            ([(header::SET_COOKIE, kept(&way.browser, 600))], Redirect::to(&way.address)).into_response()
        }
        Ok(Some(Err(error))) => {
            eprintln!("medward: {error}");
            refused(words::PROVIDER_AWAY)
        }
        Ok(None) => super::missing().await,
        Err(_) => refused(words::TRY_LATER),
    }
}

pub(crate) async fn back(
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Query(back): Query<Return>,
) -> Response {
    let browser = guard::named(&headers, COOKIE).unwrap_or_default();
    let finishing = Arc::clone(&gate);
    let finished = tokio::task::spawn_blocking(move || {
        let subject = finishing.provider.as_ref()?.finish(&back, &browser, now());
        Some(subject.map(|subject| finishing.accounts.of_subject(&subject)))
    });
    let person = match finished.await {
        Ok(Some(Ok(Ok(Some(person))))) if is_of_file(&gate.device.now(), &person) => person,
        Ok(Some(Ok(Ok(_)))) => return refused(words::PROVIDER_STRANGER),
        Ok(Some(Ok(Err(error)))) => {
            eprintln!("medward: nobody can sign in: {error}");
            return refused(words::TRY_LATER);
        }
        Ok(Some(Err(error))) => {
            eprintln!("medward: {error}");
            return refused(words::PROVIDER_REFUSED);
        }
        Ok(None) => return super::missing().await,
        Err(_) => return refused(words::TRY_LATER),
    };
    // A token from before the sign-in never becomes one of a session.
    if let Some(former) = token(&headers) {
        gate.sessions.end(&former);
    }
    let Some(token) = gate.sessions.begin(&person, now()) else { return refused(words::TRY_LATER) };
    // Browsers keep a strict cookie back from a way that began at another site; this page begins a new one.
    let body = html! {
        meta http-equiv="refresh" content="0;url=/";
        h1 { "Signed in" }
        p { a href="/" { "Overview" } }
    };
    let mut page = Html(bare("Signed in", &body).into_string()).into_response();
    page.headers_mut().append(header::SET_COOKIE, guard::cookie(Some(&token)));
    page.headers_mut().append(header::SET_COOKIE, kept("", 0));
    page
}
