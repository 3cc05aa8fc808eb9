//! News from programs: events and complaints. They are not signed, as on the pages: whoever noticed something tells it, people decide.

use super::access::{Needs, Writes, Writing};
use super::body::Given;
use super::problem::Problem;
use crate::desk::report;
use crate::guard::Gate;
use crate::json::Json;
use crate::page::encoded;
use crate::rights::Right;
use crate::tokens::Scope;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use medward_acting::{ActError, Deed, Device, Plan, event};
use medward_ledger::{Source, Subject};
use medward_response::door::Report;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Longest mark of a request that may be sent again, in bytes.
const KEY_BYTES_MAX: usize = 200;
/// Longest sealed details, in characters.
const DETAILS_MAX: usize = 20_000;

/// The scope of telling what happened.
pub(crate) struct OfReports;

impl Needs for OfReports {
    const SCOPE: Scope = Scope::Report;
}

impl Writes for OfReports {
    const RIGHT: Right = Right::Report;
}

/// What happened, or what somebody complained of. Title and links stay for ever and name nobody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    /// In a few words.
    #[schema(min_length = 1)]
    title: String,
    /// When it happened, or began.
    #[schema(format = DateTime)]
    happened: String,
    /// When it ended.
    #[schema(format = DateTime)]
    ended: Option<String>,
    /// When it became known; now where absent. Legal clocks count from awareness.
    #[schema(format = DateTime)]
    known: Option<String>,
    /// Records, cases and studies that it has to do with, such as `risk.R-01`.
    #[serde(default)]
    links: Vec<String>,
    /// Details of people, sealed beside the ledger, where they can be erased.
    details: Option<String>,
    /// Whether it is an exercise, of which no duty follows.
    #[serde(default)]
    exercise: bool,
}

/// What became of news.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reported {
    /// Its case, at `/incidents/{id}`.
    id: String,
    /// Its entry in the ledger; null where the case was there already and nothing was written.
    entry: Option<u64>,
}

/// Tells of an event
///
/// The same title and beginning is the same case; so is the same `Idempotency-Key` of one token, whatever it comes with. Then nothing is
/// written, and the answer is 200.
#[utoipa::path(
    post, path = "/events", operation_id = "report_event", request_body = News,
    params(Mark),
    responses((status = 201, body = Reported), (status = 200, body = Reported, description = "It was told before")),
    security(("token" = ["report"]))
)]
pub(crate) async fn event(
    writing: Writing<OfReports>,
    State(gate): State<Arc<Gate>>,
    mark: Mark,
    Given(news): Given<News>,
) -> Result<Response, Problem> {
    told(&gate, &writing, mark, news, Subject::Event).await
}

/// Tells of a complaint
///
/// As for events.
#[utoipa::path(
    post, path = "/complaints", operation_id = "report_complaint", request_body = News,
    params(Mark),
    responses((status = 201, body = Reported), (status = 200, body = Reported, description = "It was told before")),
    security(("token" = ["report"]))
)]
pub(crate) async fn complaint(
    writing: Writing<OfReports>,
    State(gate): State<Arc<Gate>>,
    mark: Mark,
    Given(news): Given<News>,
) -> Result<Response, Problem> {
    told(&gate, &writing, mark, news, Subject::Complaint).await
}

async fn told(
    gate: &Arc<Gate>,
    writing: &Writing<OfReports>,
    mark: Mark,
    news: News,
    subject: Subject,
) -> Result<Response, Problem> {
    let mark = mark.key.map(|key| format!("token {}\n{key}", writing.known.token));
    // One after the other: what is sent twice at once is one case.
    let _turn = gate.reporting.lock().await;
    let desk = Arc::clone(gate);
    let (id, entry) = report(gate, move |device| planned(&desk, device, news, subject, mark)).await?;
    let status = if entry.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let place = format!("{}/incidents/{}", super::PATH, encoded(&id));
    Ok((status, [(header::LOCATION, place)], Json(Reported { id, entry })).into_response())
}

/// What makes a request that is sent again the same (draft-ietf-httpapi-idempotency-key-header).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Mark {
    /// A mark of this request, 1 to 200 visible characters.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    key: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Mark {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get("idempotency-key") else { return Ok(Self { key: None }) };
        let key = key.to_str().ok().filter(|key| {
            (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let wrong =
            || Problem::form(format!("`Idempotency-Key` has 1 to {KEY_BYTES_MAX} visible characters."));
        Ok(Self { key: Some(key.ok_or_else(wrong)?.to_owned()) })
    }
}

/// The id of the case, and what is to be written for it: nothing where it is there.
fn planned<'d>(
    gate: &Gate,
    device: &Device,
    news: News,
    subject: Subject,
    mark: Option<String>,
) -> Result<(String, Plan<'d>), ActError> {
    if news.details.as_ref().is_some_and(|details| details.chars().count() > DETAILS_MAX) {
        return Err(ActError::of("details", format!("details have at most {DETAILS_MAX} characters")));
    }
    let mut report = Report {
        subject,
        source: if subject == Subject::Complaint { Source::Complaint } else { Source::User },
        id: None,
        reference: mark,
        title: news.title,
        from: moment("happened", &news.happened)?,
        until: news.ended.as_deref().map(|text| moment("ended", text)).transpose()?,
        known: news.known.as_deref().map_or_else(|| Ok(Timestamp::now()), |text| moment("known", text))?,
        links: news.links,
        details: None,
        exercise: news.exercise,
    };
    let (case, is_known, _) = event::report(device, report.clone(), None)?;
    if is_known {
        return Ok((case.to_string(), Plan::new()));
    }
    if let Some(details) = news.details.filter(|details| !details.is_empty()) {
        report.details = Some(gate.desk.ledger_key.keep(&device.directory, details.as_bytes())?);
    }
    Ok((case.to_string(), vec![Deed::Report(report)]))
}

fn moment(field: &'static str, text: &str) -> Result<Timestamp, ActError> {
    text.parse().map_err(|_| ActError::of(field, "write it as 2026-10-01T14:30:00Z (RFC 3339)"))
}
