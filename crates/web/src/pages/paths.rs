//! Attack paths: the drawing, and what the loss of layers exposes.

use super::View;
use crate::page::{encoded, shown};
use crate::words::{self, mark};
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Response};
use maud::html;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The drawing carries a style of its own, and is shown as a picture, in which nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub(crate) async fn drawing(view: View) -> Response {
    let drawing = view.snapshot.drawing();
    (
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CONTENT_SECURITY_POLICY, POLICY)],
        drawing.to_string(),
    )
        .into_response()
}

/// The page without some layers; each is a link that takes it away or puts it back.
pub(crate) async fn show(view: View, uri: axum::http::Uri) -> Html<String> {
    let snapshot = &view.snapshot;
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let asked: Vec<String> =
        asked.filter(|(name, _)| name == "without").map(|(_, value)| value.into_owned()).collect();
    let is_lost = |layer: &str| asked.iter().any(|lost| lost == layer);
    let names: Vec<&str> = snapshot.rings.iter().map(|ring| ring.layer.as_str()).collect();
    let lost: BTreeSet<String> =
        names.iter().filter(|name| is_lost(name)).map(|name| (*name).to_owned()).collect();
    let worked = Arc::clone(snapshot);
    let Ok(rows) = tokio::task::spawn_blocking(move || worked.exposed(&lost)).await else {
        return view.page("/paths", "Paths", words::TRY_LATER, &html! {});
    };
    let exposed = rows.iter().filter(|row| row.standing.is_empty()).count();
    let without = |layer: &str| {
        let kept = names.iter().filter(|name| is_lost(name) != (**name == layer));
        format!(
            "/paths?{}",
            kept.map(|name| format!("without={}", encoded(name))).collect::<Vec<_>>().join("&")
        )
    };
    let body = html! {
        section.card aria-labelledby="exposed" hx-boost="true" hx-select="main" hx-target="main" hx-swap="outerHTML show:none" {
            h2 #exposed { "Think layers away" }
            nav.chips aria-label="Layers to think away" {
                @for name in &names {
                    a href=(without(name)) aria-current=[is_lost(name).then_some("true")] {
                        @if is_lost(name) { "without " } (name)
                    }
                }
                @if !asked.is_empty() { a.clear href="/paths" { "All back" } }
            }
            p.verdict role="status" {
                @if exposed > 0 { (shown(mark("bad", "■", "exposed"))) " " (exposed) " of " (rows.len()) " pairs of entry and critical asset have no layer left." }
                @else { (shown(mark("good", "●", "held"))) " No critical asset is exposed." }
            }
            div.scroll tabindex="0" role="group" aria-labelledby="exposed" {
                table {
                    thead { tr { th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Layers left" } th scope="col" { "Weakest path" } } }
                    tbody {
                        @for row in rows.iter().take(crate::page::ROWS) {
                            tr {
                                th scope="row" { (row.entry) }
                                td { (row.asset) }
                                td {
                                    @match row.standing.len() {
                                        0 => (shown(mark("bad", "■", "none"))),
                                        1 => { (shown(mark("warn", "◐", "one"))) " " (row.standing.join(", ")) },
                                        count => { (shown(mark("good", "●", ""))) (count) ": " (row.standing.join(", ")) },
                                    }
                                }
                                td.hint { (row.path.join(" → ")) @if !row.is_exact { " (a weaker one may exist)" } }
                            }
                        }
                    }
                }
            }
        }
        section.card aria-labelledby="drawn" {
            h2 #drawn { "Zones, assets and flows" }
            div.scroll tabindex="0" role="group" aria-labelledby="drawn" {
                img.architecture src="/paths.svg" alt="Zones with their assets and the flows between them, by how many layers guard each flow; the table above names the paths";
            }
        }
    };
    view.page("/paths", "Paths", words::PATHS_LEAD, &body)
}
