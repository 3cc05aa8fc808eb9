//! The pages, one file each, and the way to them. To add one: its file here, its line in [`router`] and in `words::PAGES`.

mod account;
mod assets;
mod controls;
mod events;
mod findings;
mod incidents;
mod ledger;
mod overview;
mod passkey;
mod paths;
mod people;
mod provider;
mod requirements;
mod risks;
mod sign_in;

use crate::device::Snapshot;
use crate::guard::{Gate, Reader, guard};
use crate::page::{self, bare};
use crate::words;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use std::sync::Arc;

/// All ways in. The guard stands before every one, also before those that do not exist.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/risks", get(risks::list))
        .route("/risk", get(risks::one))
        .route("/controls", get(controls::list))
        .route("/control", get(controls::one))
        .route("/paths", get(paths::show))
        .route("/paths.svg", get(paths::drawing))
        .route("/requirements", get(requirements::list))
        .route("/catalog", get(requirements::one))
        .route("/incidents", get(incidents::show))
        .route("/case", get(incidents::one))
        .route("/findings", get(findings::show))
        .route("/ledger", get(ledger::show))
        .route("/ledger/checkpoint", get(ledger::checkpoint))
        .route("/ledger/verify", post(ledger::verify))
        .route("/people", get(people::show))
        .route("/events", get(events::stream))
        .route("/sign-in", get(sign_in::form).post(sign_in::enter))
        .route("/sign-in/passkey", post(passkey::enter))
        .route("/sign-in/passkey/question", post(passkey::question))
        .route("/sign-in/provider", get(provider::go))
        .route("/sign-in/return", get(provider::back))
        .route("/account", get(account::show))
        .route("/account/passkey", post(account::add))
        .route("/account/passkey/question", post(account::question))
        .route("/account/passkey/remove", post(account::remove))
        .route("/account/sign-out", post(account::sign_out_everywhere))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{name}", get(assets::asset))
        .fallback(missing)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&gate), guard))
        .with_state(gate)
}

/// Who looks at what.
pub(crate) struct View {
    pub(crate) gate: Arc<Gate>,
    pub(crate) reader: Reader,
    pub(crate) snapshot: Arc<Snapshot>,
}

impl FromRequestParts<Arc<Gate>> for View {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Response> {
        // The guard lets nobody else through; without it nobody is let in.
        let reader = parts.extensions.get::<Reader>().cloned();
        let reader = reader.ok_or_else(|| Redirect::to("/sign-in").into_response())?;
        Ok(Self { gate: Arc::clone(gate), reader, snapshot: gate.device.now() })
    }
}

impl View {
    fn page(&self, path: &str, title: &str, lead: &str, body: &Markup) -> Html<String> {
        Html(page::page(self, path, title, lead, body).into_string())
    }

    /// Where a record is asked for that the file does not hold.
    fn no_record(&self) -> Response {
        let body = html! { p { a href="/" { "Overview" } } };
        (StatusCode::NOT_FOUND, self.page("", words::NO_RECORD, "", &body)).into_response()
    }
}

/// The id that a page is about.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Id {
    #[serde(default)]
    id: String,
}

/// Where a long table begins.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    from: usize,
}

async fn missing() -> Response {
    let body = html! { h1 { (words::NOT_FOUND) } p { a href="/" { "Overview" } } };
    (StatusCode::NOT_FOUND, Html(bare(words::NOT_FOUND, &body).into_string())).into_response()
}

#[cfg(test)]
mod tests;
