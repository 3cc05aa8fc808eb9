//! The device: what it is called, its records, and what the checks say of it.

use super::access::{Needs, Reading};
use super::paging::{Page, Part, asked};
use super::problem::Problem;
use crate::json::Json;
use crate::tokens::Scope;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use medward_diagnostic::{Diagnostic, Severity, Summary};
use medward_file::Kind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The scope of what the file says.
pub(crate) struct OfDevice;

impl Needs for OfDevice {
    const SCOPE: Scope = Scope::Device;
}

/// A device as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Device {
    name: String,
    /// Entries of its ledger, when it was read last.
    entries: u64,
    /// Root of its ledger then, in base 64.
    root: String,
    errors: u64,
    warnings: u64,
    /// Layers, the outermost first.
    layers: Vec<Layer>,
}

/// A layer of controls.
#[derive(Serialize, ToSchema)]
pub(crate) struct Layer {
    name: String,
    /// `whole`, `in part` or `does not hold`.
    state: &'static str,
    /// Ids of its controls in force.
    in_force: Vec<String>,
    /// Ids of the others.
    missing: Vec<String>,
}

/// The device as it stands
#[utoipa::path(get, path = "/device", responses((status = 200, body = Device)), security(("token" = ["device"])))]
pub(crate) async fn show(reading: Reading<OfDevice>) -> Json<Device> {
    let snapshot = reading.snapshot;
    let summary = Summary::from(snapshot.findings.as_slice());
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let layer = |ring: &medward_rules::Ring| Layer {
        name: ring.layer.clone(),
        state: ring.word(),
        in_force: ring.in_force.clone(),
        missing: ring.missing.clone(),
    };
    Json(Device {
        name: snapshot.name().to_owned(),
        entries: snapshot.head.size,
        root: snapshot.head.root.to_string(),
        errors: count(summary.errors),
        warnings: count(summary.warnings),
        layers: snapshot.rings.iter().map(layer).collect(),
    })
}

/// A record of the file.
#[derive(Serialize, ToSchema)]
pub(crate) struct Item {
    kind: &'static str,
    id: String,
    title: String,
    /// Changes with the record's meaning.
    fingerprint: String,
}

/// Which records are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfKind {
    /// Kind of the records, such as `risk`; all where absent.
    #[param(required = false)]
    kind: String,
}

impl<S: Sync> FromRequestParts<S> for OfKind {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { kind: asked(parts, "kind").into_iter().next().unwrap_or_default() })
    }
}

/// Records of the file, without its people
#[utoipa::path(get, path = "/records", params(OfKind, Part), responses((status = 200, body = Page<Item>)), security(("token" = ["device"])))]
pub(crate) async fn records(reading: Reading<OfDevice>, wanted: OfKind, part: Part) -> Json<Page<Item>> {
    let file = &reading.snapshot.file;
    let mut found = Vec::new();
    file.each_record(|record| {
        let word = record.at.kind.word();
        if record.at.kind != Kind::Person && (wanted.kind.is_empty() || wanted.kind == word) {
            found.push(record);
        }
    });
    Json(Page::of(found.into_iter(), part, |record| Item {
        kind: record.at.kind.word(),
        id: record.id.to_string(),
        title: record.title.to_owned(),
        fingerprint: file.fingerprint(record.at).map(|it| it.to_string()).unwrap_or_default(),
    }))
}

/// What a check says.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finding {
    /// Stable code such as `R4-002`.
    code: &'static str,
    /// `error`, `warning` or `note`.
    severity: &'static str,
    message: String,
    why: String,
    /// How to mend it.
    mend: String,
    /// The waiver that covers it.
    waived: Option<String>,
    place: Option<Place>,
}

/// A place in the file.
#[derive(Serialize, ToSchema)]
pub(crate) struct Place {
    path: String,
    line: usize,
}

/// What the checks say today, as `medward check` does
#[utoipa::path(get, path = "/findings", params(Part), responses((status = 200, body = Page<Finding>)), security(("token" = ["device"])))]
pub(crate) async fn findings(reading: Reading<OfDevice>, part: Part) -> Json<Page<Finding>> {
    let snapshot = &reading.snapshot;
    let sources = &snapshot.file.sources;
    let place = |finding: &Diagnostic| {
        let span = finding.span()?;
        let path = sources.get(span.source)?.path.clone();
        Some(Place { path, line: sources.position(span).line })
    };
    Json(Page::of(snapshot.findings.iter(), part, |finding| Finding {
        code: finding.code,
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: finding.message.clone(),
        why: finding.why.to_string(),
        mend: finding.mend.clone(),
        waived: finding.waived.clone(),
        place: place(finding),
    }))
}
