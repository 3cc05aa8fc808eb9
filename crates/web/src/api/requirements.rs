//! How the file answers the catalogues.

use super::access::Reading;
use super::device::OfDevice;
use super::paging::{Page, Part};
use super::problem::Problem;
use crate::json::Json;
use crate::summary::{CatalogRow, GAPS};
use axum::extract::Path;
use serde::Serialize;
use utoipa::ToSchema;

/// A catalogue of requirements.
#[derive(Serialize, ToSchema)]
pub(crate) struct Catalog {
    id: String,
    title: String,
    /// Whether it applies; null while the file does not say.
    applies: Option<bool>,
    entries: usize,
    /// Entries that nothing answers.
    gaps: usize,
}

/// An entry of a catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct Requirement {
    id: String,
    title: String,
    obligation: &'static str,
    /// `claimed`, `deviating`, `not applicable`, `passed on`, `not passed on` or `open`.
    answer: &'static str,
}

fn shown(catalog: &CatalogRow) -> Catalog {
    Catalog {
        id: catalog.id.clone(),
        title: catalog.title.clone(),
        applies: catalog.applies,
        entries: catalog.entries.len(),
        gaps: catalog.count(&GAPS),
    }
}

/// Catalogues, with how much of each is answered
#[utoipa::path(get, path = "/requirements", params(Part), operation_id = "catalogues", responses((status = 200, body = Page<Catalog>)), security(("token" = ["device"])))]
pub(crate) async fn list(reading: Reading<OfDevice>, part: Part) -> Json<Page<Catalog>> {
    Json(Page::of(reading.snapshot.catalogs.iter(), part, shown))
}

/// The entries of one catalogue
#[utoipa::path(get, path = "/requirements/{id}", params(("id" = String, Path), Part), operation_id = "requirements", responses((status = 200, body = Page<Requirement>)), security(("token" = ["device"])))]
pub(crate) async fn one(
    reading: Reading<OfDevice>,
    Path(id): Path<String>,
    part: Part,
) -> Result<Json<Page<Requirement>>, Problem> {
    let found = reading.snapshot.catalogs.iter().find(|catalog| catalog.id == id);
    let catalog = found.ok_or_else(Problem::missing)?;
    Ok(Json(Page::of(catalog.entries.iter(), part, |entry| Requirement {
        id: entry.id.clone(),
        title: entry.title.clone(),
        obligation: entry.obligation,
        answer: entry.answer,
    })))
}
