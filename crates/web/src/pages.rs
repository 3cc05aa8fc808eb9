//! The pages, one file each, and the way to them. To add one: its file here, its line in [`router`], in `rights` and in `words::MENU`.

mod account;
mod actions;
mod approvals;
mod assets;
mod case;
mod complaints;
mod controls;
mod documents;
mod events;
mod findings;
mod incidents;
mod ledger;
mod overview;
mod passkey;
mod paths;
mod people;
mod provider;
mod quarantine;
mod report;
mod requirements;
mod risks;
mod sign_in;
mod studies;

use crate::desk::{carry_out, once};
use crate::device::Snapshot;
use crate::form::{Back, Form, Wrong};
use crate::guard::{Gate, Reader, guard};
use crate::page::{self, bare};
use crate::rights::{self, Right, Takes};
use crate::words;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use medward_acting::{ActError, Device, Plan};
use std::sync::Arc;

/// All ways in. The guard stands before every one, also before those that do not exist; what a path takes stands in `rights`.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/risks", get(risks::list))
        .route("/risk", get(risks::one))
        .route("/controls", get(controls::list))
        .route("/control", get(controls::one))
        .route("/control/run", post(controls::run))
        .route("/paths", get(paths::show))
        .route("/paths.svg", get(paths::drawing))
        .route("/requirements", get(requirements::list))
        .route("/catalog", get(requirements::one))
        .route("/incidents", get(incidents::show))
        .route("/case", get(case::one))
        .route("/case/answer", post(case::answer))
        .route("/case/aware", post(case::aware))
        .route("/case/step", post(case::step))
        .route("/case/details", post(case::details))
        .route("/report", get(report::show).post(report::send))
        .route("/complaints", get(complaints::list))
        .route("/complaint", get(complaints::one))
        .route("/complaint/assess", post(complaints::assess))
        .route("/complaint/link", post(complaints::link))
        .route("/complaint/close", post(complaints::close))
        .route("/actions", get(actions::list))
        .route("/actions/open", post(actions::open))
        .route("/action", get(actions::one))
        .route("/action/act", post(actions::act))
        .route("/action/verify", post(actions::verify))
        .route("/action/close", post(actions::close))
        .route("/studies", get(studies::show))
        .route("/studies/identified", post(studies::identified))
        .route("/quarantine", get(quarantine::show))
        .route("/quarantine/decide", post(quarantine::decide))
        .route("/findings", get(findings::show))
        .route("/ledger", get(ledger::show))
        .route("/ledger/checkpoint", get(ledger::checkpoint))
        .route("/ledger/verify", post(ledger::verify))
        .route("/approvals", get(approvals::show))
        .route("/approvals/sign", post(approvals::sign))
        .route("/documents", get(documents::list).post(documents::make))
        .route("/documents/file", get(documents::file))
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
        .route("/account/session/end", post(account::end_session))
        .route("/account/sign-out", post(account::sign_out_everywhere))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{name}", get(assets::asset))
        .fallback(async || missing())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&gate), guard))
        .with_state(gate)
}

/// Who looks at what.
pub(crate) struct View {
    pub(crate) gate: Arc<Gate>,
    pub(crate) reader: Reader,
    pub(crate) snapshot: Arc<Snapshot>,
    /// Number of the entry that was written just before.
    pub(crate) done: Option<u64>,
    /// Why the form that was just sent changed nothing.
    pub(crate) wrong: Option<String>,
}

impl FromRequestParts<Arc<Gate>> for View {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Response> {
        // The guard lets nobody else through; without it nobody is let in.
        let reader = parts.extensions.get::<Reader>().cloned();
        let reader = reader.ok_or_else(|| Redirect::to("/sign-in").into_response())?;
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let done = query.filter(|(name, _)| name == "done").find_map(|(_, value)| value.parse().ok());
        Ok(Self { gate: Arc::clone(gate), reader, snapshot: gate.device.now(), done, wrong: None })
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

    /// Whether the person has a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        !rights::by(&self.snapshot.file, &self.reader.person, right).is_empty()
    }

    /// Whether the person may ask for a path.
    pub(crate) fn may_ask(&self, path: &str) -> bool {
        match rights::takes(path) {
            Takes::Right(_, right) => self.may(right),
            Takes::Session => true,
            Takes::Nothing => false,
        }
    }

    /// The same for what was read since, after a form that changed nothing.
    fn refused(&mut self, wrong: &Wrong) {
        self.snapshot = self.gate.device.now();
        self.wrong = Some(wrong.reason.clone());
    }
}

/// After a form: on to the page that shows what was done, or the page again with what is wrong.
fn after(
    view: &mut View,
    (form, sent_to): (Form, &'static str),
    outcome: Result<(String, Option<u64>), Wrong>,
    again: impl FnOnce(&View, &Back) -> Response,
) -> Response {
    match outcome {
        Ok((to, entry)) => {
            let mark = if to.contains('?') { '&' } else { '?' };
            let done = entry.map_or_else(String::new, |entry| format!("{mark}done={entry}"));
            Redirect::to(&format!("{to}{done}")).into_response()
        }
        Err(wrong) => {
            view.refused(&wrong);
            let back = Back { to: sent_to, form, wrong };
            let mut page = again(view, &back);
            if page.status() == StatusCode::OK {
                *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            }
            page
        }
    }
}

/// Sends a form about one case, signed by a role with a right; then on to the page of the case, or the page again with what is wrong.
async fn acted(
    mut view: View,
    form: Form,
    (sent_to, right, place): (&'static str, Right, &str),
    planned: impl for<'d> FnOnce(&'d Device, &Form) -> Result<Plan<'d>, ActError> + Send + 'static,
    again: impl FnOnce(&View, &str, &Back) -> Response,
) -> Response {
    let given = form.public();
    let work = carry_out(&view, &form, right, move |device| planned(device, &given));
    let outcome = once(&view, &form, work).await;
    let id = form.text("id").to_owned();
    let outcome = outcome.map(|done| (format!("{place}?id={}", page::encoded(&id)), Some(done.last())));
    after(&mut view, (form, sent_to), outcome, |view, back| again(view, &id, back))
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

pub(crate) fn missing() -> Response {
    let body = html! { h1 { (words::NOT_FOUND) } p { a href="/" { "Overview" } } };
    (StatusCode::NOT_FOUND, Html(bare(words::NOT_FOUND, &body).into_string())).into_response()
}

/// Where the roles of a person do not cover what they ask for.
pub(crate) fn refused() -> Response {
    let body = html! {
        h1 { (words::NOT_ALLOWED) }
        p { a href="/" { "Overview" } " · " a href="/people" { "What roles allow here" } }
    };
    (StatusCode::FORBIDDEN, Html(bare(words::NOT_ALLOWED, &body).into_string())).into_response()
}

#[cfg(test)]
mod tests;
