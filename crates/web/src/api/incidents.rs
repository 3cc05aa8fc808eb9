//! Incidents, and the legal clocks that run for them.

use super::access::{Needs, Reading};
use super::paging::{Page, Part};
use super::problem::Problem;
use crate::device::Snapshot;
use crate::json::Json;
use crate::summary::ClockRow;
use crate::tokens::Scope;
use axum::extract::Path;
use medward_response::Case;
use serde::Serialize;
use utoipa::ToSchema;

/// The scope of what happened and what the law asks of it.
pub(crate) struct OfIncidents;

impl Needs for OfIncidents {
    const SCOPE: Scope = Scope::Incidents;
}

/// An event, a complaint or a corrective action.
#[derive(Serialize, ToSchema)]
pub(crate) struct Incident {
    id: String,
    /// `event`, `complaint` or `capa`.
    subject: &'static str,
    /// Where the news came from.
    source: &'static str,
    title: String,
    /// Whether it is an exercise, of which no duty follows.
    exercise: bool,
    #[schema(format = DateTime)]
    happened: String,
    #[schema(format = DateTime)]
    ended: Option<String>,
    #[schema(format = DateTime)]
    known: String,
    /// The case that it is the same as.
    joined: Option<String>,
    /// Records, cases and studies that it has to do with.
    links: Vec<String>,
    /// Clocks that run, the first to end first.
    clocks: Vec<Clock>,
}

/// A legal clock that runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Clock {
    procedure: String,
    article: String,
    /// `vigilance`, `breach`, `further` or `quality`.
    column: String,
    recipient: String,
    party: String,
    overdue: bool,
    /// Whether it counts from the news, since nobody stated an awareness yet.
    presumed: bool,
    /// Last moment; null where the law says `without undue delay`.
    #[schema(format = DateTime)]
    until: Option<String>,
}

fn clock(row: &ClockRow) -> Clock {
    Clock {
        procedure: row.procedure.clone(),
        article: row.article.clone(),
        column: row.column.clone(),
        recipient: row.recipient.clone(),
        party: row.party.clone(),
        overdue: row.is_overdue,
        presumed: row.is_presumed,
        until: row.limit.map(|limit| limit.to_string()),
    }
}

fn shown(snapshot: &Snapshot, case: &Case) -> Incident {
    Incident {
        id: case.id.clone(),
        subject: case.subject.word(),
        source: case.source.word(),
        title: case.title.clone(),
        exercise: case.exercise,
        happened: case.from.to_string(),
        ended: case.until.map(|until| until.to_string()),
        known: case.known.to_string(),
        joined: case.joined.clone(),
        links: case.links.iter().cloned().collect(),
        clocks: snapshot.clocks.iter().filter(|row| row.case == case.id).map(clock).collect(),
    }
}

/// All cases, by id
#[utoipa::path(get, path = "/incidents", params(Part), operation_id = "incidents", responses((status = 200, body = Page<Incident>)), security(("token" = ["incidents"])))]
pub(crate) async fn list(reading: Reading<OfIncidents>, part: Part) -> Json<Page<Incident>> {
    let snapshot = &reading.snapshot;
    let cases: Vec<_> = snapshot.live.cases.iter().collect();
    Json(Page::of(cases.into_iter(), part, |case| shown(snapshot, case)))
}

/// One case
#[utoipa::path(get, path = "/incidents/{id}", params(("id" = String, Path)), operation_id = "incident", responses((status = 200, body = Incident)), security(("token" = ["incidents"])))]
pub(crate) async fn one(
    reading: Reading<OfIncidents>,
    Path(id): Path<String>,
) -> Result<Json<Incident>, Problem> {
    let found = reading.snapshot.live.cases.get(&id);
    found.map(|case| Json(shown(&reading.snapshot, case))).ok_or_else(Problem::missing)
}
