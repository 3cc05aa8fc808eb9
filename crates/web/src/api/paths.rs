//! Attack paths, with layers thought away.

use super::access::Reading;
use super::device::OfDevice;
use super::paging::{Page, Part, asked};
use super::problem::Problem;
use crate::exposed::Row;
use crate::json::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The weakest path from an entry to a critical asset.
#[derive(Serialize, ToSchema)]
pub(crate) struct Exposure {
    /// Id of the entry.
    entry: String,
    /// Id of the asset.
    asset: String,
    /// Layers that still stand on it.
    standing: Vec<String>,
    /// Ids of the assets that it leads through.
    path: Vec<String>,
    /// Layers whose loss alone would leave nothing.
    single_points: Vec<String>,
    /// Controls whose loss alone would leave nothing.
    single_controls: Vec<String>,
    /// Whether no weaker path can exist.
    is_exact: bool,
}

/// Layers to think away.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Without {
    /// Names of layers.
    #[param(required = false)]
    without: Vec<String>,
}

impl<S: Sync> FromRequestParts<S> for Without {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { without: asked(parts, "without") })
    }
}

fn shown(row: &Row) -> Exposure {
    Exposure {
        entry: row.entry.clone(),
        asset: row.asset.clone(),
        standing: row.standing.clone(),
        path: row.path.clone(),
        single_points: row.single_points.clone(),
        single_controls: row.single_controls.clone(),
        is_exact: row.is_exact,
    }
}

/// The weakest path from each entry to each critical asset, the weakest first
#[utoipa::path(get, path = "/paths", params(Without, Part), responses((status = 200, body = Page<Exposure>)), security(("token" = ["device"])))]
pub(crate) async fn list(
    reading: Reading<OfDevice>,
    Without { without }: Without,
    part: Part,
) -> Result<Json<Page<Exposure>>, Problem> {
    let snapshot = reading.snapshot;
    let is_layer = |name: &String| snapshot.rings.iter().any(|ring| ring.layer == *name);
    if !without.iter().all(is_layer) {
        return Err(Problem::missing());
    }
    let lost: BTreeSet<String> = without.into_iter().collect();
    let found = tokio::task::spawn_blocking(move || snapshot.exposed(&lost)).await;
    let rows: Arc<[Row]> = found.map_err(Problem::unreadable)?;
    Ok(Json(Page::of(rows.iter(), part, shown)))
}
