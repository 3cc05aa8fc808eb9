//! The ledger: its signed head, its entries, and proofs of them that anyone can check with the public key.

use super::access::{Needs, Reading};
use super::paging::{Page, Part, next};
use super::problem::Problem;
use crate::device::Snapshot;
use crate::entries;
use crate::json::Json;
use crate::tokens::Scope;
use crate::words;
use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use medward_ledger::receipt::Inclusion;
use medward_ledger::{Checkpoint, Note, Tree, TreeError};
use medward_live::DIRECTORY;
use serde::Serialize;
use std::path::PathBuf;
use utoipa::{IntoParams, ToSchema};

/// The scope of what happened.
pub(crate) struct OfLedger;

impl Needs for OfLedger {
    const SCOPE: Scope = Scope::Ledger;
}

/// An entry as it was signed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    /// Its place, from 0.
    index: u64,
    /// What it says, by its kind.
    #[schema(value_type = Object)]
    entry: serde_json::Value,
}

/// A position in the ledger.
pub(crate) struct Index(u64);

impl<S: Send + Sync> FromRequestParts<S> for Index {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let wrong = || Problem::form("An entry is named by its place, a number from 0.");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| wrong())?;
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// Which tree a proof begins at.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Entries of the earlier tree.
    #[param(minimum = 0, required = true)]
    size: u64,
}

impl<S: Sync> FromRequestParts<S> for Since {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let given = super::paging::asked(parts, "size");
        let size = match given.as_slice() {
            [one] => one.parse().ok(),
            _ => None,
        };
        size.map(|size| Self { size }).ok_or_else(|| Problem::form("`size` is a number of entries."))
    }
}

/// A proof that the ledger continues an earlier one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consistency {
    /// Entries of the earlier tree.
    from: u64,
    /// Entries of the tree of today.
    to: u64,
    /// Root of the tree of today, in base 64.
    root: String,
    /// Hashes in base 64 (RFC 6962 section 2.1.2).
    proof: Vec<String>,
}

fn text(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.into()).into_response()
}

fn directory(snapshot: &Snapshot) -> PathBuf {
    snapshot.directory.join(DIRECTORY)
}

/// Runs what reads files where it holds up nobody.
async fn read<T: Send + 'static>(
    reading: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let read = tokio::task::spawn_blocking(reading).await;
    read.unwrap_or_else(|_| Err(Problem::unreadable(words::TRY_LATER)))
}

/// The signed head and the tree that it signs.
fn signed(directory: &std::path::Path) -> Result<(Note, Checkpoint), Problem> {
    let bytes = std::fs::read(directory.join("checkpoint")).map_err(Problem::unreadable)?;
    let note = Note::parse(&bytes).map_err(Problem::unreadable)?;
    let head = Checkpoint::parse(note.text()).map_err(Problem::unreadable)?;
    Ok((note, head))
}

fn of_tree(error: TreeError) -> Problem {
    match error {
        TreeError::Range { .. } => Problem::missing(),
        other => Problem::unreadable(other),
    }
}

/// The signed head (C2SP tlog-checkpoint)
#[utoipa::path(get, path = "/ledger/checkpoint", responses((status = 200, body = String, content_type = "text/plain")), security(("token" = ["ledger"])))]
pub(crate) async fn checkpoint(reading: Reading<OfLedger>) -> Result<Response, Problem> {
    let path = directory(&reading.snapshot).join("checkpoint");
    read(move || std::fs::read(path).map_err(Problem::unreadable)).await.map(text)
}

/// Entries, the oldest first
#[utoipa::path(get, path = "/ledger/entries", params(Part), operation_id = "entries", responses((status = 200, body = Page<Entry>)), security(("token" = ["ledger"])))]
pub(crate) async fn entries(reading: Reading<OfLedger>, part: Part) -> Result<Json<Page<Entry>>, Problem> {
    let (size, ledger) = (reading.snapshot.head.size, directory(&reading.snapshot));
    let end = part.from.saturating_add(part.limit).min(size);
    let found =
        read(move || entries::range(&ledger, part.from, end, size).map_err(Problem::unreadable)).await?;
    let items = found.into_iter().map(|(index, entry)| Entry { index, entry }).collect();
    Ok(Json(Page { items, total: size, next: next(part, size) }))
}

/// One entry
#[utoipa::path(get, path = "/ledger/entries/{index}", params(("index" = u64, Path, minimum = 0)), operation_id = "entry", responses((status = 200, body = Entry)), security(("token" = ["ledger"])))]
pub(crate) async fn one(reading: Reading<OfLedger>, Index(index): Index) -> Result<Json<Entry>, Problem> {
    let (size, ledger) = (reading.snapshot.head.size, directory(&reading.snapshot));
    if index >= size {
        return Err(Problem::missing());
    }
    let end = index.saturating_add(1);
    let found = read(move || entries::range(&ledger, index, end, size).map_err(Problem::unreadable)).await?;
    let found = found.into_iter().next().ok_or_else(Problem::missing)?;
    Ok(Json(Entry { index: found.0, entry: found.1 }))
}

/// The proof of an entry under the signed head of today (C2SP tlog-proof), which `medward ledger` and others check offline
#[utoipa::path(get, path = "/ledger/entries/{index}/proof", params(("index" = u64, Path, minimum = 0)), responses((status = 200, body = String, content_type = "text/plain")), security(("token" = ["ledger"])))]
pub(crate) async fn proof(reading: Reading<OfLedger>, Index(index): Index) -> Result<Response, Problem> {
    let ledger = directory(&reading.snapshot);
    let proven = move || {
        let (note, head) = signed(&ledger)?;
        let hashes = Tree::new(&ledger, head.size).inclusion(index).map_err(of_tree)?;
        Ok(Inclusion { index, hashes, head: note }.to_string())
    };
    read(proven).await.map(text)
}

/// The proof that the ledger of today continues an earlier one
#[utoipa::path(get, path = "/ledger/consistency", params(Since), responses((status = 200, body = Consistency)), security(("token" = ["ledger"])))]
pub(crate) async fn consistency(
    reading: Reading<OfLedger>,
    Since { size }: Since,
) -> Result<Json<Consistency>, Problem> {
    let ledger = directory(&reading.snapshot);
    let proven = move || {
        let (_, head) = signed(&ledger)?;
        if size > head.size {
            return Err(Problem::missing());
        }
        let proof = Tree::new(&ledger, head.size).consistency(size).map_err(of_tree)?;
        let proof = proof.iter().map(ToString::to_string).collect();
        Ok(Consistency { from: size, to: head.size, root: head.root.to_string(), proof })
    };
    read(proven).await.map(Json)
}
