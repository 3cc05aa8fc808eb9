//! News from programs: events and complaints. They are not signed, as on the pages: whoever noticed something tells it, people decide.

use super::access::{Needs, Writes, Writing};
use super::body::Given;
use super::problem::Problem;
use crate::desk::report;
use crate::form::Wrong;
use crate::guard::Gate;
use crate::json::Json;
use crate::page::encoded;
use crate::rights::Right;
use crate::tokens::Scope;
use crate::words;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use medward_acting::{ActError, Deed, Device, Plan, event};
use medward_ledger::{Source, Subject};
use medward_response::door::Report;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

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
    params(("Idempotency-Key" = Option<String>, Header, description = "A mark of this request, 1 to 200 visible characters", max_length = 200, min_length = 1, pattern = "^[!-~]+$")),
    responses((status = 201, body = Reported), (status = 200, body = Reported, description = "It was told before")),
    security(("token" = ["report"]))
)]
pub(crate) async fn event(
    writing: Writing<OfReports>,
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Given(news): Given<News>,
) -> Result<Response, Problem> {
    told(&gate, &writing, &headers, news, Subject::Event).await
}

/// Tells of a complaint
///
/// As for events.
#[utoipa::path(
    post, path = "/complaints", operation_id = "report_complaint", request_body = News,
    params(("Idempotency-Key" = Option<String>, Header, description = "A mark of this request, 1 to 200 visible characters", max_length = 200, min_length = 1, pattern = "^[!-~]+$")),
    responses((status = 201, body = Reported), (status = 200, body = Reported, description = "It was told before")),
    security(("token" = ["report"]))
)]
pub(crate) async fn complaint(
    writing: Writing<OfReports>,
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Given(news): Given<News>,
) -> Result<Response, Problem> {
    told(&gate, &writing, &headers, news, Subject::Complaint).await
}

async fn told(
    gate: &Arc<Gate>,
    writing: &Writing<OfReports>,
    headers: &HeaderMap,
    news: News,
    subject: Subject,
) -> Result<Response, Problem> {
    let key = key(headers)?.map(|key| format!("token {}\n{key}", writing.known.token));
    // One after the other: what is sent twice at once is one case.
    let _turn = gate.reporting.lock().await;
    let (desk, (tell, case)) = (Arc::clone(gate), std::sync::mpsc::channel());
    let done = report(gate, move |device| {
        let (id, plan) = planned(&desk, device, news, subject, key)?;
        // Whoever asked may have gone.
        let _ = tell.send(id);
        Ok(plan)
    })
    .await?;
    let id = case.try_recv().map_err(|_| Wrong::ours(words::TRY_LATER))?;
    let entry = done.entries.last().copied();
    let status = if entry.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let location = HeaderValue::from_str(&format!("{}/incidents/{}", super::PATH, encoded(&id)));
    let mut answer = (status, Json(Reported { id, entry })).into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// The mark by which a program may send a request again (draft-ietf-httpapi-idempotency-key-header).
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| {
        (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let wrong = || Problem::form(format!("`Idempotency-Key` has 1 to {KEY_BYTES_MAX} visible characters."));
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

/// The id of the case, and what is to be written for it: nothing where it is there.
fn planned<'d>(
    gate: &Gate,
    device: &Device,
    news: News,
    subject: Subject,
    key: Option<String>,
) -> Result<(String, Plan<'d>), ActError> {
    if news.details.as_ref().is_some_and(|details| details.chars().count() > DETAILS_MAX) {
        return Err(ActError::of("details", format!("details have at most {DETAILS_MAX} characters")));
    }
    let mut report = Report {
        subject,
        source: if subject == Subject::Complaint { Source::Complaint } else { Source::User },
        id: None,
        reference: key,
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
