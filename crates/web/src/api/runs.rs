//! Running the probes of a control, and how the last runs went.

use super::access::{Needs, Reading, Writes, Writing};
use super::device::OfDevice;
use super::problem::Problem;
use crate::guard::Gate;
use crate::json::Json;
use crate::page::encoded;
use crate::probing::begin;
use crate::rights::Right;
use crate::tokens::Scope;
use crate::work::{Kind, Progress, Work};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use medward_file::kinds::Control;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The scope of running probes.
pub(crate) struct OfProbes;

impl Needs for OfProbes {
    const SCOPE: Scope = Scope::Probe;
}

impl Writes for OfProbes {
    const RIGHT: Right = Right::Probe;
}

/// A run of the probes of a control since the dashboard started.
#[derive(Serialize, ToSchema)]
pub(crate) struct Run {
    number: u64,
    /// `running`, `ended` or `not written`.
    state: &'static str,
    /// Probes that have ended, of a run that goes on.
    done: Option<usize>,
    /// How it came out.
    said: Option<String>,
}

fn shown(work: &Work) -> Run {
    let (state, done, said) = match &work.progress {
        Progress::Runs(done, _) => ("running", Some(*done), None),
        Progress::Ended(Ok(said)) => ("ended", None, Some(said.clone())),
        Progress::Ended(Err(said)) => ("not written", None, Some(said.clone())),
    };
    Run { number: work.number, state, done, said }
}

fn of(gate: &Gate, control: &str) -> Vec<Run> {
    gate.works.of(|work| work.kind == Kind::Probes(control.to_owned())).iter().map(shown).collect()
}

/// The last runs of the probes of a control, the newest first
#[utoipa::path(get, path = "/controls/{id}/runs", params(("id" = String, Path)), operation_id = "runs", responses((status = 200, body = Vec<Run>)), security(("token" = ["device"])))]
pub(crate) async fn list(
    reading: Reading<OfDevice>,
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
) -> Result<Json<Vec<Run>>, Problem> {
    reading.snapshot.file.by_id::<Control>(&id).ok_or_else(Problem::missing)?;
    Ok(Json(of(&gate, &id)))
}

/// Runs the probes of a control now
///
/// They run from the machine of the dashboard, without programs that the file names; what they see goes into the ledger.
#[utoipa::path(post, path = "/controls/{id}/runs", params(("id" = String, Path)), operation_id = "run", responses((status = 202, body = Run)), security(("token" = ["probe"])))]
pub(crate) async fn run(
    _: Writing<OfProbes>,
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    gate.device.now().file.by_id::<Control>(&id).ok_or_else(Problem::missing)?;
    let number = begin(&gate, &id).await?;
    let run = of(&gate, &id).into_iter().find(|run| run.number == number).ok_or_else(Problem::missing)?;
    let place = format!("{}/controls/{}/runs", super::PATH, encoded(&id));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(run)).into_response())
}
