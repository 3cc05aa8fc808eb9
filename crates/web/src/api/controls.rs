//! Controls by today's proof, and the evidence of one.

use super::access::Reading;
use super::device::OfDevice;
use super::paging::{Page, Part};
use super::problem::Problem;
use crate::device::Snapshot;
use crate::json::Json;
use axum::extract::Path;
use jiff::Timestamp;
use medward_evidence::{Outcome, State, probe_names};
use medward_file::Record;
use medward_file::kinds;
use serde::Serialize;
use utoipa::ToSchema;

/// Evidence given with a control, the newest.
const EVIDENCE_MAX: usize = 200;

/// A control.
#[derive(Serialize, ToSchema)]
pub(crate) struct Control {
    id: String,
    title: String,
    layer: Option<String>,
    /// `planned`, `proven`, `suspect`, `stale`, `unproven` or `failed`.
    state: &'static str,
    /// Whether it counts today.
    in_force: bool,
    /// Until when it is proven, since when it is stale, or when it failed.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Names of its probes.
    probes: Vec<String>,
}

/// A control with what was observed of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proven {
    #[serde(flatten)]
    control: Control,
    /// The newest first.
    evidence: Vec<Evidence>,
}

/// What was observed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Evidence {
    probe: String,
    /// `passed`, `failed` or `error`.
    outcome: &'static str,
    #[schema(format = DateTime)]
    observed_until: String,
    #[schema(format = DateTime)]
    received: String,
    /// Last moment at which it counts.
    #[schema(format = DateTime)]
    valid_until: String,
    /// Its entry in the ledger.
    entry: u64,
}

fn shown(snapshot: &Snapshot, control: &Record<kinds::Control>) -> Control {
    let state = snapshot.live.states.of(control.id());
    let moment = |at: Timestamp| Some(at.to_string());
    Control {
        id: control.id().to_owned(),
        title: control.title.to_string(),
        layer: control.layer.as_ref().map(|layer| layer.value.to_string()),
        state: crate::words::state(state, medward_paths::is_implemented(control)).word,
        in_force: snapshot.live.is_in_force(control),
        at: match state {
            State::Proven { until } => moment(until),
            State::Stale { since } => moment(since),
            State::Failed { at } => moment(at),
            State::Suspect | State::Unproven => None,
        },
        probes: probe_names(control),
    }
}

/// Controls, in the order of the file
#[utoipa::path(get, path = "/controls", params(Part), operation_id = "controls", responses((status = 200, body = Page<Control>)), security(("token" = ["device"])))]
pub(crate) async fn list(reading: Reading<OfDevice>, part: Part) -> Json<Page<Control>> {
    let snapshot = &reading.snapshot;
    Json(Page::of(snapshot.file.controls.iter(), part, |control| shown(snapshot, control)))
}

/// One control with the newest of its evidence
#[utoipa::path(get, path = "/controls/{id}", params(("id" = String, Path)), operation_id = "control", responses((status = 200, body = Proven)), security(("token" = ["device"])))]
pub(crate) async fn one(reading: Reading<OfDevice>, Path(id): Path<String>) -> Result<Json<Proven>, Problem> {
    let snapshot = &reading.snapshot;
    let control = snapshot.file.by_id::<kinds::Control>(&id).ok_or_else(Problem::missing)?;
    let seen = snapshot.live.history.evidence.iter().rev().filter(|one| one.control == id);
    let evidence = seen.take(EVIDENCE_MAX).map(|one| Evidence {
        probe: one.probe.clone(),
        outcome: match one.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Error => "error",
        },
        observed_until: one.observed_until.to_string(),
        received: one.received.to_string(),
        valid_until: one.valid_until.to_string(),
        entry: one.index,
    });
    Ok(Json(Proven { control: shown(snapshot, control), evidence: evidence.collect() }))
}
