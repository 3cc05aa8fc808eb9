//! Risks with what is left of them today.

use super::access::Reading;
use super::device::OfDevice;
use super::paging::{Page, Part};
use super::problem::Problem;
use crate::json::Json;
use crate::summary::{self, Place, RiskRow};
use axum::extract::Path;
use serde::Serialize;
use utoipa::ToSchema;

/// A risk of the register.
#[derive(Serialize, ToSchema)]
pub(crate) struct Risk {
    id: String,
    title: String,
    safety: Axis,
    privacy: Axis,
    /// Axis that ranks it: `safety`, `privacy`, `both` or `neither`.
    deciding: &'static str,
    /// Controls that it leans on and that do not hold today.
    missing: Vec<String>,
}

/// Where a risk stands on one axis; null where it does not touch the axis.
#[derive(Serialize, ToSchema)]
pub(crate) struct Axis {
    /// Before any control.
    initial: Option<Level>,
    /// With the controls that are proven today.
    residual: Option<Level>,
}

/// A place in the matrix of an axis.
#[derive(Serialize, ToSchema)]
pub(crate) struct Level {
    severity: u8,
    exploitability: u8,
    /// Code of the level.
    code: String,
    /// `acceptable`, `acceptable with a written reason`, `to be reduced` or `not acceptable`.
    acceptance: &'static str,
}

fn level(place: Option<&Place>) -> Option<Level> {
    place.map(|place| Level {
        severity: place.severity,
        exploitability: place.column,
        code: place.code.clone(),
        acceptance: crate::words::acceptance(place.acceptance).word,
    })
}

fn shown(row: &RiskRow) -> Risk {
    let axis = |before: &summary::Places, left: &summary::Places, at: usize| Axis {
        initial: level(before.get(at).and_then(Option::as_ref)),
        residual: level(left.get(at).and_then(Option::as_ref)),
    };
    Risk {
        id: row.id.clone(),
        title: row.title.clone(),
        safety: axis(&row.before, &row.left, 0),
        privacy: axis(&row.before, &row.left, 1),
        deciding: row.deciding,
        missing: row.missing.clone(),
    }
}

/// Risks, the worst first
#[utoipa::path(get, path = "/risks", params(Part), operation_id = "risks", responses((status = 200, body = Page<Risk>)), security(("token" = ["device"])))]
pub(crate) async fn list(reading: Reading<OfDevice>, part: Part) -> Json<Page<Risk>> {
    Json(Page::of(reading.snapshot.risks.iter(), part, shown))
}

/// One risk
#[utoipa::path(get, path = "/risks/{id}", params(("id" = String, Path)), operation_id = "risk", responses((status = 200, body = Risk)), security(("token" = ["device"])))]
pub(crate) async fn one(reading: Reading<OfDevice>, Path(id): Path<String>) -> Result<Json<Risk>, Problem> {
    let found = reading.snapshot.risks.iter().find(|risk| risk.id == id);
    found.map(|risk| Json(shown(risk))).ok_or_else(Problem::missing)
}
